"""When points lapse: at the start of a community day, after so many full ones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.earning.lapses import lapses_at
from rewards.ranking.seasons import Calendar

ZONES = st.sampled_from(["Asia/Seoul", "America/New_York", "Africa/Cairo", "UTC"])
INSTANTS = st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- bounds


@given(INSTANTS, st.integers(1, 800), ZONES)
def test_so_many_full_days_can_be_used_and_not_a_second_more(occurred_at: datetime, days: int, zone: str) -> None:
    calendar = Calendar(ZoneInfo(zone))

    lapses = lapses_at(occurred_at, after_days=days, calendar=calendar)

    assert lapses is not None
    assert occurred_at < lapses
    last = calendar.day_of(lapses - timedelta(seconds=1))
    assert last - calendar.day_of(occurred_at) == timedelta(days=days)
    assert calendar.day_of(lapses) > last


@given(INSTANTS)
def test_without_days_points_never_lapse(occurred_at: datetime) -> None:
    assert lapses_at(occurred_at, after_days=None, calendar=Calendar(ZoneInfo("Asia/Seoul"))) is None


@pytest.mark.parametrize("second", [0, 86_399])
def test_what_was_earned_on_one_day_lapses_together(second: int) -> None:
    """4 March in Seoul, for two days more: the 4th, the 5th, the 6th."""
    midnight = datetime(2026, 3, 3, 15, tzinfo=UTC)

    lapses = lapses_at(midnight + timedelta(seconds=second), after_days=2, calendar=Calendar(ZoneInfo("Asia/Seoul")))

    assert lapses == datetime(2026, 3, 6, 15, tzinfo=UTC)
