"""The streak leaderboard's rows that a check-in writes."""

from datetime import UTC, date, datetime
from uuid import UUID

from rewards.attendance.attend import streak_rows
from rewards.ranking.tally import Place

SOMEBODY = UUID(int=1)
SUNDAY, MONDAY, TUESDAY = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)


def test_a_check_in_that_waited_past_midnight_counts_with_that_of_the_next_day() -> None:
    rows = streak_rows({SOMEBODY: {SUNDAY: at(SUNDAY), MONDAY: at(MONDAY)}}, today=SUNDAY)

    assert rows == {Place("streak", day, SOMEBODY): (2, at(MONDAY)) for day in (MONDAY, TUESDAY)}


def test_today_s_check_in_is_on_the_boards_of_today_and_tomorrow() -> None:
    rows = streak_rows({SOMEBODY: {SUNDAY: at(SUNDAY), MONDAY: at(MONDAY)}}, today=MONDAY)

    assert rows == {Place("streak", day, SOMEBODY): (2, at(MONDAY)) for day in (MONDAY, TUESDAY)}
