"""How seasons, and lines of leaderboards and standings, are answered."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from marshmallow import fields

from rewards.api.attendance import FaceOut
from rewards.http.fields import Day, Document, Moment
from rewards.ranking.lines import Line
from rewards.ranking.season_rows import SeasonRow, state_at
from rewards.ranking.standings import StandingLine

STATES = ("open", "closing", "provisional", "final")
PRIZE_EXAMPLE = {
    "place": 1,
    "name": "상품권 4,000원",
    "name_en": "4,000 won gift card",
    "value": 4000,
    "currency": "KRW",
}
SEASON_EXAMPLE = {
    "id": "2026-01-12",
    "starts_at": "2026-01-11T15:00:00.000Z",
    "ends_at": "2026-01-18T15:00:00.000Z",
    "state": "open",
    "prizes": [PRIZE_EXAMPLE],
    "seconds_left": 136319,
}
LINE_EXAMPLE = {
    "rank": 1,
    "member": {"id": "minji", "name": "민지", "avatar": None},
    "points": 260,
    "reached_at": "2026-01-17T01:08:01.000Z",
    "change": 2,
    "prize": PRIZE_EXAMPLE,
}


class PrizeOut(Document):
    """What a place of a season wins."""

    place = fields.Integer(required=True)
    name = fields.String(required=True)
    name_en = fields.String(required=True)
    value = fields.Integer(required=True)
    currency = fields.String(required=True)


class SeasonOut(Document):
    """A week, from reset to reset."""

    id = Day(required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    prizes = fields.List(fields.Nested(PrizeOut), required=True)
    seconds_left = fields.Integer(required=True)


class LineOut(Document):
    """A member's place. `change`: places up since the last midnight; null for whoever was not there."""

    rank = fields.Integer(required=True)
    member = fields.Nested(FaceOut, required=True)
    points = fields.Integer(required=True)
    reached_at = Moment(required=True)
    change = fields.Integer(required=True, allow_none=True)
    prize = fields.Nested(PrizeOut, required=True, allow_none=True)


class StandingOut(Document):
    """A final place; none (`rank` null) for somebody disqualified, who moves all below up by one.

    `position`, `rank`, `account_id`, `points` and `reached_at` are what the standing's hash is computed over.
    """

    position = fields.Integer(required=True)
    account_id = fields.String(required=True)
    rank = fields.Integer(required=True, allow_none=True)
    member = fields.Nested(FaceOut, required=True)
    points = fields.Integer(required=True)
    reached_at = Moment(required=True)
    change = fields.Integer(required=True, allow_none=True)
    prize = fields.Nested(PrizeOut, required=True, allow_none=True)
    season = Day(required=True)
    disqualified = fields.Boolean(required=True)
    redemption_id = fields.String(required=True, allow_none=True)


def season_of(row: SeasonRow, *, now: datetime) -> dict[str, Any]:
    """A season as answered; 0 seconds are left of one that is over."""
    return {
        "id": row.season_id,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "state": state_at(row, now),
        "prizes": list(row.prizes),
        "seconds_left": max(0, int((row.ends_at - now).total_seconds())),
    }


def line_of(line: Line, *, prizes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A line of a leaderboard as answered."""
    return {
        "rank": line.rank,
        "member": {"id": line.member_id, "name": line.name, "avatar": line.avatar},
        "points": line.points,
        "reached_at": line.reached_at,
        "change": line.change,
        "prize": prize_at(line.rank, prizes=prizes),
    }


def standing_of(line: StandingLine, *, season: date, prizes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A line of a standing as answered."""
    return {
        "position": line.position,
        "account_id": str(line.account_id),
        "rank": line.place,
        "member": {"id": line.member_id, "name": line.name, "avatar": line.avatar},
        "points": line.points,
        "reached_at": line.reached_at,
        "change": None,
        "prize": prize_at(line.place, prizes=prizes),
        "season": season,
        "disqualified": line.disqualified,
        "redemption_id": line.redemption_id and str(line.redemption_id),
    }


def prize_at(rank: int | None, *, prizes: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What a place wins."""
    return next((prize for prize in prizes if prize["place"] == rank), None)
