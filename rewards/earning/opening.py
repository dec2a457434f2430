"""Opening balances of a forum that moves here: one entry a member, once. The caller commits."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts, write_accounts
from ledger.outbox import Notice, emit
from ledger.postings import AccountState, EntryRow, Posting, post
from rewards.members.ensure import ensure_members, read_locked

CONTRA = "opening-balance"
NEVER: Mapping[str, datetime] = MappingProxyType({})

_OPENED = text(
    "select account_id from entry where account_id = any(cast(:accounts as uuid[])) and contra = :contra"
    " and kind = 'grant'"
)


def open_balances(
    session: Session, balances: Mapping[str, int], *, now: datetime, lapses: Mapping[str, datetime] = NEVER
) -> int:
    """Grant members the points that they bring along, above 0, unless they were granted before; answers how many were.

    No leaderboard counts them, nor does a level. Those of members in `lapses` lapse then, which is after `now`. Locks
    the accounts. Raises MemberMoved: roll back, run it again.
    """
    members = ensure_members(session, balances, now=now)
    owners = {account_id: member.account_id for member in members.values() for account_id in member.accounts}
    accounts = lock_accounts(session, owners, now=now)
    members = read_locked(session, members)
    found = session.scalars(_OPENED, {"accounts": list(owners), "contra": CONTRA})
    opened = {owners[account_id] for account_id in found}
    wanted: dict[UUID, Posting] = {}
    for member_id, points in balances.items():
        account_id = members[member_id].account_id
        before = wanted.get(account_id)  # of another who was merged: one entry for both
        granted = points + (before.points if before else 0)
        wanted[account_id] = _grant(granted, lapses_at=lapses.get(member_id), now=now)
    written: list[tuple[AccountState, EntryRow]] = [
        post(accounts[account_id], posting, now=now)
        for account_id, posting in wanted.items()
        if account_id not in opened
    ]
    write_accounts(session, [after for after, _ in written], entries=[entry for _, entry in written])
    emit(session, [Notice("points", entry.account_id, _told(entry)) for _, entry in written], now=now)
    return len(written)


def _grant(points: int, *, lapses_at: datetime | None, now: datetime) -> Posting:
    return Posting(
        points=points, kind="grant", contra=CONTRA, transfer_id=uuid7(), occurred_at=now, expires_at=lapses_at
    )


def _told(entry: EntryRow) -> dict[str, object]:
    return {
        "season": None,
        "month": None,
        "outcome": "granted",
        "points": entry.points,
        "source": "import",
        "event_id": None,
    }
