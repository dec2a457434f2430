"""From the forum's ids to accounts, making members who were never seen before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from os import urandom
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts
from ledger.arrays import array, named
from ledger.postings import AccountState
from rewards.errors import MemberMoved, UnknownThing

# A join, since PostgreSQL compares a long list with = any one by one where the collation is not the database's.
# Of a member who was merged, the survivor. Nothing is looked up for anybody while nobody was ever merged.
_READ = text(
    "select w.member_id as asked, "
    + ", ".join(
        f"case when m.account_id is null then n.{column} else m.{column} end as {column}"
        for column in ("member_id", "account_id", "salt", "suspended_at", "level_by_hand")
    )
    + ", case when (select exists (select from member where merged_into is not null)) then"
    " array(select g.account_id from member g where g.merged_into = coalesce(m.account_id, n.account_id) order by 1)"
    " end as merged from unnest(cast(:ids as text[])) as w(member_id) join member n using (member_id)"
    " left join member m on m.account_id = n.merged_into"
)
_SALTS = text("select account_id, salt from member where account_id = any(cast(:ids as uuid[]))")
_INSERT = text(
    "insert into member (member_id, account_id, salt, created_at)"
    " select *, :now from unnest(cast(:ids as text[]), cast(:accounts as uuid[]), cast(:salts as bytea[])) on"
    " conflict do nothing"
)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """What earning needs of a member. `salt` keys the digests of what the forum says about the person.

    `merged` are the accounts of the members who were merged into this one: what lies on them is this member's.
    """

    member_id: str
    account_id: UUID
    salt: bytes
    suspended_at: datetime | None
    level_by_hand: str | None
    merged: tuple[UUID, ...] = ()

    @property
    def accounts(self) -> tuple[UUID, ...]:
        """All accounts that are the member's, the present one first."""
        return (self.account_id, *self.merged)


def read_members(session: Session, member_ids: Iterable[str]) -> dict[str, MemberRow]:
    """Those of the members who are known, by the id that was asked for: that of a merged one names the survivor."""
    rows = session.execute(_READ, {"ids": array(set(member_ids))})
    return {asked: MemberRow(*known, merged=tuple(merged or ())) for asked, *known, merged in rows}


def ensure_members(session: Session, member_ids: Iterable[str], *, now: datetime) -> dict[str, MemberRow]:
    """The members, new ones made in the order of their ids. Call before locking accounts.

    Raises MemberMoved if one whom somebody else made at the same time was erased again at once.
    """
    wanted = set(member_ids)
    known = read_members(session, wanted)
    missing = sorted(wanted - known.keys(), key=str.encode)
    if not missing:
        return known
    rows = [(member_id, uuid7(), urandom(16)) for member_id in missing]
    session.execute(_INSERT, {**named(("ids", "accounts", "salts"), rows), "now": now})
    made = read_members(session, missing)
    if made.keys() != set(missing):
        raise MemberMoved
    return known | made


def read_locked(session: Session, members: Mapping[str, MemberRow]) -> dict[str, MemberRow]:
    """The members again, now that their accounts are locked: somebody may have been suspended meanwhile.

    Raises MemberMoved if somebody was erased or merged: nothing may be added to what nobody is any more, and what was
    merged must be locked, too.
    """
    again = read_members(session, members)
    if any(name not in again or again[name].accounts != row.accounts for name, row in members.items()):
        raise MemberMoved
    return again


def lock_member(session: Session, member_id: str, *, now: datetime) -> tuple[MemberRow, dict[UUID, AccountState]]:
    """A member with all of its accounts, locked. Raises UnknownThing, MemberMoved: roll back, run it again.

    For whoever takes no other lock after it: `lock_accounts` is called once in a transaction.
    """
    members = read_members(session, [member_id])
    if not members:
        raise UnknownThing("member", member_id)
    accounts = lock_accounts(session, members[member_id].accounts, now=now)
    return read_locked(session, members)[member_id], accounts


def stranger(member_id: str) -> MemberRow:
    """A member who was never seen, for a dry run."""
    return MemberRow(member_id, uuid7(), urandom(16), None, None)


def read_salts(session: Session, account_ids: Iterable[UUID]) -> dict[UUID, bytes | None]:
    """The salts of accounts; none once a member was erased."""
    return {row.account_id: row.salt for row in session.execute(_SALTS, {"ids": array(set(account_ids))})}
