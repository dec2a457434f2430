"""Numbers, dates and spans as Korean and English readers write them. Pure: the language is an argument."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency

DAY_S = 86_400
HOUR_S = 3_600
MINUTE_S = 60


class Countdown(NamedTuple):
    """What is left of a span, in whole units; the minute under way counts as one, so that it never says 0 too early."""

    days: int
    hours: int
    minutes: int


def countdown(seconds_left: int) -> Countdown:
    """Split `seconds_left` into days, hours and minutes."""
    minutes = -(-max(seconds_left, 0) // MINUTE_S)
    return Countdown(minutes // 1440, minutes % 1440 // 60, minutes % 60)


def number(value: int) -> str:
    """A whole number with its thousands separated; a true minus sign."""
    return f"{value:,}".replace("-", "−")


def money(value: int, currency: str, *, locale: str) -> str:
    """A whole sum of money, as short as people write it."""
    if (currency, locale) == ("KRW", "ko"):
        return f"{value:,}원"
    return format_currency(value, currency, format="¤#,##0", locale=locale, currency_digits=False)


def day(value: date, locale: str, *, today: date) -> str:
    """A day, with its year only where that is not this one."""
    korean = locale == "ko"
    if value.year == today.year:
        return format_date(value, "M월 d일" if korean else "d MMMM", locale=locale)
    return format_date(value, "y년 M월 d일" if korean else "d MMMM y", locale=locale)


def days(first: date, last: date, *, locale: str, today: date) -> str:
    """A span of days, naming month and year once where they are the same."""
    if locale == "ko":
        if (first.year, first.month) == (last.year, last.month):
            return f"{day(first, locale, today=today)} – {last.day}일"
        closing = (
            format_date(last, "M월 d일", locale=locale) if first.year == last.year else day(last, locale, today=today)
        )
        return f"{day(first, locale, today=today)} – {closing}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} – {day(last, locale, today=today)}"
    opening = format_date(first, "d MMMM", locale=locale)
    return (
        f"{opening if first.year == last.year else day(first, locale, today=today)} – {day(last, locale, today=today)}"
    )


def month(value: date, locale: str) -> str:
    """A month with its year."""
    return format_date(value, "y년 M월" if locale == "ko" else "MMMM y", locale=locale)


def moment(value: datetime, locale: str) -> str:
    """A time to the minute, in the zone that `value` carries."""
    if locale == "ko":
        return format_datetime(value, "y년 M월 d일 HH:mm", locale=locale)
    return format_datetime(value, "d MMMM y, HH:mm", locale=locale)


def clock(value: datetime, locale: str) -> str:
    """A time of day to the minute."""
    return format_time(value, "HH:mm", locale=locale)


def last_day(ends_at: datetime) -> date:
    """The last day of a period that ends at this instant, on the clock that it carries."""
    return (ends_at - timedelta(seconds=1)).date()
