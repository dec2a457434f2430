"""What is kept of the demo itself: by how many weeks its messages were moved, and whether it is done."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

_READ = text("select shift_weeks, chosen_at, finished_at from demo")
_CHOOSE = text("insert into demo (shift_weeks, chosen_at) values (:weeks, :now) on conflict do nothing")
_FINISH = text("update demo set finished_at = coalesce(finished_at, :now)")
_STRANGERS = text(
    "select exists (select from event where source not in ('attendance')) or exists (select from attendance)"
)

_SETTLED = text("select season_id from season where origin = 'backfill' and state in ('provisional', 'final')")


@dataclass(frozen=True, slots=True)
class DemoRow:
    """`shift_weeks` is chosen once, so that a second run sends the same events."""

    shift_weeks: int
    chosen_at: datetime
    finished_at: datetime | None


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
