"""Seasons: the present one, past ones, and their standings."""

from datetime import UTC, date, datetime
from typing import Any

from marshmallow import fields

from rewards.api.season_shapes import LINE_EXAMPLE, SEASON_EXAMPLE, SeasonOut, StandingOut, season_of, standing_of
from rewards.api.shapes import PageQuery, list_of, page_of
from rewards.errors import UnknownThing
from rewards.http.auth import needs
from rewards.http.cursors import place_after
from rewards.http.fields import Day
from rewards.http.problems import refuse
from rewards.http.resource import Resource
from rewards.http.surroundings import request_now, request_transaction
from rewards.http.terms import request_season
from rewards.ranking.season_rows import read_season, seasons_before, state_at
from rewards.ranking.standings import read_standings

FRESH_S = 2
_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)

seasons = Resource("seasons", __name__, description="Weeks from reset to reset, their prizes and winners.")


class StandingsOut(list_of(StandingOut)):
    """A season's standing; `hash` once it is final, for anybody to recompute."""

    season = Day(required=True)
    state = fields.String(required=True)
    hash = fields.String(required=True, allow_none=True)


_STANDING_EXAMPLE = {
    "position": 1,
    "account_id": "019bc9a4-1f6a-7000-8000-000000000001",
    **LINE_EXAMPLE,
    "change": None,
    "season": "2026-01-12",
    "disqualified": False,
    "redemption_id": "019bc9a4-1f6a-7000-8000-000000000002",
}


@seasons.call(
    "GET",
    "/v1/seasons",
    access=needs("rankings:read", members="any"),
    query=PageQuery,
    gives=list_of(SeasonOut),
    example={"items": [SEASON_EXAMPLE], "next": None},
)
def get_seasons(query: dict[str, Any]) -> dict[str, Any]:
    """List seasons, the latest first."""
    limit, now = query["limit"], request_now()
    after = place_after(query["cursor"], of="seasons")
    before = datetime.fromisoformat(after[0]) if after else _END_OF_TIME
    with request_transaction() as session:
        request_season(session)
        rows = seasons_before(session, before, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        of="seasons",
        place=lambda row: [row.starts_at.isoformat()],
        item=lambda row: season_of(row, now=now),
    )


@seasons.call(
    "GET",
    "/v1/seasons/current",
    access=needs("rankings:read", members="any"),
    gives=SeasonOut,
    example=SEASON_EXAMPLE,
)
def get_current_season() -> dict[str, Any]:
    """Read the present season: how long it lasts and what it gives."""
    with request_transaction() as session:
        return season_of(request_season(session), now=request_now())


@seasons.call(
    "GET",
    "/v1/seasons/<day:season>",
    access=needs("rankings:read", members="any"),
    gives=SeasonOut,
    refuses=("not-found",),
    example=SEASON_EXAMPLE,
)
def get_season(season: date) -> dict[str, Any]:
    """Read one season."""
    with request_transaction() as session:
        row = read_season(session, season)
    if row is None:
        raise UnknownThing("season", season.isoformat())
    return season_of(row, now=request_now())


@seasons.call(
    "GET",
    "/v1/seasons/<day:season>/standings",
    access=needs("rankings:read", members="any"),
    query=PageQuery,
    gives=StandingsOut,
    refuses=("not-found", "state-conflict"),
    fresh_s=FRESH_S,
    example={"season": "2026-01-12", "state": "final", "hash": "9f" * 32, "items": [_STANDING_EXAMPLE], "next": None},
)
def get_standings(season: date, query: dict[str, Any]) -> dict[str, Any]:
    """Read a season's standing: while provisional as it would be now, and for ever once it is final."""
    of, limit = f"standings {season}", query["limit"]
    after = place_after(query["cursor"], of=of)
    with request_transaction() as session:
        row = read_season(session, season)
        if row is None:
            raise UnknownThing("season", season.isoformat())
        if row.state not in ("provisional", "final"):
            state = state_at(row, request_now())
            raise refuse("state-conflict", f"Season {season} is {state}; its standing is fixed after it ends.")
        final = row.state == "final"
        lines = read_standings(session, season, final=final, limit=limit + 1, after=after[0] if after else 0)
    page = page_of(
        lines,
        limit=limit,
        of=of,
        place=lambda line: [line.position],
        item=lambda line: standing_of(line, season=season, prizes=row.prizes),
    )
    digest = row.standings_hash.hex() if row.standings_hash else None
    return {"season": season, "state": row.state, "hash": digest, **page}
