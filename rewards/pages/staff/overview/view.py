"""What the staff's front page tells, read in one moment: numbers on top, what needs somebody, today."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.lapses import Run, stopped_run
from market.outlook import StockOutlook, stock_outlook
from market.queue import QueueCounts, count_queue
from rewards.pages.staff.products.words import runs_out_soon
from rewards.ranking.late_reversals import late_among, late_reversals
from rewards.ranking.season_rows import seasons_before
from rewards.ranking.seasons import Calendar
from rewards.settlement import due_seasons
from rewards.staff.adjustment_rows import count_waiting
from rewards.verifications import Verified, read_verified

OVERDUE_AFTER = timedelta(hours=48)
JOBS_LATE_AFTER = timedelta(minutes=15)
SEASONS_LOOKED_AT = 8

_OVERDUE = text(
    "select count(*) from redemption where state = any('{requested,awaiting_approval}') and requested_at < :before"
)
_DONE = text(
    "select count(*) from redemption_history where action = 'fulfil' and actor = :actor and recorded_at >= :since"
)
_IN_REVIEW = text("select season_id from season where state = 'provisional' order by season_id")
_MIDNIGHT_RANKED = text("select exists (select from midnight_rank where day = :day)")
_RANKED = text("select exists (select from leaderboard_points where points > 0 and reached_at < :before)")
_CHECKED_IN = text("select coalesce(max(members), 0) from attendance_day where day = :day")
_EVENTS = text(
    "select count(*) filter (where source <> 'attendance') as events,"
    " coalesce(sum(points) filter (where points > 0), 0) as points from event where recorded_at >= :since"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What has happened on the community's day so far."""

    members: int
    events: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What waits for staff. `adjustments` wait for a second of them.

    `late_seasons` had late reversals that would have changed the winners.
    """

    queue: QueueCounts
    overdue: int
    done_today: int
    low: tuple[StockOutlook, ...]
    lapsing: int
    adjustments: int
    in_review: tuple[date, ...]
    late_seasons: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Whether what runs by itself does. `unsettled` seasons have had a step before them for long.

    `lapses_stopped`: a run that would have taken too much at once, and waits for somebody's yes.
    """

    verified: Verified
    unsettled: tuple[date, ...]
    midnight_missing: bool
    lapses_stopped: Run | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The whole page but the audit."""

    work: Work
    machine: Machine
    today: Today


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """For whom the page is read, and when."""

    actor: str
    calendar: Calendar
    review: bool
    now: datetime

    @property
    def day(self) -> date:
        """The community's today."""
        return self.calendar.day_of(self.now)

    @property
    def day_start(self) -> datetime:
        """Its midnight."""
        return self.calendar.day_start(self.day)


def read_front(session: Session, asking: Asking) -> Front:
    """The page's values."""
    return Front(work=_work(session, asking), machine=_machine(session, asking), today=_today(session, asking))


def _work(session: Session, asking: Asking) -> Work:
    outlook = stock_outlook(session, today=asking.day, now=asking.now)
    low = [one for one in outlook if one.left == 0 or runs_out_soon(one, today=asking.day)]
    done = {"actor": asking.actor, "since": asking.day_start}
    return Work(
        queue=count_queue(session, actor=asking.actor),
        overdue=session.execute(_OVERDUE, {"before": asking.now - OVERDUE_AFTER}).scalar_one(),
        done_today=session.execute(_DONE, done).scalar_one(),
        low=tuple(sorted(low, key=lambda one: one.runs_out_on or asking.day)),
        lapsing=sum(one.lapsing for one in outlook),
        adjustments=count_waiting(session),
        in_review=tuple(session.scalars(_IN_REVIEW)) if asking.review else (),
        late_seasons=_late_seasons(session, asking.now),
    )


def _late_seasons(session: Session, now: datetime) -> tuple[date, ...]:
    """Of the last weeks: what is older has been looked at."""
    rows = seasons_before(session, now, limit=SEASONS_LOOKED_AT)
    late = late_among(session, [row.season_id for row in rows])
    return tuple(
        row.season_id
        for row in rows
        if row.season_id in late
        and any(one.changes_winners for one in late_reversals(session, row.season_id, winners=len(row.prizes)))
    )


def _machine(session: Session, asking: Asking) -> Machine:
    long_ago = asking.now - JOBS_LATE_AFTER
    return Machine(
        verified=read_verified(session),
        unsettled=tuple(due_seasons(session, review=asking.review, now=long_ago)),
        midnight_missing=_midnight_missing(session, asking),
        lapses_stopped=stopped_run(session, now=asking.now),
    )


def _midnight_missing(session: Session, asking: Asking) -> bool:
    """Whether last midnight's places should be there and are not."""
    if asking.now < asking.day_start + JOBS_LATE_AFTER:
        return False
    if session.execute(_MIDNIGHT_RANKED, {"day": asking.day}).scalar():
        return False
    return bool(session.execute(_RANKED, {"before": asking.day_start}).scalar())


def _today(session: Session, asking: Asking) -> Today:
    events = session.execute(_EVENTS, {"since": asking.day_start}).one()
    checked_in = session.execute(_CHECKED_IN, {"day": asking.day}).scalar_one()
    return Today(members=checked_in, events=events.events, points=int(events.points))
