"""Points that lapse: a policy under which they do, accounts with lots, and what lies in them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts, read_accounts, write_accounts
from ledger.postings import AccountState, EntryRow, Posting, post
from rewards.policy.document import DEFAULT_POLICY, read_document

DAY = timedelta(days=1)


def lapsing_policy(*, max_share: float = 1.0) -> dict[str, Any]:
    """The default policy, but comments lapse after 2 days, check-ins after 5; everything may lapse at once."""
    document = read_document(DEFAULT_POLICY)
    document["rules"]["comment.created"]["lapses_after_days"] = 2
    document["attendance"]["lapses_after_days"] = 5
    return {**document, "lapse": {"notice_days": 1, "max_share": max_share}}


def account_with_lots(session: Session, lots: Mapping[datetime | None, int], *, now: datetime) -> UUID:
    """An account with points for each date on which they lapse; None for points that never do."""
    account_id = uuid7()
    for expires_at, points in lots.items():
        give(session, account_id, points, expires_at=expires_at, now=now)
    return account_id


def give(
    session: Session, account_id: UUID, points: int, *, now: datetime, expires_at: datetime | None = None, **more: Any
) -> EntryRow:
    """Post an adjustment (below 0: one that may leave debts), or what `more` says."""
    values = {"kind": "adjustment", "contra": "adjustment", "note_digest": bytes(32), "overdraft": points < 0, **more}
    account = lock_accounts(session, [account_id], now=now)[account_id]
    after, entry = post(
        account, Posting(points=points, expires_at=expires_at, transfer_id=uuid7(), occurred_at=now, **values), now=now
    )
    write_accounts(session, [after], entries=[entry])
    return entry


def account_of(session: Session, account_id: UUID) -> AccountState:
    """The account as this session has it."""
    return read_accounts(session, [account_id])[account_id]


def open_lots(session: Session, account_id: UUID) -> dict[datetime, int]:
    """What remains in an account's lots, by date."""
    rows = session.execute(
        text(
            "select expires_at, cast(sum(remaining) as bigint) from lot where account_id = :account_id"
            " and remaining > 0 group by 1 order by 1"
        ),
        {"account_id": account_id},
    )
    return {row[0]: row[1] for row in rows}


def entries_of(session: Session, account_id: UUID) -> list[tuple[str, int]]:
    """Kind and points of an account's entries, in their order."""
    rows = session.execute(
        text("select kind, points from entry where account_id = :account_id order by seq"), {"account_id": account_id}
    )
    return [(row.kind, row.points) for row in rows]
