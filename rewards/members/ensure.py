"""From the forum's ids to accounts, making members who were never seen before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from os import urandom
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.arrays import array, named
from rewards.errors import MemberMoved

_COLUMNS = "member_id, account_id, salt, suspended_at, level_by_hand"
# A join, since PostgreSQL compares a long list with = any one by one where the collation is not the database's.
_READ = text(f"select {_COLUMNS} from unnest(cast(:ids as text[])) as wanted(member_id) join member using (member_id)")
_SALTS = text("select account_id, salt from member where account_id = any(cast(:ids as uuid[]))")
_INSERT = text(
    "insert into member (member_id, account_id, salt, created_at)"
    " select *, :now from unnest(cast(:ids as text[]), cast(:accounts as uuid[]), cast(:salts as bytea[])) on"
    " conflict do nothing"
)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """What earning needs of a member. `salt` keys the digests of what the forum says about the person."""

    member_id: str
    account_id: UUID
    salt: bytes
    suspended_at: datetime | None
    level_by_hand: str | None


def read_members(session: Session, member_ids: Iterable[str]) -> dict[str, MemberRow]:
    """Those of the members who are known."""
    rows = session.execute(_READ, {"ids": array(set(member_ids))})
    return {row.member_id: MemberRow(*row) for row in rows}


def ensure_members(session: Session, member_ids: Iterable[str], *, now: datetime) -> dict[str, MemberRow]:
    """The members, new ones made in the order of their ids. Call before locking accounts."""
    wanted = set(member_ids)
    known = read_members(session, wanted)
    missing = sorted(wanted - known.keys(), key=str.encode)
    if not missing:
        return known
    rows = [(member_id, uuid7(), urandom(16)) for member_id in missing]
    session.execute(_INSERT, {**named(("ids", "accounts", "salts"), rows), "now": now})
    return known | read_members(session, missing)


def read_locked(session: Session, members: Mapping[str, MemberRow]) -> dict[str, MemberRow]:
    """The members again, now that their accounts are locked: somebody may have been suspended meanwhile.

    Raises MemberMoved if somebody was erased: nothing may be added to what nobody is any more.
    """
    again = read_members(session, members)
    if any(name not in again or again[name].account_id != row.account_id for name, row in members.items()):
        raise MemberMoved
    return again


def stranger(member_id: str) -> MemberRow:
    """A member who was never seen, for a dry run."""
    return MemberRow(member_id, uuid7(), urandom(16), None, None)


def read_salts(session: Session, account_ids: Iterable[UUID]) -> dict[UUID, bytes | None]:
    """The salts of accounts; none once a member was erased."""
    return {row.account_id: row.salt for row in session.execute(_SALTS, {"ids": array(set(account_ids))})}
