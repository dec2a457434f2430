"""Answers about events, as they are documented. They are written by rewards.earning.answer, from what was stored."""

from marshmallow import fields

from rewards.http.fields import Document
from rewards.http.resource import ProblemSchema

OUTCOMES = ("awarded", "charged", "penalised", "capped", "declined", "ignored", "reversed", "restored", "rejected")
EXAMPLE = {
    "event": {"source": "forum", "id": "post:81231:created"},
    "outcome": "awarded",
    "points": 20,
    "reason": None,
    "rule": "post.created@1",
    "balance": 1340,
    "available": 1340,
    "season": {"id": "2026-01-12", "points": 260},
    "level": {"name": "새싹", "up": False},
    "recorded_at": "2026-01-17T01:08:01.482Z",
}


class EventName(Document):
    """How an event is named."""

    source = fields.String(required=True)
    id = fields.String(required=True)


class SeasonPoints(Document):
    """The season in which it counted, and the member's points in it after."""

    id = fields.String(required=True, metadata={"format": "date"})
    points = fields.Integer(required=True)


class LevelOut(Document):
    """The member's level after, and whether it was reached by this."""

    name = fields.String(required=True)
    up = fields.Boolean(required=True)


class DecisionOut(Document):
    """What was decided about an event, for ever."""

    event = fields.Nested(EventName, required=True)
    outcome = fields.String(required=True, metadata={"enum": list(OUTCOMES)})
    points = fields.Integer(required=True, metadata={"description": "Signed; what the balance moved by."})
    reason = fields.String(required=True, allow_none=True)
    rule = fields.String(required=True, allow_none=True, metadata={"description": "key@version"})
    balance = fields.Integer(required=True)
    available = fields.Integer(required=True)
    season = fields.Nested(SeasonPoints, required=True, allow_none=True)
    level = fields.Nested(LevelOut, required=True)
    recorded_at = fields.String(required=True, metadata={"format": "date-time"})


class BatchItem(Document):
    """One event of a batch: its decision, or its own problem; `status` is what it would have got alone."""

    status = fields.Integer(required=True, metadata={"enum": [200, 201, 400, 409, 422, 500, 503]})
    decision = fields.Nested(DecisionOut)
    problem = fields.Nested(ProblemSchema)


class BatchOut(Document):
    """One result per event, in the order in which they were sent."""

    results = fields.List(fields.Nested(BatchItem), required=True)
