"""A member's profile: how the forum calls them, whether leaderboards show them, whether they may earn and spend."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.accounts import lock_accounts
from rewards.errors import UnknownThing
from rewards.members.ensure import ensure_members, read_members
from rewards.ranking.visibility import bump

CHANGEABLE = ("name", "avatar", "hidden", "opted_out")

_READ = text(
    "select m.member_id, m.account_id, m.name, m.avatar, m.hidden, m.opted_out, m.suspended_at, m.suspended_for,"
    " m.level_by_hand, m.created_at, a.balance, a.held, a.lifetime from member m join account a using (account_id)"
    " where m.member_id = :member_id and m.merged_into is null"
)
_ID_OF = text("select account_id from member where member_id = :member_id and merged_into is null")
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
    """A member with the account's present state; points are whole numbers."""

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

    @property
    def available(self) -> int:
        """Points that may be spent."""
        return self.balance - self.held


def read_profile(session: Session, member_id: str) -> Profile:
    """The member. Raises UnknownThing."""
    row = session.execute(_READ, {"member_id": member_id}).one_or_none()
    if row is None:
        raise UnknownThing("member", member_id)
    return Profile(*row)


def account_of(session: Session, member_id: str) -> UUID:
    """The member's account. Raises UnknownThing."""
    account_id = session.execute(_ID_OF, {"member_id": member_id}).scalar_one_or_none()
    if account_id is None:
        raise UnknownThing("member", member_id)
    return account_id


def write_profile(session: Session, member_id: str, *, changes: Mapping[str, Any], now: datetime) -> bool:
    """Change what is given of `CHANGEABLE`; the rest stays. Makes a member who was never seen: whether it did."""
    known = bool(read_members(session, [member_id]))
    account_id = ensure_members(session, [member_id], now=now)[member_id].account_id
    lock_accounts(session, [account_id], now=now)
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
    account_id = account_of(session, member_id)
    lock_accounts(session, [account_id], now=now)
    parameters = {"account_id": account_id, "suspended": suspended, "reason": reason, "now": now}
    changed = session.execute(_SUSPEND, parameters).first()
    if changed is not None:
        bump(session, account_id, change="suspended" if suspended else "readmitted", now=now)
    return changed is not None


def _kind(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if after["hidden"] != before["hidden"]:
        return "hidden"
    return "opted_out" if after["opted_out"] != before["opted_out"] else "profile"
