"""Instants as the market says them: so long ago, by their day, or to the minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import format_timedelta

from rewards.pages import words
from rewards.pages.frame import Frame

RECENTLY = timedelta(days=7)
"""Whatever is older is said by its day."""


@dataclass(frozen=True, slots=True)
class Time:
    """An instant, and how it is said."""

    at: datetime
    said: str


def ago(at: datetime, *, frame: Frame, now: datetime) -> Time:
    """A past instant from now; by its day where it is long past."""
    if now - at > RECENTLY:
        return Time(at, words.day(at.astimezone(frame.timezone).date(), frame.locale, today=frame.today))
    past = min(at - now, timedelta())
    return Time(at, format_timedelta(past, granularity="minute", add_direction=True, locale=frame.locale))


def to_the_minute(at: datetime, *, frame: Frame) -> Time:
    """A day, and the time of it unless it is midnight."""
    wall = at.astimezone(frame.timezone)
    day, clock = words.day(wall.date(), frame.locale, today=frame.today), words.clock(wall, frame.locale)
    return Time(at, day if clock == "00:00" else f"{day} {clock}")


def until(at: datetime, *, frame: Frame) -> Time:
    """The end of something: to the minute, or the last whole day of it."""
    wall = at.astimezone(frame.timezone)
    if words.clock(wall, frame.locale) != "00:00":
        return to_the_minute(at, frame=frame)
    return Time(at, words.day(words.last_day(wall), frame.locale, today=frame.today))
