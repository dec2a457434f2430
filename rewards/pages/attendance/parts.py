"""The parts of a check-in in words."""

from collections.abc import Iterable

from flask_babel import gettext, ngettext

from rewards.attendance.ahead import Bonus
from rewards.attendance.bonuses import AttendanceRules, Part
from rewards.pages.attendance.view import Earnings, PartShown


def parts_shown(parts: Iterable[Part]) -> tuple[PartShown, ...]:
    """What a check-in earned or would earn."""
    return tuple(PartShown(part_words(part.rule), part.points) for part in parts)


def part_words(rule: str) -> str:
    """A part by its rule, as the statement has it: attendance.streak.7."""
    kind, _, number = rule.removeprefix("attendance.").partition(".")
    if kind == "place":
        return gettext("Place %(rank)s of the day", rank=number)
    return bonus_words(kind, int(number or 0))


def bonus_words(kind: str, number: int = 0) -> str:
    """What a bonus is for."""
    if kind == "streak":
        return ngettext("One day in a row", "%(num)d days in a row", number)
    known = {
        "base": gettext("Check-in"),
        "perfect-week": gettext("Every day of the week"),
        "perfect-month": gettext("Every day of the month"),
    }
    return known.get(kind, kind)


def bonus_name(bonus: Bonus) -> str:
    """What a bonus ahead is for."""
    return bonus_words(bonus.kind, bonus.number)


def earnings(rules: AttendanceRules) -> Earnings:
    """All that attendance earns under the policy."""
    places = [Part(f"attendance.place.{place}", points) for place, points in enumerate(rules.places, start=1)]
    streaks = [Part(f"attendance.streak.{length}", points) for length, points in sorted(rules.streaks.items())]
    whole = (("attendance.perfect-week", rules.perfect_week), ("attendance.perfect-month", rules.perfect_month))
    perfect = [Part(rule, points) for rule, points in whole if points]
    return Earnings(base=rules.base, bonuses=parts_shown([*places, *streaks, *perfect]))
