"""The outbox: what happened, written in the transaction that made it happen, read by those who are told.

A position is (generation, transaction id, id). A reader that needs every row moves its cursor only below the
horizon, the oldest transaction that may still commit; transaction ids are compared in SQL, where they have their order.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.arrays import named


class Notice(NamedTuple):
    """Something to tell: a dotted `topic`, the account it is about, and a payload that names nobody."""

    topic: str
    account_id: UUID | None
    payload: dict[str, Any]


class Position(NamedTuple):
    """Where a reader stands: everything at or before it was taken in."""

    generation: int
    xid8: str
    id: int


class OutboxRow(NamedTuple):
    """A notice as it was written, and whether it lies below the horizon (`settled`)."""

    position: Position
    topic: str
    account_id: UUID | None
    payload: dict[str, Any]
    settled: bool


_EMIT = text(
    "insert into outbox (generation, topic, account_id, payload, recorded_at)"
    " select g.generation, n.topic, n.account_id, n.payload, :now from outbox_generation g,"
    " unnest(cast(:topics as text[]), cast(:accounts as uuid[]), cast(:payloads as jsonb[])) as n(topic,"
    " account_id, payload)"
)
_AFTER = text(
    "select generation, cast(xid8 as text) as xid8, id, topic, account_id, payload,"
    " xid8 < pg_snapshot_xmin(pg_current_snapshot()) as settled from outbox"
    " where (generation, xid8, id) > (:generation, cast(:xid8 as xid8), :id) and topic like :topics"
    " order by generation, xid8, id limit :limit"
)
_GENERATION = text("select generation, pruned_at from outbox_generation")
_RAISE = text(
    "insert into outbox_generation (generation, system_identifier) select 1, cast(system_identifier as text)"
    " from pg_control_system()"
    " on conflict (one_row) do update set generation = outbox_generation.generation + 1,"
    " system_identifier = excluded.system_identifier"
    " where outbox_generation.system_identifier <> excluded.system_identifier"
)


def emit(session: Session, notices: Sequence[Notice], *, now: datetime) -> None:
    """Write notices in the caller's transaction."""
    if not notices:
        return
    rows = [(topic, account_id, json.dumps(payload, ensure_ascii=False)) for topic, account_id, payload in notices]
    parameters = named(("topics", "accounts", "payloads"), rows)
    session.execute(_EMIT, {**parameters, "now": now})


def read_after(session: Session, position: Position, *, topics: str, limit: int) -> list[OutboxRow]:
    """Every visible row after `position` whose topic is LIKE `topics`, in order; unsettled ones may come again."""
    rows = session.execute(_AFTER, {**position._asdict(), "topics": topics, "limit": limit})
    return [
        OutboxRow(Position(row.generation, row.xid8, row.id), row.topic, row.account_id, row.payload, row.settled)
        for row in rows
    ]


def open_generation(session: Session) -> None:
    """Begin the first generation, or the next one where the cluster under the database is another (a restored dump)."""
    session.execute(_RAISE)
