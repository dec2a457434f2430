"""The calendar: every instant lies in exactly one day, month and season, wherever the community is."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.ranking.seasons import Bounds, Calendar
from tests.support.calendar import CAIRO, NEW_YORK, SEOUL

ZONES = st.sampled_from([SEOUL, NEW_YORK, CAIRO, ZoneInfo("America/Havana"), ZoneInfo("America/St_Johns")])
INSTANTS = st.integers(1_140_000_000, 1_900_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
CALENDARS = st.builds(
    Calendar, timezone=ZONES, reset_weekday=st.integers(0, 6), reset_minute=st.integers(0, 24 * 60 - 1)
)
SECOND = timedelta(seconds=1)


@given(calendar=CALENDARS, at=INSTANTS)
def test_every_instant_belongs_to_exactly_one_season(calendar: Calendar, at: datetime) -> None:
    """It holds its instants, and what comes before and after are others that meet it."""
    season = calendar.first_season(at)
    assert season.starts_at <= at < season.ends_at
    assert calendar.first_season(season.starts_at) == season
    assert calendar.first_season(season.ends_at - SECOND) == season
    assert calendar.first_season(season.ends_at) == calendar.next_season(season)
    assert calendar.first_season(season.starts_at - SECOND).ends_at == season.starts_at


@given(calendar=CALENDARS, at=INSTANTS)
def test_every_instant_belongs_to_exactly_one_day_and_month(calendar: Calendar, at: datetime) -> None:
    """Also where a clock change skips midnight or brings it twice."""
    day = calendar.day_of(at)
    assert calendar.day_start(day) <= at < calendar.day_start(day + timedelta(days=1))
    start, end = calendar.month_bounds(calendar.month_of(at))
    assert start <= at < end
    assert calendar.month_bounds(calendar.month_of(end))[0] == end


@given(before=CALENDARS, after=CALENDARS, at=INSTANTS)
def test_a_changed_reset_holds_from_the_next_reset(before: Calendar, after: Calendar, at: datetime) -> None:
    """The next season meets the last without gap or overlap, and lasts neither an hour nor two weeks."""
    last = before.first_season(at)
    following = after.next_season(last)
    assert following.starts_at == last.ends_at
    assert timedelta(days=3.5) <= following.ends_at - following.starts_at <= timedelta(days=10.5, hours=1)
    assert following.season_id > last.season_id


@given(calendar=CALENDARS, at=INSTANTS)
def test_a_week_lasts_seven_days_but_for_clock_changes(calendar: Calendar, at: datetime) -> None:
    """Give or take what the clock was set."""
    season = calendar.first_season(at)
    assert abs(season.ends_at - season.starts_at - timedelta(days=7)) <= timedelta(hours=1)


def test_the_week_ends_with_sunday_in_seoul() -> None:
    """일요일 밤 0시: the midnight that ends Sunday."""
    season = Calendar(SEOUL).first_season(datetime(2026, 1, 15, tzinfo=UTC))
    assert season == Bounds(
        date(2026, 1, 12), datetime(2026, 1, 11, 15, tzinfo=UTC), datetime(2026, 1, 18, 15, tzinfo=UTC)
    )


@pytest.mark.parametrize("minute", [0, 30], ids=["at the gap", "inside the gap"])
def test_cairos_missing_midnight_is_the_instant_of_the_change(minute: int) -> None:
    """00:00 to 00:59 of 2026-04-24 don't exist there: whatever would begin then begins at 01:00."""
    friday = Calendar(CAIRO, reset_weekday=4, reset_minute=minute)
    change = datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert friday.day_start(date(2026, 4, 24)) == change
    assert friday.first_season(change).starts_at == change
    assert friday.first_season(change - SECOND).ends_at == change
    assert friday.first_season(change).season_id == date(2026, 4, 24)


def test_a_clock_set_back_over_midnight_does_not_bring_yesterday_again() -> None:
    """St. John's went from 00:01 back to 23:01 of the day before; the day that had begun went on."""
    calendar = Calendar(ZoneInfo("America/St_Johns"))
    first_midnight = calendar.day_start(date(2006, 10, 29))
    assert calendar.day_of(first_midnight + timedelta(minutes=30)) == date(2006, 10, 29)


@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_week_of_perfect_attendance_begins_on_monday(day: date) -> None:
    """Whenever seasons are reset."""
    monday = Calendar(SEOUL, reset_weekday=3).week_of(day)
    assert monday.weekday() == 0
    assert timedelta(0) <= day - monday < timedelta(days=7)
