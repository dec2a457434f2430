"""The community's calendar: days, months, weeks, and seasons from reset to reset. Pure.

A boundary is the first instant whose wall clock is at or past it. So a midnight that a clock change skips
is the instant of the change, and one that comes twice is the first; days, months and seasons have neither
gap nor overlap in any time zone.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHORTEST_SEASON = timedelta(days=3, hours=12)
"""The least that a changed reset leaves of the next season: it lasts 3.5 to 10.5 days, and all others 7."""

_SECOND = timedelta(seconds=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Bounds:
    """A season from `starts_at` to before `ends_at` (UTC), named by the community day on which it starts."""

    season_id: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days and weeks in the community's time zone.

    `reset_weekday` 0 is Monday; `reset_minute` is minutes after midnight on the wall clock.
    """

    timezone: ZoneInfo
    reset_weekday: int = 0
    reset_minute: int = 0

    def day_of(self, at: datetime) -> date:
        """The community day that holds `at`."""
        day = at.astimezone(self.timezone).date()
        # A clock set back over midnight shows yesterday's date again: the day that has begun goes on.
        while self.day_start(day + timedelta(days=1)) <= at:
            day += timedelta(days=1)
        return day

    def day_start(self, day: date) -> datetime:
        """The first instant of a community day, in UTC."""
        return self._first_at_or_past(datetime.combine(day, time.min))

    def month_of(self, at: datetime) -> date:
        """The first day of the community month that holds `at`."""
        return self.day_of(at).replace(day=1)

    def month_bounds(self, month: date) -> tuple[datetime, datetime]:
        """The first instant of the month that `month` lies in, and of the next."""
        first = month.replace(day=1)
        following = (first + timedelta(days=32)).replace(day=1)
        return self.day_start(first), self.day_start(following)

    def week_of(self, day: date) -> date:
        """The Monday of a day's week, which 개근 counts by, wherever the seasons are reset."""
        return day - timedelta(days=day.weekday())

    def first_season(self, at: datetime) -> Bounds:
        """The season that holds `at` where none came before it: from the last reset to the next."""
        starts_at = self._first_reset(after=at - _WEEK - SHORTEST_SEASON)
        while (ends_at := self._first_reset(after=starts_at)) <= at:
            starts_at = ends_at
        return Bounds(self.day_of(starts_at), starts_at, ends_at)

    def next_season(self, previous: Bounds) -> Bounds:
        """The season that begins where `previous` ends, whatever the reset was when that one opened."""
        starts_at = previous.ends_at
        ends_at = self._first_reset(after=starts_at + SHORTEST_SEASON - _SECOND)
        return Bounds(self.day_of(starts_at), starts_at, ends_at)

    def _first_reset(self, *, after: datetime) -> datetime:
        day = after.astimezone(self.timezone).date() - timedelta(days=2)
        day += timedelta(days=(self.reset_weekday - day.weekday()) % 7)
        while (reset := self._reset_on(day)) <= after:
            day += _WEEK
        return reset

    def _reset_on(self, day: date) -> datetime:
        return self._first_at_or_past(datetime.combine(day, time.min) + timedelta(minutes=self.reset_minute))

    def _first_at_or_past(self, wall: datetime) -> datetime:
        instants = [wall.replace(tzinfo=self.timezone, fold=fold).astimezone(UTC) for fold in (0, 1)]
        earliest, latest = sorted(instants)
        if earliest == latest or self._wall_at(earliest) == wall:
            return earliest
        return self._end_of_gap(wall, earliest=earliest, latest=latest)

    def _end_of_gap(self, wall: datetime, *, earliest: datetime, latest: datetime) -> datetime:
        """The clock jumps over `wall` somewhere after `earliest` and up to `latest`: find the second."""
        while latest - earliest > _SECOND:
            middle = earliest + timedelta(seconds=(latest - earliest) // _SECOND // 2)
            if self._wall_at(middle) >= wall:
                latest = middle
            else:
                earliest = middle
        return latest

    def _wall_at(self, at: datetime) -> datetime:
        return at.astimezone(self.timezone).replace(tzinfo=None)
