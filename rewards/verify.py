"""Whether everything agrees with the ledger: leaderboards, caps, attendance, seasons, standings, the market, Redis.

Reads one moment if the session does (READ ONLY, REPEATABLE READ).
"""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import zip_longest
from typing import Any

import redis
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

import market.tables  # noqa: F401  (registers the tables, whose triggers are looked at)
from ledger.signing import Keyring
from ledger.verify import Finding, Progress, ledger_findings, query_findings
from ledger.verify_blocks import block_findings
from market.verify import stock_errors
from rewards.attendance.streaks import ONE_DAY
from rewards.earning.usage import EVER
from rewards.ranking.lines import Line
from rewards.ranking.order import Reached
from rewards.ranking.read import top
from rewards.ranking.season_rows import seasons_covering
from rewards.ranking.seasons import Calendar
from rewards.ranking.standings import hash_of, standing_rows
from rewards.ranking.tally import ALL_TIME
from rewards.tables import SEASON_EDGES
from rewards.verify_queries import AWARDS_OF_RULE, CAPS, CHECKS

PAGE = 1000
LOOKS_AT_REDIS = 5
"""How often the ranking in Redis is compared before it counts as wrong: writers go on meanwhile."""
STATES = [SEASON_EDGES[0].partition(">")[0], *(edge.partition(">")[2] for edge in SEASON_EDGES)]


def findings(
    session: Session,
    *,
    calendar: Calendar,
    now: datetime,
    keyring: Keyring | None = None,
    progress: Progress = lambda _: None,
) -> Iterator[Finding]:
    """Every broken row of the whole database: the ledger's first, then what must agree with it.

    Without a keyring the blocks' signatures are not looked at.
    """
    yield from ledger_findings(session, progress=progress)
    yield from block_findings(session, keyring=keyring)
    today = calendar.day_of(now)
    parameters = {"days": [today, today + ONE_DAY], "states": STATES}
    yield from query_findings(session, CHECKS, **parameters)
    yield from _caps(session, calendar=calendar)
    yield from _standing_hashes(session)
    for sentence in stock_errors(session):
        yield Finding("market", "market", sentence)


def _caps(session: Session, *, calendar: Calendar) -> Iterator[Finding]:
    """Usage that the decisions do not add up to. Rules without caps have none; a deletion gives nothing back."""
    for row in session.execute(text(CAPS), {"timezone": calendar.timezone.key}).all():
        decided = (row.decided_times, row.decided_points, row.decided_last_at)
        if row.period != EVER:
            decided = _decided_on(session, row, calendar=calendar)
        if (row.times, row.points, row.last_at) != decided:
            says = f"{row.times} times, {row.points} points, last {row.last_at} are noted as used, the decisions say"
            where = f"account {row.account_id} rule {row.rule_key} in {row.period}"
            yield Finding("caps", where, f"{says} {decided[0]} times, {decided[1]} points, last {decided[2]}")


def _decided_on(session: Session, row: Row[Any], *, calendar: Calendar) -> tuple[int, int, datetime | None]:
    """What a rule gave a member on a community day: exact also where the clock goes back over midnight."""
    awards = session.execute(text(AWARDS_OF_RULE), {"account_id": row.account_id, "rule_key": row.rule_key}).all()
    of_day = [award for award in awards if calendar.day_of(award.occurred_at).isoformat() == row.period]
    latest = max((award.occurred_at for award in of_day), default=None)
    return len(of_day), sum(award.points for award in of_day), latest


def _standing_hashes(session: Session) -> Iterator[Finding]:
    final = text("select season_id, standings_hash from season where state = 'final' order by 1")
    for season, digest in session.execute(final).all():
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
        for rank, (expected, found) in enumerate(zip_longest(ours, theirs), start=1):
            if _told(expected) != _told(found):
                says = f"Redis has {_told(found)}, PostgreSQL {_told(expected)}"
                yield Finding("ranking", f"leaderboard {leaderboard} of {period}, place {rank}", says)
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


def _told(line: Line | None) -> str:
    """All that decides a place, as told to people."""
    if line is None:
        return "nobody"
    return f"account {line.account_id} with {line.points} points reached at {line.reached_at}"
