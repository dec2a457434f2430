"""What is kept of the demo itself: by how many weeks its messages were moved, and whether it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

_READ = text("select shift_weeks, chosen_at, finished_at from demo")
_CHOOSE = text("insert into demo (shift_weeks, chosen_at) values (:weeks, :now) on conflict do nothing")
_FINISH = text("update demo set finished_at = coalesce(finished_at, :now)")
_STRANGERS = text(
    "select exists (select from event where source not in ('attendance')) or exists (select from attendance)"
)

_SETTLED = text("select season_id from season where origin = 'backfill' and state in ('provisional', 'final')")

_ALONE = text("select pg_try_advisory_lock(hashtext('rewards demo'))")


class RunsAlready(Exception):
    """Another process feeds the demo into this database."""

    def __init__(self) -> None:
        super().__init__("The demo is being fed into this database by another process already; let that one go on.")


@dataclass(frozen=True, slots=True)
class DemoRow:
    """`shift_weeks` is chosen once, so that a second run sends the same events."""

    shift_weeks: int
    chosen_at: datetime
    finished_at: datetime | None


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Be the only one who feeds the demo as long as the block runs. Raises RunsAlready.

    The lock is the connection's: it is gone with whoever held it, however that ended.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(_ALONE).scalar_one():
            raise RunsAlready
        try:
            yield
        finally:
            connection.invalidate()


def read_demo(session: Session) -> DemoRow | None:
    """The demo's row, if it was ever begun here."""
    row = session.execute(_READ).one_or_none()
    return None if row is None else DemoRow(*row)


def choose_shift(session: Session, *, weeks: int, now: datetime) -> DemoRow:
    """Keep the number of weeks, unless one is kept already; answers what is kept."""
    session.execute(_CHOOSE, {"weeks": weeks, "now": now})
    kept = read_demo(session)
    assert kept is not None
    return kept


def finish(session: Session, *, now: datetime) -> None:
    """Note that all of it is done."""
    session.execute(_FINISH, {"now": now})


def is_in_use(session: Session) -> bool:
    """Whether events or check-ins of a real forum are here, among which a demo has no place."""
    return bool(session.execute(_STRANGERS).scalar_one())


def settled_weeks(session: Session) -> frozenset[date]:
    """The past weeks that were opened and settled."""
    return frozenset(session.scalars(_SETTLED))
