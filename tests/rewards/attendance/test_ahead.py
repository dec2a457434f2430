"""What lies ahead, against walking there day by day with the calendar in hand."""

import calendar
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rewards.attendance.ahead import Bonus, bonuses_ahead, next_of_each_kind, next_streak, parts_now
from rewards.attendance.bonuses import AttendanceRules

FIRST = date(2024, 1, 25)
DAY = timedelta(days=1)
ALL = frozenset(FIRST + number * DAY for number in range(60))
TODAY = max(ALL)
some = st.sets(st.sampled_from(sorted(ALL)))
few_missing = st.sets(st.sampled_from(sorted(ALL)), max_size=3).map(lambda missing: set(ALL - missing))
days_here = some | few_missing
amounts = st.none() | st.integers(1, 500)
rules_of_any_kind = st.builds(
    AttendanceRules,
    base=st.integers(1, 50),
    places=st.lists(st.integers(1, 90), max_size=3),
    streaks=st.dictionaries(st.integers(1, 70), st.integers(1, 900), max_size=5),
    perfect_week=amounts,
    perfect_month=amounts,
)


def run_ending_on(day: date, here: set[date]) -> int:
    length = 0
    while day in here:
        length, day = length + 1, day - DAY
    return length


def walked(here: set[date], rules: AttendanceRules, until: date) -> list[Bonus]:
    """Come every day from now on, and look each time whether a week, a month or a streak is full."""
    here, found = set(here), list[Bonus]()
    day = TODAY if TODAY not in here else TODAY + DAY
    while day <= until:
        here.add(day)
        streak = run_ending_on(day, here)
        week = {day - day.weekday() * DAY + number * DAY for number in range(7)}
        month = {day.replace(day=number) for number in range(1, calendar.monthrange(day.year, day.month)[1] + 1)}
        if streak in rules.streaks:
            found.append(Bonus(day, "streak", rules.streaks[streak], streak))
        if rules.perfect_week and day == max(week) and week <= here:
            found.append(Bonus(day, "perfect-week", rules.perfect_week))
        if rules.perfect_month and day == max(month) and month <= here:
            found.append(Bonus(day, "perfect-month", rules.perfect_month))
        day += DAY
    return found


@given(here=days_here, rules=rules_of_any_kind, far=st.integers(0, 70))
def test_the_bonuses_ahead_are_those_that_come_to_whoever_comes_every_day(
    here: set[date], rules: AttendanceRules, far: int
) -> None:
    until = TODAY + far * DAY

    assert list(bonuses_ahead(TODAY, days=here, rules=rules, until=until)) == walked(here, rules, until)


@given(here=days_here, rules=rules_of_any_kind, members=st.integers(0, 5))
def test_what_a_check_in_earns_now_is_its_base_its_place_and_the_bonuses_of_the_day(
    here: set[date], rules: AttendanceRules, members: int
) -> None:
    here = here - {TODAY}
    expected = rules.base + sum(bonus.points for bonus in walked(here, rules, TODAY))
    expected += rules.places[members] if members < len(rules.places) else 0

    assert sum(part.points for part in parts_now(TODAY, members_today=members, days=here, rules=rules)) == expected


@given(here=days_here, rules=rules_of_any_kind)
def test_the_next_streak_comes_on_the_day_that_is_said(here: set[date], rules: AttendanceRules) -> None:
    streak = run_ending_on(TODAY, here) or run_ending_on(TODAY - DAY, here)
    found = next_streak(streak, rules=rules)

    first_day = TODAY if TODAY not in here else TODAY + DAY
    coming = [bonus for bonus in walked(here, rules, TODAY + 75 * DAY) if bonus.kind == "streak"]
    if found is None:
        assert coming == []
    else:
        day = first_day + (found.days_left - 1) * DAY
        assert coming[0] == Bonus(day, "streak", found.points, found.length)


@given(here=days_here, rules=rules_of_any_kind)
def test_of_each_kind_the_first_is_the_next(here: set[date], rules: AttendanceRules) -> None:
    ahead = bonuses_ahead(TODAY, days=here, rules=rules, until=TODAY + 70 * DAY)
    first = next_of_each_kind(ahead)

    assert len({bonus.kind for bonus in first}) == len(first) == len({bonus.kind for bonus in ahead})
    assert all(ahead[[one.kind for one in ahead].index(bonus.kind)] == bonus for bonus in first)
