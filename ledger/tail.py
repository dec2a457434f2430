"""Following the outbox without an order: what was visible before, and what has become visible since.

A snapshot says of every transaction whether it had committed. So a reader that keeps the snapshot of its last look,
and next time takes exactly what was not visible in it, misses nothing and takes nothing twice, however long a
transaction stays open.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Result, text
from sqlalchemy.orm import Session

STREAMED = 1000


class Sight(NamedTuple):
    """Everything that was visible in `snapshot`; snapshots of another generation of the outbox say nothing."""

    generation: int
    snapshot: str


class Ground(NamedTuple):
    """Where a reader stands now: its present sight, and before which time notices may have been pruned."""

    sight: Sight
    pruned_before: datetime | None


_GROUND = text(
    "select coalesce(max(generation), 0) as generation, cast(pg_current_snapshot() as text) as snapshot,"
    " max(pruned_at) as pruned_before from outbox_generation"
)
_IS_PAST = text("select pg_snapshot_xmax(cast(:snapshot as pg_snapshot)) <= pg_snapshot_xmax(pg_current_snapshot())")
# Not visible in a snapshot is what began after it, and what was in progress in it: two short ranges of the index.
_ACCOUNTS_SINCE = text(
    "select account_id from outbox where generation = :generation and topic = any(cast(:topics as text[]))"
    " and account_id is not null and xid8 >= pg_snapshot_xmax(cast(:snapshot as pg_snapshot))"
    " union select o.account_id from pg_snapshot_xip(cast(:snapshot as pg_snapshot)) as open(xid8)"
    " join outbox o on o.generation = :generation and o.xid8 = open.xid8"
    " where o.topic = any(cast(:topics as text[])) and o.account_id is not null"
)
# Between two sights: not visible in the first, visible in the second, whatever more a later statement sees.
_NOTICES_BETWEEN = text(
    "select o.* from (select id, xid8, topic, account_id, payload, recorded_at from outbox"
    " where generation = :generation and xid8 >= pg_snapshot_xmax(cast(:snapshot as pg_snapshot))"
    " union all select o.id, o.xid8, topic, account_id, payload, recorded_at"
    " from pg_snapshot_xip(cast(:snapshot as pg_snapshot)) as open(xid8)"
    " join outbox o on o.generation = :generation and o.xid8 = open.xid8) o"
    " where pg_visible_in_snapshot(o.xid8, cast(:until as pg_snapshot)) order by o.id"
)
_PRUNE = text("delete from outbox where recorded_at < :before")
_MARK_PRUNED = text("update outbox_generation set pruned_at = greatest(pruned_at, :before)")


def stand(session: Session) -> Ground:
    """The reader's ground; in a REPEATABLE READ transaction, exactly what its other statements see."""
    row = session.execute(_GROUND).one()
    return Ground(Sight(row.generation, row.snapshot), row.pruned_before)


def is_past(session: Session, sight: Sight) -> bool:
    """Whether the sight lies behind; not so where the database was set back under its reader."""
    return bool(session.execute(_IS_PAST, {"snapshot": sight.snapshot}).scalar())


def accounts_since(session: Session, sight: Sight, *, topics: Sequence[str]) -> list[UUID]:
    """The accounts of all notices on `topics` that have become visible since."""
    return list(session.scalars(_ACCOUNTS_SINCE, {**sight._asdict(), "topics": list(topics)}))


def notices_between(session: Session, sight: Sight, *, until: Sight) -> Result[Any]:
    """All notices that have become visible from one sight to the next, each once; streamed.

    An account's come in the order in which they were written, since its lock kept them apart.
    """
    parameters = {**sight._asdict(), "until": until.snapshot}
    return session.execute(_NOTICES_BETWEEN, parameters, execution_options={"yield_per": STREAMED})


def prune(session: Session, *, before: datetime) -> int:
    """Remove what was recorded before a time, and say so to readers who are further behind."""
    # First the mark, which serialises: a reader never finds rows gone without it.
    session.execute(_MARK_PRUNED, {"before": before})
    return session.execute(_PRUNE, {"before": before}).rowcount  # pyright: ignore[reportAttributeAccessIssue] -- a DELETE's result has it
