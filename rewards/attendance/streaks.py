"""Streaks, derived from the days on which a member checked in; never a counter that can be lost. Pure."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


def streak_ending_on(day: date, days: AbstractSet[date]) -> int:
    """The number of days without a gap that end on `day`; 0 if `day` is not among them."""
    length = 0
    while day - length * ONE_DAY in days:
        length += 1
    return length


def current_streak(today: date, days: AbstractSet[date]) -> int:
    """The streak that is alive: it ends today, or yesterday while today's check-in can still come."""
    return streak_ending_on(today, days) or streak_ending_on(today - ONE_DAY, days)


def longest_streak(days: Iterable[date]) -> int:
    """The longest run without a gap, ever."""
    longest = length = 0
    previous: date | None = None
    for day in sorted(set(days)):
        length = length + 1 if previous is not None and day - previous == ONE_DAY else 1
        longest = max(longest, length)
        previous = day
    return longest
