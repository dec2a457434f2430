"""Leaderboards: the top, or the places around a member."""

from datetime import date, datetime
from typing import Any

from marshmallow import fields
from sqlalchemy.orm import Session

from rewards.api.season_shapes import LINE_EXAMPLE, LineOut, line_of
from rewards.api.shapes import PageQuery, list_of, page_of
from rewards.errors import UnknownThing
from rewards.http.auth import current_caller, needs
from rewards.http.cursors import place_after
from rewards.http.fields import Day, Document, Month, Whole
from rewards.http.problems import invalid_field
from rewards.http.resource import Resource
from rewards.http.surroundings import here, request_now, request_transaction
from rewards.http.terms import request_season
from rewards.members.profile import account_of
from rewards.ranking.order import Reached
from rewards.ranking.places import current_period
from rewards.ranking.read import around, count, top
from rewards.ranking.season_rows import Prizes, read_season
from rewards.ranking.tally import Place, read_points

AROUND_MAX = 50
FRESH_S = 2

leaderboards = Resource("leaderboards", __name__, description="Members in order: season, month, all-time, streak.")


class PeriodQuery(Document):
    """Which period; by default the present one."""

    season = Day(load_default=None, metadata={"description": "A season's id, on `season` only."})
    month = Month(load_default=None, metadata={"description": "2026-01, on `month` only."})


class TopQuery(PeriodQuery, PageQuery):
    """Which period, and how much of it."""


class AroundQuery(PeriodQuery):
    """Which period, and how many places on either side."""

    around = Whole(load_default=5, least=0, most=AROUND_MAX, in_query=True)


class LeaderboardOut(list_of(LineOut)):
    """A page of a leaderboard; `total` members have a place."""

    leaderboard = fields.String(required=True)
    period = Day(required=True)
    total = fields.Integer(required=True)


class AroundOut(Document):
    """The places around a member. `own` is null for whoever has none; `gap` is what the next place is worth."""

    leaderboard = fields.String(required=True)
    period = Day(required=True)
    own = fields.Nested(LineOut, required=True, allow_none=True)
    points = fields.Integer(required=True)
    gap = fields.Integer(required=True, allow_none=True)
    items = fields.List(fields.Nested(LineOut), required=True)
    total = fields.Integer(required=True)


_NAME = "<any(season, month, 'all-time', streak):name>"
_TOP = {"leaderboard": "season", "period": "2026-01-12", "total": 1, "items": [LINE_EXAMPLE], "next": None}
_AROUND = {
    "leaderboard": "season",
    "period": "2026-01-12",
    "own": LINE_EXAMPLE,
    "points": 260,
    "gap": None,
    "items": [LINE_EXAMPLE],
    "total": 1,
}


@leaderboards.call(
    "GET",
    f"/v1/leaderboards/{_NAME}",
    access=needs("rankings:read", members="any"),
    query=TopQuery,
    gives=LeaderboardOut,
    refuses=("not-found",),
    fresh_s=FRESH_S,
    example=_TOP,
)
def get_leaderboard(name: str, query: dict[str, Any]) -> dict[str, Any]:
    """Read the top of a leaderboard, page by page; stable while members move."""
    limit, client, now = query["limit"], here().redis, request_now()
    with request_transaction() as session:
        period, prizes = _period(session, name=name, query=query)
        of = f"leaderboard {name} {period}"
        after = _reached(place_after(query["cursor"], of=of))
        lines = top(session, client, leaderboard=name, period=period, after=after, limit=limit + 1, now=now)
        total = count(session, client, leaderboard=name, period=period, now=now)
    page = page_of(lines, limit=limit, of=of, place=_place, item=lambda line: line_of(line, prizes=prizes))
    return {"leaderboard": name, "period": period, "total": total, **page}


@leaderboards.call(
    "GET",
    f"/v1/leaderboards/{_NAME}/members/<member:member_id>",
    access=needs("rankings:read", members="any"),
    query=AroundQuery,
    gives=AroundOut,
    refuses=("not-found",),
    fresh_s=FRESH_S,
    example=_AROUND,
)
def get_around(name: str, *, member_id: str, query: dict[str, Any]) -> dict[str, Any]:
    """Read the places around a member. Whoever is kept off, or has no points, still sees their own points."""
    with request_transaction() as session:
        period, prizes = _period(session, name=name, query=query)
        account_id = account_of(session, member_id)
        # One more on either side: what the next place is worth is asked even with `around=0`.
        n = max(1, query["around"])
        found = around(
            session, here().redis, leaderboard=name, period=period, member_id=member_id, n=n, now=request_now()
        )
        place = Place(name, period, account_id)
        points = read_points(session, [place]).get(place, 0)
    own = found.own
    if own is None and current_caller().member_id not in (None, member_id):
        # Who is kept off, and what they have, is for themselves and the forum alone.
        raise UnknownThing("place of", member_id)
    above = next((line for line in found.lines if own and line.rank == own.rank - 1), None)
    near = [line for line in found.lines if own and abs(line.rank - own.rank) <= query["around"]]
    return {
        "leaderboard": name,
        "period": period,
        "own": own and line_of(own, prizes=prizes),
        "points": own.points if own else points,
        "gap": above.points - own.points + 1 if own and above else None,
        "items": [line_of(line, prizes=prizes) for line in near],
        "total": found.count,
    }


def _period(session: Session, *, name: str, query: dict[str, Any]) -> tuple[date, Prizes]:
    """The period that is asked for, and its prizes. Refuses a period of another leaderboard."""
    for other in ("season", "month"):
        if query[other] is not None and other != name:
            raise invalid_field(f"/{other}", f"belongs to the leaderboard {other!r}, and this is {name!r}")
    if name == "season":
        asked: date | None = query["season"]
        row = request_season(session) if asked is None else read_season(session, asked)
        if row is None:
            raise UnknownThing("season", str(asked))
        return row.season_id, row.prizes
    period = query["month"] or current_period(session, name, calendar=here().calendar, now=request_now())
    assert period is not None, "only a season can be missing"
    return period, ()


def _place(line: Any) -> list[Any]:
    reached = line.reached
    return [reached.points, reached.reached_at.isoformat(), reached.member_id]


def _reached(place: list[Any] | None) -> Reached | None:
    return Reached(place[0], datetime.fromisoformat(place[1]), place[2]) if place else None
