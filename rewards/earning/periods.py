"""In which season and month a movement counts, if in any. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rewards.ranking.season_rows import SeasonRow
from rewards.ranking.seasons import Calendar


@dataclass(frozen=True, slots=True)
class Periods:
    """The seasons at hand, in states that cannot change now, and the months by the clock. `grace_s` in seconds."""

    seasons: Mapping[date, SeasonRow]
    calendar: Calendar
    grace_s: int
    now: datetime

    def season_of(self, occurred_at: datetime) -> date | None:
        """The season that an award of that instant counts in, while it takes awards."""
        for row in self.seasons.values():
            if row.starts_at <= occurred_at < row.ends_at:
                return row.season_id if row.open_to_awards(self.now) else None
        return None

    def season_still(self, season: date | None) -> date | None:
        """The season of an award that is now taken back or given again: until it is final."""
        return season if season is not None and self.seasons[season].state != "final" else None

    def month_of(self, day: date) -> date | None:
        """The month of a community day, until it closes."""
        return self.month_still(day.replace(day=1))

    def month_still(self, month: date | None) -> date | None:
        """The month, until it closes: its end and the same grace as a season's."""
        if month is None:
            return None
        closes_at = self.calendar.month_bounds(month)[1] + timedelta(seconds=self.grace_s)
        return month if self.now < closes_at else None
