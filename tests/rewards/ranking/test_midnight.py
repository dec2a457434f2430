"""The change since the last midnight: places as they were then, from what stands now."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.earning.record import record
from rewards.policy.load import policy_in_force
from rewards.ranking.midnight import rank_at_midnight
from rewards.ranking.read import top
from rewards.ranking.season_rows import SeasonRow
from rewards.ranking.tally import ALL_TIME
from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.ranking import Standing, give
from tests.support.seasons import CALENDAR, GRACE_S, open_week, prepare

TODAY = date(2026, 3, 4)
MIDNIGHT = datetime(2026, 3, 3, 15, tzinfo=UTC)
YESTERDAY = MIDNIGHT - timedelta(hours=5)
PERIODS = {"season": date(2026, 3, 2), "month": date(2026, 3, 1), "all-time": ALL_TIME}


@pytest.fixture
def week(session: Session) -> SeasonRow:
    """An open week, a Wednesday noon."""
    prepare(session, now=START)
    return open_week(session, now=YESTERDAY)


def like(session: Session, member_id: str, *, at: datetime, times: int = 1, event_type: str = "like.received") -> None:
    """A member earns 5 points for each."""
    policy = policy_in_force(session, now=START)
    events = [
        make_event(event_type, member_id, subject=f"post:{member_id}:{at:%d}:{number}", at=at)
        for number in range(times)
    ]
    record(session, events, terms=policy.terms(calendar=CALENDAR, grace_s=GRACE_S), now=max(at, START))


def changes(session: Session, leaderboard: str, *, now: datetime = START) -> dict[str | None, int | None]:
    """Places up since midnight, by member."""
    lines = top(session, None, leaderboard=leaderboard, period=PERIODS[leaderboard], limit=9, now=now)
    return {line.member_id: line.change for line in lines}


@pytest.mark.parametrize("leaderboard", ["season", "month", "all-time"])
def test_up_down_and_not_there(session: Session, week: SeasonRow, leaderboard: str) -> None:
    """Whoever had no place then has no change."""
    like(session, "mina", at=YESTERDAY, times=3)
    like(session, "jun", at=YESTERDAY, times=2)
    like(session, "sol", at=YESTERDAY)
    like(session, "sol", at=START, times=4)
    like(session, "hana", at=START)
    rank_at_midnight(session, calendar=CALENDAR, now=START)
    assert changes(session, leaderboard) == {"sol": 2, "mina": -1, "jun": -1, "hana": None}


def test_an_award_that_was_taken_back_never_counted(session: Session, week: SeasonRow) -> None:
    """The places at midnight are of what stands, however late that was found out."""
    like(session, "mina", at=YESTERDAY, times=2)
    like(session, "jun", at=YESTERDAY)
    policy = policy_in_force(session, now=START)
    removed = [make_event("post.deleted", "mina", subject=f"post:mina:{YESTERDAY:%d}:{n}", at=START) for n in range(2)]
    record(session, removed, terms=policy.terms(calendar=CALENDAR, grace_s=GRACE_S), now=START)
    like(session, "mina", at=START)
    rank_at_midnight(session, calendar=CALENDAR, now=START)
    assert changes(session, "season") == {"jun": 0, "mina": None}


def test_what_was_delivered_late_counts_when_it_runs_again(session: Session, week: SeasonRow) -> None:
    """It occurred before midnight."""
    like(session, "jun", at=YESTERDAY)
    rank_at_midnight(session, calendar=CALENDAR, now=MIDNIGHT)
    like(session, "mina", at=YESTERDAY, times=2)
    assert changes(session, "season") == {"mina": None, "jun": -1}
    for _ in range(2):
        rank_at_midnight(session, calendar=CALENDAR, now=START)
        assert changes(session, "season") == {"mina": 0, "jun": 0}


def test_a_streak_is_compared_with_yesterdays(session: Session, week: SeasonRow) -> None:
    """Each day has a leaderboard of its own."""
    yesterday = TODAY - timedelta(days=1)
    give(
        session,
        [Standing("mina", 3, YESTERDAY), Standing("jun", 2, YESTERDAY)],
        leaderboard="streak",
        period=yesterday,
        now=START,
    )
    give(
        session, [Standing("jun", 4, START), Standing("mina", 3, START)], leaderboard="streak", period=TODAY, now=START
    )
    rank_at_midnight(session, calendar=CALENDAR, now=START)
    lines = top(session, None, leaderboard="streak", period=TODAY, limit=9, now=START)
    assert [(line.member_id, line.change) for line in lines] == [("jun", 1), ("mina", -1)]


def test_the_first_day_of_a_week_and_of_a_month_has_no_changes(session: Session, week: SeasonRow) -> None:
    """Nobody had a place at their first instant."""
    like(session, "mina", at=YESTERDAY)
    rank_at_midnight(session, calendar=CALENDAR, now=week.starts_at)
    rank_at_midnight(session, calendar=CALENDAR, now=CALENDAR.day_start(date(2026, 4, 1)))
    left = session.scalars(text("select distinct leaderboard from midnight_rank where period > '2026-01-01'"))
    assert list(left) == []
