"""Streaks and bonuses against the slowest possible way of counting them."""

import calendar
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rewards.attendance.bonuses import AttendanceRules, parts_of_check_in
from rewards.attendance.streaks import current_streak, longest_streak, streak_ending_on

FIRST = date(2024, 2, 20)
ALL = frozenset(FIRST + timedelta(days=number) for number in range(60))
some = st.sets(st.sampled_from(sorted(ALL)))
few_missing = st.sets(st.sampled_from(sorted(ALL)), max_size=4).map(lambda missing: set(ALL - missing))
days_here = some | few_missing
days = st.integers(-1, 61).map(lambda number: FIRST + timedelta(days=number))
RULES = AttendanceRules(
    base=20, places=(80, 50, 30), streaks={3: 7, 7: 70, 30: 300}, perfect_week=50, perfect_month=300
)


def run_ending_on(day: date, here: set[date]) -> int:
    """Written as a recursion over single days."""
    return 0 if day not in here else 1 + run_ending_on(day - timedelta(days=1), here)


@given(day=days, here=days_here)
def test_a_streak_is_the_run_of_days_that_ends_on_the_day(day: date, here: set[date]) -> None:
    assert streak_ending_on(day, here) == run_ending_on(day, here)


@given(today=days, here=days_here)
def test_a_streak_lives_until_the_day_after_its_last_check_in_ends(today: date, here: set[date]) -> None:
    expected = run_ending_on(today if today in here else today - timedelta(days=1), here)

    assert current_streak(today, here) == expected


@given(here=days_here)
def test_the_longest_streak_is_the_longest_run_of_all(here: set[date]) -> None:
    assert longest_streak(here) == max((run_ending_on(day, here) for day in here), default=0)


@given(day=days, here=days_here, place=st.integers(1, 5))
def test_a_check_in_earns_what_the_days_say(day: date, here: set[date], place: int) -> None:
    here = here | {day}
    monday = day - timedelta(days=day.weekday())
    week = {monday + timedelta(days=number) for number in range(7)}
    last = calendar.monthrange(day.year, day.month)[1]
    month = {date(day.year, day.month, number) for number in range(1, last + 1)}
    streak = run_ending_on(day, here)
    expected = {"attendance.base": 20}
    expected |= {f"attendance.place.{place}": (80, 50, 30)[place - 1]} if place <= 3 else {}
    expected |= {f"attendance.streak.{streak}": {3: 7, 7: 70, 30: 300}[streak]} if streak in {3, 7, 30} else {}
    expected |= {"attendance.perfect-week": 50} if day.weekday() == 6 and week <= here else {}
    expected |= {"attendance.perfect-month": 300} if day.day == last and month <= here else {}

    parts = parts_of_check_in(day, place=place, days=here, rules=RULES)

    assert {part.rule: part.points for part in parts} == expected
    assert len(parts) == len(expected)
