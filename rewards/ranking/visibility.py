"""Members who appear on leaderboards, leave them, or come back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.accounts import lock_accounts
from ledger.outbox import Notice, emit
from rewards.ranking.tally import OF_ACCOUNT

_BUMP = text(
    f"{OF_ACCOUNT} update leaderboard_points p set version = p.version + 1 from own"
    " where (p.leaderboard, p.period, p.account_id) = (own.leaderboard, own.period, own.account_id)"
)


def bump(session: Session, account_id: UUID, *, change: str, now: datetime) -> None:
    """Tell the ranking to look at a member again whose `change` (`hidden`, `suspended`, …) this transaction writes.

    Locks the account, so that no award that did not see the change comes after it; tells the outbox too.
    """
    lock_accounts(session, [account_id], now=now)
    session.execute(_BUMP, {"account_id": account_id})
    emit(session, [Notice("member", account_id, {"change": change})], now=now)
