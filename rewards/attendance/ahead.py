"""What lies ahead of a member: what a check-in would earn now, and on which days bonuses fall. Pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Literal

from rewards.attendance.bonuses import AttendanceRules, Part, parts_of_check_in
from rewards.attendance.streaks import ONE_DAY

Kind = Literal["streak", "perfect-week", "perfect-month"]


@dataclass(frozen=True, slots=True)
class Bonus:
    """A bonus that falls on `day` if the member comes every day until then. `number` is a streak's length, else 0."""

    day: date
    kind: Kind
    points: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class NextStreak:
    """The next streak that earns a bonus: its `length`, the days still missing for it, and its points."""

    length: int
    days_left: int
    points: int


def parts_now(today: date, *, members_today: int, days: AbstractSet[date], rules: AttendanceRules) -> tuple[Part, ...]:
    """What a check-in earns at this moment, after `members_today` others; `days` are the member's until now."""
    return parts_of_check_in(today, place=members_today + 1, days=days | {today}, rules=rules)


def next_streak(streak: int, *, rules: AttendanceRules) -> NextStreak | None:
    """The next length of streak that earns a bonus, if a longer one does."""
    longer = sorted(length for length in rules.streaks if length > streak)
    return NextStreak(longer[0], longer[0] - streak, rules.streaks[longer[0]]) if longer else None


def bonuses_ahead(today: date, *, days: AbstractSet[date], rules: AttendanceRules, until: date) -> tuple[Bonus, ...]:
    """The bonuses of the days that are still to come until `until`, in order, if the member misses none of them.

    Today is among them until the member has checked in. Bonuses for places are left out: who else comes decides them.
    """
    coming = set(days)
    found: list[Bonus] = []
    day = today + ONE_DAY if today in days else today
    while day <= until:
        coming.add(day)
        parts = parts_of_check_in(day, place=len(rules.places) + 1, days=coming, rules=rules)
        found.extend(_bonus(day, part) for part in parts[1:])
        day += ONE_DAY
    return tuple(found)


def next_of_each_kind(bonuses: tuple[Bonus, ...]) -> tuple[Bonus, ...]:
    """The first bonus of each kind, in order."""
    first: dict[Kind, Bonus] = {}
    for bonus in bonuses:
        first.setdefault(bonus.kind, bonus)
    return tuple(first.values())


def _bonus(day: date, part: Part) -> Bonus:
    kind, _, number = part.rule.removeprefix("attendance.").partition(".")
    assert kind in ("streak", "perfect-week", "perfect-month"), "the base comes first, and no place is so far behind"
    return Bonus(day, kind, part.points, int(number or 0))
