"""Whether everything agrees with the ledger: leaderboards, caps, attendance, seasons, standings, the market, Redis.

Reads one moment if the session does (READ ONLY, REPEATABLE READ).
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from uuid import UUID

import redis
from sqlalchemy import text
from sqlalchemy.orm import Session

import market.tables  # noqa: F401  (registers the tables, whose triggers are looked at)
from ledger.verify import Finding, Progress, ledger_findings, query_findings
from market.verify import stock_errors
from rewards.attendance.streaks import ONE_DAY
from rewards.ranking.lines import Line
from rewards.ranking.order import Reached
from rewards.ranking.read import top
from rewards.ranking.season_rows import seasons_covering
from rewards.ranking.seasons import Calendar
from rewards.ranking.standings import hash_of, standing_rows
from rewards.ranking.tally import ALL_TIME
from rewards.tables import SEASON_EDGES
from rewards.verify_queries import CHECKS

PAGE = 1000
LOOKS_AT_REDIS = 5
"""How often the ranking in Redis is compared before it counts as wrong: writers go on meanwhile."""
STATES = [SEASON_EDGES[0].partition(">")[0], *(edge.partition(">")[2] for edge in SEASON_EDGES)]


def findings(
    session: Session, *, calendar: Calendar, now: datetime, progress: Progress = lambda _: None
) -> Iterator[Finding]:
    """Every broken row of the whole database: the ledger's first, then what must agree with it."""
    yield from ledger_findings(session, progress=progress)
    today = calendar.day_of(now)
    parameters = {"timezone": calendar.timezone.key, "days": [today, today + ONE_DAY], "states": STATES}
    yield from query_findings(session, CHECKS, **parameters)
    yield from _standing_hashes(session)
    for sentence in stock_errors(session):
        yield Finding("market", "market", sentence)


def _standing_hashes(session: Session) -> Iterator[Finding]:
    stored: Mapping[date, bytes | None] = dict(
        session.execute(text("select season_id, standings_hash from season where state = 'final'")).tuples().all()
    )
    for season, digest in sorted(stored.items()):
        if digest is None or hash_of(season, standing_rows(session, season, final=True)) != bytes(digest):
            yield Finding(
                "standing", f"season {season}", "its rows do not have the hash that was stored when it became final"
            )


def ranking_findings(session: Session, client: redis.Redis, *, calendar: Calendar, now: datetime) -> Iterator[Finding]:
    """Where the present leaderboards in Redis differ from PostgreSQL. They may, for a moment, while others write."""
    season = next((row.season_id for row in seasons_covering(session, [now]) if row.origin == "live"), None)
    periods = {
        "season": season,
        "month": calendar.month_of(now),
        "all-time": ALL_TIME,
        "streak": calendar.day_of(now),
    }
    for leaderboard, period in periods.items():
        if period is None:
            continue
        ours = _lines(session, None, leaderboard=leaderboard, period=period, now=now)
        theirs = _lines(session, client, leaderboard=leaderboard, period=period, now=now)
        for expected, found in zip(ours, theirs, strict=False):
            if _place(expected) != _place(found):
                says = f"Redis has {_told(found)}, PostgreSQL {_told(expected)}"
                yield Finding("ranking", f"leaderboard {leaderboard} of {period}, place {expected.rank}", says)
                break


def _lines(
    session: Session, client: redis.Redis | None, *, leaderboard: str, period: date, now: datetime
) -> Iterator[Line]:
    after: Reached | None = None
    while True:
        lines = top(session, client, leaderboard=leaderboard, period=period, limit=PAGE, now=now, after=after)
        yield from lines
        if len(lines) < PAGE:
            return
        after = lines[-1].reached


def _told(line: Line) -> str:
    return f"{line.points} points of account {line.account_id}"


def _place(line: Line) -> tuple[int, UUID | None, int]:
    return line.rank, line.account_id, line.points
