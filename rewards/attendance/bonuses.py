"""What a check-in earns, part by part. Pure."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, timedelta

from rewards.attendance.streaks import streak_ending_on

SUNDAY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceRules:
    """Amounts in points. `places[0]` is for the first of the day; `streaks` maps days without a gap to a bonus.

    All of it lapses after so many full community days; without `lapses_after_days` never.
    """

    base: int
    places: Sequence[int] = ()
    streaks: Mapping[int, int] = field(default_factory=dict[int, int])
    perfect_week: int | None = None
    perfect_month: int | None = None
    lapses_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what a check-in earned, kept apart in the answer and the statement."""

    rule: str
    points: int


def parts_of_check_in(day: date, *, place: int, days: AbstractSet[date], rules: AttendanceRules) -> tuple[Part, ...]:
    """The parts for checking in on `day` as the `place`-th; `days` are all of the member's days, this one included."""
    streak = streak_ending_on(day, days)
    parts = [Part("attendance.base", rules.base)]
    if place <= len(rules.places):
        parts.append(Part(f"attendance.place.{place}", rules.places[place - 1]))
    if streak in rules.streaks:
        parts.append(Part(f"attendance.streak.{streak}", rules.streaks[streak]))
    if rules.perfect_week and day.weekday() == SUNDAY and streak >= 7:
        parts.append(Part("attendance.perfect-week", rules.perfect_week))
    if rules.perfect_month and is_last_of_month(day) and streak >= day.day:
        parts.append(Part("attendance.perfect-month", rules.perfect_month))
    return tuple(parts)


def is_last_of_month(day: date) -> bool:
    """Whether the next day is in another month."""
    return (day + timedelta(days=1)).month != day.month
