"""A month of a member's as a calendar. Pure."""

from calendar import monthrange
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from rewards.attendance.ahead import Bonus, bonuses_ahead, next_of_each_kind
from rewards.attendance.bonuses import AttendanceRules
from rewards.attendance.streaks import ONE_DAY
from rewards.pages.attendance.view import DayShown, MonthShown

LOOK_AHEAD = timedelta(days=45)
"""Far enough for the end of the next month, whatever the day."""


def month_shown(month: date, *, days: AbstractSet[date], today: date, rules: AttendanceRules | None) -> MonthShown:
    """The month that starts on `month`, with what is ahead in it if it is the present one."""
    present = month == today.replace(day=1)
    ahead = _ahead(today, days=days, rules=rules) if present else ()
    shown = [_day(day, days=days, today=today, ahead=ahead) for day in days_of_month(month)]
    first = min(days, default=today).replace(day=1)
    return MonthShown(
        month=month,
        weeks=_weeks(shown),
        count=sum(day.here for day in shown),
        ahead=next_of_each_kind(ahead),
        earlier=(month - ONE_DAY).replace(day=1) if month > first else None,
        later=None if present else following(month),
    )


def days_of_month(month: date) -> list[date]:
    """All days of the month that starts on `month`."""
    return [month + number * ONE_DAY for number in range(monthrange(month.year, month.month)[1])]


def following(month: date) -> date:
    """The first day of the month after the one that starts on `month`."""
    return (month + timedelta(days=31)).replace(day=1)


def _ahead(today: date, *, days: AbstractSet[date], rules: AttendanceRules | None) -> tuple[Bonus, ...]:
    return () if rules is None else bonuses_ahead(today, days=days, rules=rules, until=today + LOOK_AHEAD)


def _day(day: date, *, days: AbstractSet[date], today: date, ahead: tuple[Bonus, ...]) -> DayShown:
    bonuses = tuple(bonus for bonus in ahead if bonus.day == day)
    return DayShown(day=day, here=day in days, today=day == today, bonuses=bonuses)


def _weeks(days: list[DayShown]) -> tuple[tuple[DayShown | None, ...], ...]:
    blank = [None] * days[0].day.weekday()
    padded: list[DayShown | None] = [*blank, *days]
    padded += [None] * (-len(padded) % 7)
    return tuple(tuple(padded[start : start + 7]) for start in range(0, len(padded), 7))
