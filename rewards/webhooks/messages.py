"""Which notice of the outbox becomes which message. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

TYPES: Mapping[str, str] = {
    "points.awarded": "A member has earned points.",
    "points.charged": "Something that costs points was paid.",
    "points.penalised": "Points were taken as a penalty.",
    "points.reversed": "An award was taken back.",
    "points.restored": "What was taken back was given again.",
    "points.adjusted": "Staff have given or taken points.",
    "points.granted": "Points were brought along from another system.",
    "points.lapsed": "Points have lapsed.",
    "points.lapsing": "Points will lapse soon.",
    "attendance.checked_in": "A member has checked in.",
    "level.up": "A member has reached a level.",
    "redemption.requested": "A member has redeemed a product, or won a prize: it waits for staff.",
    "redemption.awaiting_approval": "A redemption waits for approval.",
    "redemption.claimed": "One of the staff has taken a redemption in hand.",
    "redemption.fulfilled": "A redemption's code is there.",
    "redemption.rejected": "Staff have refused a redemption; points and stock are back.",
    "redemption.cancelled": "A member has cancelled a redemption; points and stock are back.",
    "redemption.expired": "A redemption has waited too long; points and stock are back.",
    "prize.given": "A place of a season has won a prize.",
    "season.closing": "A season is over and waits for late events.",
    "season.provisional": "A season's standing is there and under review, or has changed.",
    "season.settled": "A season's standing and winners are final.",
    "webhook.test": "Somebody has pressed the test button.",
}
"""Every type of message, with what it means."""
_ONE_TYPE = {
    "attendance": "attendance.checked_in",
    "level": "level.up",
    "prize": "prize.given",
    "lapsing": "points.lapsing",
}
_SEASON = {"closing": "season.closing", "provisional": "season.provisional", "final": "season.settled"}


class Content(NamedTuple):
    """A message before anybody is told: its type, and what it says besides the member."""

    type: str
    data: dict[str, Any]


def content_of(topic: str, payload: Mapping[str, Any]) -> Content | None:
    """What a notice says to the forum; none where it is for the service itself."""
    type_ = _type_of(topic, payload)
    if type_ not in TYPES:
        return None
    return Content(type_, _SHAPES.get(topic, dict)(payload))


def _type_of(topic: str, payload: Mapping[str, Any]) -> str:
    if topic == "points":
        return f"points.{payload.get('outcome')}"
    if topic == "redemption":
        return f"redemption.{payload.get('state')}"
    if topic == "season":
        return _SEASON.get(str(payload.get("state")), "")
    return _ONE_TYPE.get(topic, "")


def _points(payload: Mapping[str, Any]) -> dict[str, Any]:
    source, event_id = payload.get("source"), payload.get("event_id")
    event = None if event_id is None else {"source": source, "id": event_id}
    return {"points": payload.get("points"), "season": payload.get("season"), "event": event}


def _season(payload: Mapping[str, Any]) -> dict[str, Any]:
    # Who was disqualified is named nowhere but in the standing.
    return {"season": payload.get("season_id"), "state": payload.get("state")}


_SHAPES = {"points": _points, "season": _season}
