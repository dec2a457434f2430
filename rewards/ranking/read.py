"""Reading leaderboards: from Redis while it is trusted, else from PostgreSQL, in the same order.

Redis being slow, away, empty or behind never shows, except in time. A final season is read from its standing, a
provisional one from PostgreSQL, where disqualifications are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import redis
from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.ranking import read_redis, read_sql
from rewards.ranking.keys import READ_DAYS, kept, suffix
from rewards.ranking.lines import Around, Line
from rewards.ranking.order import DoesNotFit, Reached, Scale, scale_of
from rewards.ranking.season_rows import SeasonRow, read_season

__all__ = ["Around", "Line", "around", "count", "place_of", "top"]

_MEMBERS = text(
    "select m.member_id, m.account_id, m.name, m.avatar from member m where m.member_id = any(cast(:ids as text[]))"
)
_ACCOUNT = text("select coalesce(merged_into, account_id) from member where member_id = :member_id")
# Two who were merged may both have a line in a standing of before: the better one is theirs.
_BEST_PLACED = text(
    "select account_id from standing where season_id = :season and place is not null and account_id in"
    " (select cast(:account_id as uuid) union all select account_id from member where merged_into = :account_id)"
    " order by place limit 1"
)
_BEFORE = text(
    "select account_id, rank from midnight_rank where leaderboard = :leaderboard and period = :period"
    " and account_id = any(cast(:accounts as uuid[])) and day = (select max(day) from midnight_rank"
    " where leaderboard = :leaderboard and period = :period)"
)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a period is read: `client` and `scale` for Redis, both None for PostgreSQL alone."""

    leaderboard: str
    period: date
    final: bool
    client: redis.Redis | None = None
    scale: Scale | None = None

    @property
    def name(self) -> str:
        return suffix(self.leaderboard, self.period)


def top(
    session: Session,
    client: redis.Redis | None,
    *,
    leaderboard: str,
    period: date,
    limit: int,
    now: datetime,
    after: Reached | None = None,
) -> list[Line]:
    """The first `limit` lines, or those after a line's `reached`."""
    source = _source(session, client, leaderboard=leaderboard, period=period, now=now)
    found = _page_from_redis(source, after=after, limit=limit)
    if found is not None:
        lines = _named(session, found)
    elif source.final:
        lines = read_sql.final_page(session, period=period, after=after, limit=limit)
    else:
        lines = read_sql.page(session, leaderboard=leaderboard, period=period, after=after, limit=limit)
    return _with_change(session, lines, source=source)


def around(
    session: Session,
    client: redis.Redis | None,
    *,
    leaderboard: str,
    period: date,
    member_id: str,
    n: int,
    now: datetime,
) -> Around:
    """A member's line and up to `n` on either side of it."""
    source = _source(session, client, leaderboard=leaderboard, period=period, now=now)
    account_id = session.execute(_ACCOUNT, {"member_id": member_id}).scalar_one_or_none()
    if source.final and account_id is not None:
        best = session.execute(_BEST_PLACED, {"season": period, "account_id": account_id}).scalar()
        account_id = best or account_id
    found = _around_from_redis(source, account_id=account_id, n=n)
    if found is not None:
        lines, total = _named(session, found), found.total
    else:
        total = _count_in_sql(session, source)
        lines = [] if account_id is None else _around_in_sql(session, source, account_id=account_id, n=n)
    lines = _with_change(session, lines, source=source)
    own = next((line for line in lines if line.account_id == account_id), None)
    return Around(own, lines, total)


def place_of(
    session: Session, client: redis.Redis | None, *, leaderboard: str, period: date, member_id: str, now: datetime
) -> Line | None:
    """A member's own line; None for whoever has no place."""
    return around(session, client, leaderboard=leaderboard, period=period, member_id=member_id, n=0, now=now).own


def count(session: Session, client: redis.Redis | None, *, leaderboard: str, period: date, now: datetime) -> int:
    """How many members have a place."""
    source = _source(session, client, leaderboard=leaderboard, period=period, now=now)
    found = _page_from_redis(source, after=None, limit=0)
    if found is not None:
        return found.total
    return _count_in_sql(session, source)


def _source(session: Session, client: redis.Redis | None, *, leaderboard: str, period: date, now: datetime) -> _Source:
    season = read_season(session, period) if leaderboard == "season" else None
    final = season is not None and season.state == "final"
    if client is None or not _is_in_redis(leaderboard, period, season=season, now=now):
        return _Source(leaderboard, period, final)
    scale = scale_of(leaderboard, period, season_starts_at=season.starts_at if season else None)
    return _Source(leaderboard, period, final, client, scale)


def _is_in_redis(leaderboard: str, period: date, *, season: SeasonRow | None, now: datetime) -> bool:
    if leaderboard == "season" and (season is None or season.state not in {"open", "closing"}):
        return False
    ends_at = season.ends_at if season else None
    return kept(now, days=READ_DAYS).includes(leaderboard, period, season_ends_at=ends_at)


def _page_from_redis(source: _Source, *, after: Reached | None, limit: int) -> read_redis.Found | None:
    if source.client is None or source.scale is None:
        return None
    try:
        return read_redis.page(source.client, source.name, scale=source.scale, after=after, limit=limit)
    except DoesNotFit:  # a cursor that no line of ours has
        return None


def _around_from_redis(source: _Source, *, account_id: UUID | None, n: int) -> read_redis.Found | None:
    if source.client is None or source.scale is None or account_id is None:
        return None
    return read_redis.around(source.client, source.name, scale=source.scale, account_id=account_id, n=n)


def _around_in_sql(session: Session, source: _Source, *, account_id: UUID, n: int) -> list[Line]:
    if source.final:
        return read_sql.final_around(session, period=source.period, account_id=account_id, n=n)
    where = {"leaderboard": source.leaderboard, "period": source.period}
    return read_sql.around(session, **where, account_id=account_id, n=n)


def _count_in_sql(session: Session, source: _Source) -> int:
    if source.final:
        return read_sql.final_count(session, period=source.period)
    return read_sql.count(session, leaderboard=source.leaderboard, period=source.period)


def _named(session: Session, found: read_redis.Found) -> list[Line]:
    """Lines with the present names: of a few members, so always from PostgreSQL."""
    if not found.places:
        return []
    ids = [place.member_id for place in found.places]
    members = {row.member_id: row for row in session.execute(_MEMBERS, {"ids": ids})}
    return [
        Line(
            rank=rank,
            account_id=members[place.member_id].account_id,
            member_id=place.member_id,
            name=members[place.member_id].name,
            avatar=members[place.member_id].avatar,
            points=place.points,
            reached_at=place.reached_at,
            change=None,
        )
        for rank, place in enumerate(found.places, start=found.first_rank)
        if place.member_id in members  # erased a moment ago
    ]


def _with_change(session: Session, lines: Sequence[Line], *, source: _Source) -> list[Line]:
    if source.final or not lines:
        return list(lines)
    parameters = {
        "leaderboard": source.leaderboard,
        "period": source.period,
        "accounts": [line.account_id for line in lines],
    }
    before = {row.account_id: row.rank for row in session.execute(_BEFORE, parameters)}
    return [
        replace(line, change=before[line.account_id] - line.rank) if line.account_id in before else line
        for line in lines
    ]
