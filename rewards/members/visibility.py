"""Telling the leaderboards that a member is seen otherwise: by another name, or not at all."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.outbox import Notice, emit

# Versions guard what is projected: without a higher one a changed visibility would be taken for old news.
_RAISE_VERSIONS = text("update leaderboard_points set version = version + 1 where account_id = :account_id")


def announce(session: Session, account_id: UUID, *, change: str, now: datetime) -> None:
    """Let every reader of leaderboards look at the member again. The account must be locked."""
    session.execute(_RAISE_VERSIONS, {"account_id": account_id})
    emit(session, [Notice("member", account_id, {"change": change})], now=now)
