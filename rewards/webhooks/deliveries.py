"""Deliveries: which lanes have something to send, what to send next, what became of it. The caller commits.

An endpoint is a lane of its own: one sender at a time, by lease, so that one that hangs keeps nobody else waiting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.webhooks.backoff import GONE, Answer, wait_after
from rewards.webhooks.endpoints import disable_endpoint

LEASE = timedelta(seconds=60)
PAUSE = timedelta(seconds=30)
"""A lane rests for so long after its endpoint could not be reached at all."""

_LANES = text(
    "select endpoint_id from webhook_endpoint e where disabled_at is null"
    " and coalesce(paused_until <= :now, true) and coalesce(leased_until <= :now, true)"
    " and exists (select from webhook_delivery d where d.endpoint_id = e.endpoint_id and d.state = 'waiting'"
    " and d.next_at <= :now) order by endpoint_id"
)
_LEASE = text(
    "update webhook_endpoint set leased_until = :until where endpoint_id = :endpoint_id and disabled_at is null"
    " and coalesce(paused_until <= :now, true) and coalesce(leased_until <= :now, true) returning url"
)
_EXTEND = text("update webhook_endpoint set leased_until = :until where endpoint_id = :endpoint_id")
_RETURN = text(
    "update webhook_endpoint set leased_until = null, paused_until = :paused_until where endpoint_id = :endpoint_id"
)
_NEXT = text(
    "select d.message_id, d.attempts, m.type, m.number, m.data, m.occurred_at from webhook_delivery d"
    " join webhook_message m using (message_id)"
    " where d.endpoint_id = :endpoint_id and d.state = 'waiting' and d.next_at <= :now"
    " order by d.next_at, d.message_id limit :limit"
)
_ATTEMPT = text(
    "insert into webhook_attempt (endpoint_id, message_id, began_at, took_ms, status, error)"
    " values (:endpoint_id, :message_id, :began_at, :took_ms, :status, :error)"
)
_MOVE = text(
    "update webhook_delivery set state = :state, attempts = :attempts, next_at = :next_at"
    " where endpoint_id = :endpoint_id and message_id = :message_id and state = 'waiting'"
)
_AGAIN = text(
    "update webhook_delivery d set state = 'waiting', attempts = 0, next_at = :now from webhook_message m"
    " where m.message_id = d.message_id and d.endpoint_id = :endpoint_id and d.state = 'failed'"
    " and (cast(:since as timestamptz) is null or m.occurred_at >= :since)"
)
_ONE_AGAIN = text(
    "update webhook_delivery set state = 'waiting', attempts = 0, next_at = :now"
    " where endpoint_id = :endpoint_id and message_id = :message_id and state <> 'waiting'"
)
_LISTED = text(
    "select d.message_id, m.type, m.account_id, m.number, m.occurred_at, d.state, d.attempts, d.next_at,"
    " l.began_at, l.took_ms, l.status, l.error from webhook_delivery d join webhook_message m using (message_id)"
    " left join lateral (select began_at, took_ms, status, error from webhook_attempt a"
    " where a.message_id = d.message_id and a.endpoint_id = d.endpoint_id order by attempt_id desc limit 1) l on true"
    " where d.endpoint_id = :endpoint_id and (cast(:state as text) is null or d.state = :state)"
    " and (cast(:before as uuid) is null or d.message_id < :before) order by d.message_id desc limit :limit"
)
_COUNTS = text(
    "select state, count(*) as deliveries from webhook_delivery where endpoint_id = :endpoint_id"
    " and state <> 'delivered' group by 1"
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is to be delivered now, with how often that was tried before."""

    message_id: UUID
    attempts: int
    type: str
    number: int | None
    data: dict[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as staff see it, with its latest attempt."""

    message_id: UUID
    type: str
    account_id: UUID | None
    number: int | None
    occurred_at: datetime
    state: str
    attempts: int
    next_at: datetime | None
    began_at: datetime | None
    took_ms: int | None
    status: int | None
    error: str | None


def due_lanes(session: Session, *, now: datetime) -> list[UUID]:
    """The endpoints to which something is to be sent, and nobody is sending."""
    return list(session.scalars(_LANES, {"now": now}))


def lease(session: Session, endpoint_id: UUID, *, now: datetime) -> str | None:
    """Take an endpoint's lane; answers its address, none where somebody has it or it is not to be used now."""
    until = {"endpoint_id": endpoint_id, "now": now, "until": now + LEASE}
    return session.execute(_LEASE, until).scalar_one_or_none()


def give_back(session: Session, endpoint_id: UUID, *, paused_until: datetime | None) -> None:
    """Leave the lane to the next, not before `paused_until`."""
    session.execute(_RETURN, {"endpoint_id": endpoint_id, "paused_until": paused_until})


def next_outgoing(session: Session, endpoint_id: UUID, *, limit: int, now: datetime) -> list[Outgoing]:
    """What is to be sent now, the longest due first; the lane is the caller's for LEASE from now."""
    session.execute(_EXTEND, {"endpoint_id": endpoint_id, "until": now + LEASE})
    rows = session.execute(_NEXT, {"endpoint_id": endpoint_id, "now": now, "limit": limit})
    return [Outgoing(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a delivery, that began at an instant and took so many milliseconds."""

    outgoing: Outgoing
    answer: Answer
    began_at: datetime
    took_ms: int
    chance: float


def record_attempts(session: Session, endpoint_id: UUID, *, attempts: Sequence[Attempt], now: datetime) -> None:
    """Keep what became of attempts. A receiver that says 410 is told nothing more; what waits for it is kept."""
    for attempt in attempts:
        _record(session, endpoint_id, attempt=attempt, now=now)
    if any(attempt.answer.status == GONE for attempt in attempts):
        disable_endpoint(session, endpoint_id, why="gone", now=now)


def _record(session: Session, endpoint_id: UUID, *, attempt: Attempt, now: datetime) -> None:
    ids = {"endpoint_id": endpoint_id, "message_id": attempt.outgoing.message_id}
    answer, tried = attempt.answer, attempt.outgoing.attempts + 1
    line = {"began_at": attempt.began_at, "took_ms": attempt.took_ms, "status": answer.status, "error": answer.error}
    session.execute(_ATTEMPT, ids | line)
    wait = None if answer.delivered else wait_after(tried, answer=answer, chance=attempt.chance)
    state = "delivered" if answer.delivered else "failed" if wait is None else "waiting"
    session.execute(_MOVE, ids | {"state": state, "attempts": tried, "next_at": wait and now + wait})


def send_again(session: Session, endpoint_id: UUID, *, message_id: UUID, now: datetime) -> bool:
    """Send one message again, failed or delivered, with its old id; False if it waits already or isn't there."""
    ids = {"endpoint_id": endpoint_id, "message_id": message_id, "now": now}
    return _count(session.execute(_ONE_AGAIN, ids)) > 0


def send_failed_again(session: Session, endpoint_id: UUID, *, since: datetime | None, now: datetime) -> int:
    """Send again all that failed, of what occurred at `since` or later; answers how many."""
    which = {"endpoint_id": endpoint_id, "since": since, "now": now}
    return _count(session.execute(_AGAIN, which))


def list_deliveries(
    session: Session, endpoint_id: UUID, *, limit: int, before: UUID | None = None, state: str | None = None
) -> list[Delivery]:
    """A page of deliveries, the newest message first."""
    page = {"endpoint_id": endpoint_id, "limit": limit, "before": before, "state": state}
    return [Delivery(*row) for row in session.execute(_LISTED, page)]


def count_deliveries(session: Session, endpoint_id: UUID) -> dict[str, int]:
    """How many deliveries of an endpoint are in each state that needs somebody, or time."""
    rows = session.execute(_COUNTS, {"endpoint_id": endpoint_id})
    return {row.state: row.deliveries for row in rows}


def _count(result: Any) -> int:
    return result.rowcount
