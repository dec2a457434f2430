"""What is removed after its time: nothing that anybody was promised to find again."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from rewards.access.throttle import FAILURES_COUNT_FOR

OUTBOX_KEPT = timedelta(days=7)
ANSWERS_KEPT = timedelta(days=90)
SESSIONS_KEPT = timedelta(days=30)
STREAKS_KEPT = timedelta(days=7)
MIDNIGHTS_KEPT = timedelta(days=7)
VERIFICATIONS_KEPT = timedelta(days=30)
MESSAGES_KEPT = timedelta(days=30)
ROWS_AT_ONCE = 5000

_ANSWERS = text(
    "delete from idempotent_answer where ctid = any(array(select ctid from idempotent_answer"
    " where recorded_at < :before limit :rows))"
)
_TOKENS = text(
    "delete from sign_in_token where ctid = any(array(select ctid from sign_in_token"
    " where expires_at < :before limit :rows))"
)
_STAFF_SESSIONS = text(
    "delete from staff_session where ctid = any(array(select ctid from staff_session"
    " where expires_at < :before limit :rows))"
)
_MEMBER_SESSIONS = text(
    "delete from member_session where ctid = any(array(select ctid from member_session"
    " where expires_at < :before limit :rows))"
)
_STREAKS = text(
    "delete from leaderboard_points where ctid = any(array(select ctid from leaderboard_points"
    " where leaderboard = 'streak' and period < :before limit :rows))"
)
_MIDNIGHTS = text(
    "delete from midnight_rank where ctid = any(array(select ctid from midnight_rank where day < :before limit :rows))"
)
_FAILURES = text(
    "delete from sign_in_failure where ctid = any(array(select ctid from sign_in_failure"
    " where failed_at < :before limit :rows))"
)
_VERIFICATIONS = text(
    "delete from verification where ctid = any(array(select ctid from verification"
    " where finished_at < :before limit :rows))"
)
_MESSAGES = text(
    "delete from webhook_message where ctid = any(array(select ctid from webhook_message"
    " where created_at < :before limit :rows))"
)


def removals(*, now: datetime, today: date) -> Iterator[tuple[TextClause, Mapping[str, Any]]]:
    """Each removal, to be repeated until it removes fewer than ROWS_AT_ONCE."""
    yield _ANSWERS, {"before": now - ANSWERS_KEPT}
    yield _TOKENS, {"before": now}
    yield _STAFF_SESSIONS, {"before": now - SESSIONS_KEPT}
    yield _MEMBER_SESSIONS, {"before": now - SESSIONS_KEPT}
    yield _FAILURES, {"before": now - FAILURES_COUNT_FOR}
    yield _VERIFICATIONS, {"before": now - VERIFICATIONS_KEPT}
    yield _MESSAGES, {"before": now - MESSAGES_KEPT}
    yield _STREAKS, {"before": today - STREAKS_KEPT}
    yield _MIDNIGHTS, {"before": today - MIDNIGHTS_KEPT}


def remove(session: Session, statement: TextClause, *, parameters: Mapping[str, Any]) -> int:
    """One part of a removal; answers how many rows went."""
    result = session.execute(statement, {**parameters, "rows": ROWS_AT_ONCE})
    return result.rowcount  # pyright: ignore[reportAttributeAccessIssue] -- a DELETE's result has it
