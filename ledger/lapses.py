"""What lapses when, and the nightly runs that take what has lapsed of members who don't spend.

A run is many short transactions. One that would take more than a stated share of all points at once takes nothing: it
is recorded as `stopped`, and waits until somebody allows it. Whoever spends is swept all the same, by the lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts
from ledger.locks import own_lapsing

RunState = Literal["done", "stopped", "allowed"]

_COMING = text(
    "select expires_at as lapses_at, cast(sum(remaining) as bigint) as points from lot"
    " where account_id = :account_id and remaining > 0 and expires_at > :now group by 1 order by 1"
)
_COMING_OF_ALL = text(
    "select expires_at as lapses_at, cast(sum(remaining) as bigint) as points from lot"
    " where remaining > 0 and expires_at <= :until group by 1 order by 1"
)
_IS_DUE = text("select exists (select from lot where remaining > 0 and expires_at <= :now)")
_COUNT = text(
    "select count(*) as lots, cast(coalesce(sum(remaining), 0) as bigint) as points,"
    " (select cast(coalesce(sum(balance), 0) as bigint) from account where balance > 0) as of_points"
    " from lot where remaining > 0 and expires_at <= :now"
)
_SOME = text(
    "select account_id, expires_at, lot_id from lot where remaining > 0 and expires_at <= :now"
    " and (expires_at, lot_id) > (:after_at, :after_lot) order by expires_at, lot_id limit :limit"
)
_LAST = text(
    "select run_id, state, lots, points, of_points, started_at, finished_at from lapse_run"
    " order by started_at desc, run_id desc limit 1"
)
_BEGIN = text(
    "insert into lapse_run (run_id, state, lots, points, of_points, started_at, finished_at, allowed_by, allowed_at)"
    " values (:run_id, :state, :lots, :points, :of_points, :now, :finished_at, :allowed_by, :allowed_at)"
)
_ALLOW = text(
    "update lapse_run set state = 'allowed', allowed_by = :by, allowed_at = :now, finished_at = null"
    " where run_id = :run_id"
)
_FINISH = text("update lapse_run set finished_at = :now where run_id = :run_id")


class Coming(NamedTuple):
    """Points that lapse at one moment."""

    lapses_at: datetime
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A nightly run: how many lots and points it found due, of how many points in all. A stopped one is finished."""

    run_id: UUID
    state: RunState
    lots: int
    points: int
    of_points: int
    started_at: datetime
    finished_at: datetime | None


class Place(NamedTuple):
    """Where a run goes on: after the lot that it saw last."""

    at: datetime
    lot_id: UUID


def coming_lapses(session: Session, account_id: UUID, *, now: datetime) -> list[Coming]:
    """What of an account's points lapses when, the earliest first; held points are in none of it."""
    return [Coming(*row) for row in session.execute(_COMING, {"account_id": account_id, "now": now})]


def lapses_until(session: Session, until: datetime) -> list[Coming]:
    """What of all points lapses up to a moment, or has lapsed and was not swept yet."""
    return [Coming(*row) for row in session.execute(_COMING_OF_ALL, {"until": until})]


def is_due(session: Session, *, now: datetime, since: datetime) -> bool:
    """Whether something has lapsed, and no run was finished that began `since`."""
    if not session.execute(_IS_DUE, {"now": now}).scalar():
        return False
    last = last_run(session)
    return last is None or last.finished_at is None or last.started_at < since


def last_run(session: Session) -> Run | None:
    """The latest run."""
    row = session.execute(_LAST).one_or_none()
    return None if row is None else Run(**row._asdict())


def stopped_run(session: Session, *, now: datetime) -> Run | None:
    """The latest run, if it was stopped, nobody has allowed it, and what has lapsed is still there."""
    last = last_run(session)
    if last is None or last.state != "stopped":
        return None
    return last if session.execute(_IS_DUE, {"now": now}).scalar() else None


def begin_run(session: Session, *, max_share: float, now: datetime, allowed_by: str | None = None) -> Run | None:
    """Begin a run, or go on with one that was interrupted; none where nothing has lapsed.

    Stopped where it would take more than `max_share` of all points and nobody allows it.
    """
    own_lapsing(session)
    last = last_run(session)
    if last is not None and last.finished_at is None:
        return last
    found = session.execute(_COUNT, {"now": now}).one()
    if not found.lots:
        return None
    if allowed_by is not None and last is not None and last.state == "stopped":
        session.execute(_ALLOW, {"run_id": last.run_id, "by": allowed_by, "now": now})
        return last_run(session)
    state: RunState = "done" if found.points <= max_share * found.of_points else "stopped"
    state = "allowed" if state == "stopped" and allowed_by is not None else state
    row = {
        **found._asdict(),
        "run_id": uuid7(),
        "state": state,
        "now": now,
        "finished_at": now if state == "stopped" else None,
        "allowed_by": allowed_by if state == "allowed" else None,
        "allowed_at": now if state == "allowed" else None,
    }
    session.execute(_BEGIN, row)
    return last_run(session)


def sweep_some(session: Session, run: Run, *, after: Place | None, limit: int, now: datetime) -> Place | None:
    """Take what has lapsed of the owners of up to `limit` lots that the run found; answers where to go on, or none.

    What has lapsed since it began is another run's, which may have to ask.
    """
    lowest = after or Place(datetime.min.replace(tzinfo=now.tzinfo), UUID(int=0))
    where = {"after_at": lowest.at, "after_lot": lowest.lot_id}
    found: Sequence[tuple[UUID, datetime, UUID]] = [
        (row.account_id, row.expires_at, row.lot_id)
        for row in session.execute(_SOME, {**where, "now": run.started_at, "limit": limit})
    ]
    if not found:
        return None
    # Whoever locks an account sweeps it.
    lock_accounts(session, {account_id for account_id, _, _ in found}, now=now)
    _, at, lot_id = found[-1]
    return Place(at, lot_id)


def finish_run(session: Session, run_id: UUID, *, now: datetime) -> None:
    """Nothing that had lapsed when the run began is left."""
    session.execute(_FINISH, {"run_id": run_id, "now": now})
