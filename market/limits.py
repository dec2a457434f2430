"""How many of a product a member may have in a period of the community. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

LimitPeriod = Literal["day", "week", "month", "ever"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """The community's date, and the instants (UTC) at which its present day, week and month began."""

    today: date
    day: datetime
    week: datetime
    month: datetime


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` redemptions of a product per member and period; those that were given back don't count."""

    times: int
    period: LimitPeriod


def counts_since(limit: Limit, *, periods: Periods) -> datetime | None:
    """From when on redemptions count towards the limit; none: from the beginning."""
    if limit.period == "day":
        return periods.day
    if limit.period == "week":
        return periods.week
    return periods.month if limit.period == "month" else None


def is_reached(limit: Limit, *, had: int) -> bool:
    """Whether a member who had `had` in the period may have no further one."""
    return had >= limit.times
