"""What came too late for final seasons, of one or of all: balances followed, the standings stay."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from marshmallow import fields

from rewards.api.shapes import PageQuery, list_of, page_of
from rewards.errors import UnknownThing
from rewards.http.auth import needs
from rewards.http.cursors import place_after
from rewards.http.fields import Document, Moment
from rewards.http.resource import Resource
from rewards.http.surroundings import request_transaction
from rewards.ranking import late_reversals as late
from rewards.ranking.season_rows import read_season

late_reversals = Resource(
    "late reversals", __name__, description="Reversals and restores that came after their season was final."
)

_OF = "late reversals"
_EXAMPLE = {
    "season": "2026-01-12",
    "member_id": "minji",
    "kind": "reversal",
    "points": -20,
    "recorded_at": "2026-01-20T01:08:01.482Z",
    "would_have_changed_winners": True,
}


class LateReversalOut(Document):
    """A reversal or restore of an award of a season that was final: it moved the balance, not the standing."""

    season = fields.String(required=True, metadata={"format": "date"})
    member_id = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True, metadata={"enum": ["reversal", "restore"]})
    points = fields.Integer(required=True)
    recorded_at = Moment(required=True)
    would_have_changed_winners = fields.Boolean(required=True)


_LATE_LIST = list_of(LateReversalOut)


@late_reversals.call(
    "GET",
    "/v1/staff/late-reversals",
    access=needs("staff:view"),
    query=PageQuery,
    gives=_LATE_LIST,
    example={"items": [_EXAMPLE], "next": None},
)
def get_latest_late_reversals(query: dict[str, Any]) -> dict[str, Any]:
    """List what came too late for any final season, the latest first, and whether it would have changed the winners."""
    limit, place = query["limit"], place_after(query["cursor"], of=_OF)
    before = late.Before(datetime.fromisoformat(place[0]), UUID(place[1]), place[2]) if place else None
    with request_transaction() as session:
        found = late.latest_late(session, limit=limit + 1, before=before)
    return page_of(found, limit=limit, of=_OF, place=_place, item=_shown)


@late_reversals.call(
    "GET",
    "/v1/staff/seasons/<day:season>/late-reversals",
    access=needs("staff:view"),
    gives=_LATE_LIST,
    refuses=("not-found",),
    example={"items": [_EXAMPLE], "next": None},
)
def get_late_reversals(season: date) -> dict[str, Any]:
    """List what came too late for a final season, and whether it would have changed the winners."""
    with request_transaction() as session:
        row = read_season(session, season)
        if row is None:
            raise UnknownThing("season", season.isoformat())
        found = late.late_reversals(session, season, winners=len(row.prizes)) if row.state == "final" else []
    return {"items": [_shown(one) for one in found], "next": None}


def _place(one: late.LateReversal) -> list[Any]:
    return [one.recorded_at.isoformat(), str(one.account_id), one.seq]


def _shown(one: late.LateReversal) -> dict[str, Any]:
    return {
        "season": one.season.isoformat(),
        "member_id": one.member_id,
        "kind": one.kind,
        "points": one.points,
        "recorded_at": one.recorded_at,
        "would_have_changed_winners": one.changes_winners,
    }
