"""Whether the present leaderboards in Redis are PostgreSQL's, some places at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest

import redis
from sqlalchemy.orm import Session

from ledger.verify_slices import Finding
from rewards.ranking.lines import Line
from rewards.ranking.order import Reached
from rewards.ranking.read import top
from rewards.ranking.season_rows import seasons_covering
from rewards.ranking.seasons import Calendar
from rewards.ranking.tally import ALL_TIME

PAGE = 1000
PAGES_AT_ONCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where on which leaderboard the comparison goes on: behind so many places, the last of which was `after`."""

    leaderboard: str
    period: date
    passed: int = 0
    after: Reached | None = None


def first_places(session: Session, *, calendar: Calendar, now: datetime) -> list[Place]:
    """The beginnings of the present leaderboards."""
    season = next((row.season_id for row in seasons_covering(session, [now]) if row.origin == "live"), None)
    periods = {
        "season": season,
        "month": calendar.month_of(now),
        "all-time": ALL_TIME,
        "streak": calendar.day_of(now),
    }
    return [Place(leaderboard=name, period=period) for name, period in periods.items() if period is not None]


def compare_from(
    session: Session, client: redis.Redis, *, place: Place, now: datetime
) -> tuple[Finding | None, Place | None]:
    """The first difference among the next places, or where to go on; neither at the end.

    It may differ for a moment, while others write.
    """
    ours = list(_lines(session, None, place=place, now=now))
    theirs = list(_lines(session, client, place=place, now=now))
    for rank, (expected, found) in enumerate(zip_longest(ours, theirs), start=place.passed + 1):
        if _told(expected) != _told(found):
            says = f"Redis has {_told(found)}, PostgreSQL {_told(expected)}"
            return Finding("ranking", f"leaderboard {place.leaderboard} of {place.period}, place {rank}", says), None
    if len(ours) < PAGE * PAGES_AT_ONCE:
        return None, None
    passed = place.passed + len(ours)
    following = Place(leaderboard=place.leaderboard, period=place.period, passed=passed, after=ours[-1].reached)
    return None, following


def ranking_findings(session: Session, client: redis.Redis, *, calendar: Calendar, now: datetime) -> Iterator[Finding]:
    """The first difference of each present leaderboard, all of it in the session's moment."""
    for first in first_places(session, calendar=calendar, now=now):
        place: Place | None = first
        while place is not None:
            finding, place = compare_from(session, client, place=place, now=now)
            if finding is not None:
                yield finding


def _lines(session: Session, client: redis.Redis | None, *, place: Place, now: datetime) -> Iterator[Line]:
    after = place.after
    for _ in range(PAGES_AT_ONCE):
        lines = top(
            session, client, leaderboard=place.leaderboard, period=place.period, limit=PAGE, now=now, after=after
        )
        yield from lines
        if len(lines) < PAGE:
            return
        after = lines[-1].reached


def _told(line: Line | None) -> str:
    """All that decides a place, as told to people."""
    if line is None:
        return "nobody"
    return f"account {line.account_id} with {line.points} points reached at {line.reached_at}"
