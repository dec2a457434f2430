"""The parts of a check-in in words."""

from collections.abc import Iterable

from flask_babel import gettext

from rewards.attendance.bonuses import AttendanceRules, Part
from rewards.pages.attendance.view import Earnings, PartShown
from rewards.pages.names import bonus_name


def parts_shown(parts: Iterable[Part]) -> tuple[PartShown, ...]:
    """What a check-in earned or would earn."""
    return tuple(PartShown(part_words(part.rule), part.points) for part in parts)


def part_words(rule: str) -> str:
    """A part by its rule, as the statement has it: attendance.streak.7."""
    kind, _, number = rule.removeprefix("attendance.").partition(".")
    if kind == "place":
        return gettext("Place %(rank)s of the day", rank=number)
    return bonus_name(kind, int(number or 0))


def earnings(rules: AttendanceRules) -> Earnings:
    """All that attendance earns under the policy."""
    places = [Part(f"attendance.place.{place}", points) for place, points in enumerate(rules.places, start=1)]
    streaks = [Part(f"attendance.streak.{length}", points) for length, points in sorted(rules.streaks.items())]
    whole = (("attendance.perfect-week", rules.perfect_week), ("attendance.perfect-month", rules.perfect_month))
    perfect = [Part(rule, points) for rule, points in whole if points]
    return Earnings(base=rules.base, bonuses=parts_shown([*places, *streaks, *perfect]))
