"""Names in Redis, and which periods are kept there. Pure.

A generation is one whole copy of the leaderboards; a rebuild writes the next beside it.
"""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from rewards.ranking.tally import ALL_TIME

CURRENT = "ranking:current"
LIVE = "ranking:live"
LIVE_S = 3
KEPT_DAYS = 3
"""Days after a period's end for which the projection keeps it: more than readers ask for, whose clocks may differ."""
READ_DAYS = 1
"""Days after a period's end for which readers look for it in Redis."""


class Kept(NamedTuple):
    """The earliest periods that still matter; everything later does too, also what has not begun."""

    month: date
    day: date
    season_ends_after: datetime

    def includes(self, leaderboard: str, period: date, *, season_ends_at: datetime | None) -> bool:
        """Whether a period is one of them."""
        if leaderboard == "season":
            return season_ends_at is not None and season_ends_at > self.season_ends_after
        if leaderboard == "all-time":
            return period == ALL_TIME
        return period >= (self.month if leaderboard == "month" else self.day)


def kept(now: datetime, *, days: int) -> Kept:
    """Periods that ended less than `days` ago; by UTC, since no setting decides what Redis holds."""
    past = now.astimezone(UTC) - timedelta(days=days)
    return Kept(past.date().replace(day=1), past.date(), past)


def prefix(generation: str) -> str:
    """What all keys of a generation begin with."""
    return f"ranking:{generation}:"


def suffix(leaderboard: str, period: date) -> str:
    """What the key of one period of a leaderboard ends with."""
    return f"{leaderboard}:{period.isoformat()}"
