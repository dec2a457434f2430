"""A member's place on every leaderboard of now."""

from datetime import date, datetime

import redis
from sqlalchemy.orm import Session

from rewards.ranking.read import place_of
from rewards.ranking.season_rows import seasons_covering
from rewards.ranking.seasons import Calendar
from rewards.ranking.tally import ALL_TIME


def current_period(session: Session, leaderboard: str, *, calendar: Calendar, now: datetime) -> date | None:
    """The period of a leaderboard that holds `now`; none for a week in which nobody has written yet."""
    if leaderboard == "season":
        return next((row.season_id for row in seasons_covering(session, [now])), None)
    if leaderboard == "month":
        return calendar.month_of(now)
    return calendar.day_of(now) if leaderboard == "streak" else ALL_TIME


def places_of(
    session: Session, client: redis.Redis | None, *, member_id: str, calendar: Calendar, now: datetime
) -> dict[str, int | None]:
    """The rank by leaderboard; none where the member has no place."""
    ranks: dict[str, int | None] = {}
    for leaderboard in ("season", "month", "all-time", "streak"):
        period = current_period(session, leaderboard, calendar=calendar, now=now)
        line = period and place_of(
            session, client, leaderboard=leaderboard, period=period, member_id=member_id, now=now
        )
        ranks[leaderboard] = line.rank if line else None
    return ranks
