"""A member's profile: how the forum calls them, whether leaderboards show them, whether they may earn and spend."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.errors import UnknownThing
from rewards.members.accounts import account_of, accounts_of
from rewards.members.ensure import ensure_members, lock_member, read_members
from rewards.ranking.visibility import bump

__all__ = ["CHANGEABLE", "Profile", "account_of", "accounts_of", "read_profile", "suspend", "write_profile"]

CHANGEABLE = ("name", "avatar", "hidden", "opted_out")

_READ = text(
    "select m.member_id, m.account_id, m.name, m.avatar, m.hidden, m.opted_out, m.suspended_at, m.suspended_for,"
    " m.level_by_hand, m.created_at, a.balance, a.held, a.lifetime + g.lifetime, g.accounts from member named"
    " join member m on m.account_id = coalesce(named.merged_into, named.account_id)"
    " join account a on a.account_id = m.account_id cross join lateral ("
    "select array_agg(o.account_id order by o.account_id) as accounts,"
    " cast(coalesce(sum(b.lifetime), 0) as bigint) as lifetime from member o join account b using (account_id)"
    " where o.merged_into = m.account_id) g where named.member_id = :member_id"
)
_CHANGE = text(
    "update member set name = :name, avatar = :avatar, hidden = :hidden, opted_out = :opted_out"
    " where account_id = :account_id"
)
_SUSPEND = text(
    "update member set suspended_at = case when :suspended then coalesce(suspended_at, :now) end,"
    " suspended_for = case when :suspended then cast(:reason as text) end"
    " where account_id = :account_id and (suspended_at is not null) <> :suspended returning 1"
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A member with the account's present state; points are whole numbers.

    `merged` are the accounts of those who were merged into the member; `lifetime` counts what lies on them, too.
    """

    member_id: str
    account_id: UUID
    name: str | None
    avatar: str | None
    hidden: bool
    opted_out: bool
    suspended_at: datetime | None
    suspended_for: str | None
    level_by_hand: str | None
    created_at: datetime
    balance: int
    held: int
    lifetime: int
    merged: tuple[UUID, ...]

    @property
    def accounts(self) -> tuple[UUID, ...]:
        """All accounts that are the member's, the present one first."""
        return (self.account_id, *self.merged)

    @property
    def available(self) -> int:
        """Points that may be spent."""
        return self.balance - self.held


def read_profile(session: Session, member_id: str) -> Profile:
    """The member whom an id names; that of a merged one names the survivor. Raises UnknownThing."""
    row = session.execute(_READ, {"member_id": member_id}).one_or_none()
    if row is None:
        raise UnknownThing("member", member_id)
    return Profile(*row[:-1], merged=tuple(row.accounts or ()))


def write_profile(session: Session, member_id: str, *, changes: Mapping[str, Any], now: datetime) -> bool:
    """Change what is given of `CHANGEABLE`; the rest stays. Makes a member who was never seen: whether it did."""
    known = bool(read_members(session, [member_id]))
    ensure_members(session, [member_id], now=now)
    account_id = lock_member(session, member_id, now=now)[0].account_id
    before = read_profile(session, member_id)
    present = {name: getattr(before, name) for name in CHANGEABLE}
    after = present | {name: changes[name] for name in CHANGEABLE if name in changes}
    if after != present:
        session.execute(_CHANGE, {**after, "account_id": account_id})
        bump(session, account_id, change=_kind(present, after), now=now)
    return not known


def suspend(session: Session, member_id: str, *, suspended: bool, now: datetime, reason: str | None = None) -> bool:
    """Suspend a member for a reason in words, which erasure removes, or end it; whether that changed anything.

    Raises UnknownThing.
    """
    account_id = lock_member(session, member_id, now=now)[0].account_id
    parameters = {"account_id": account_id, "suspended": suspended, "reason": reason, "now": now}
    changed = session.execute(_SUSPEND, parameters).first()
    if changed is not None:
        bump(session, account_id, change="suspended" if suspended else "readmitted", now=now)
    return changed is not None


def _kind(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if after["hidden"] != before["hidden"]:
        return "hidden"
    return "opted_out" if after["opted_out"] != before["opted_out"] else "profile"
