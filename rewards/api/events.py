"""Events: one at a time, and what was decided about one."""

from typing import Any

from flask import Response

from ledger.events import read_decisions
from rewards.api.event_answers import EXAMPLE, DecisionOut
from rewards.api.event_shape import EXAMPLE as EVENT
from rewards.api.event_shape import EventIn, event_of
from rewards.earning.answer import answer_of
from rewards.earning.events import Event
from rewards.earning.record import Recorded, Result, preview
from rewards.errors import UnknownThing
from rewards.http.auth import current_caller, needs
from rewards.http.fields import Document, Line, Truth
from rewards.http.json import json_response
from rewards.http.problems import Refusal
from rewards.http.recording import record_all
from rewards.http.resource import Resource
from rewards.http.surroundings import request_now, request_snapshot, request_transaction
from rewards.http.terms import request_terms

events = Resource("events", __name__, description="What happened on the forum, and what was decided about it.")


class DryRun(Document):
    """How to send."""

    dry_run = Truth(
        load_default=False, in_query=True, metadata={"description": "Say what would be decided; write nothing."}
    )


class EventKeyIn(Document):
    """Which event."""

    source = Line(load_default=None, metadata={"description": "By default the API key's."})
    id = Line(required=True)


@events.call(
    "POST",
    "/v1/events",
    access=needs("events:write"),
    query=DryRun,
    body=EventIn,
    gives=DecisionOut,
    status=201,
    also={200: "Decided before (the same answer again), or a dry run"},
    refuses=("event-conflict", "event-in-future"),
    example=EXAMPLE,
    asks=EVENT,
)
def post_event(query: dict[str, Any], body: dict[str, Any]) -> Response:
    """Record an event: decide about it, once, and answer with the decision.

    It may come as a CloudEvent 1.0 too: structured (`application/cloudevents+json`), or binary, with `ce-` headers; the
    extension attributes `memberid` and `board` carry the member and the board.
    """
    event = event_of(body, source=current_caller().source)
    if query["dry_run"]:
        return json_response(answer_of(_would_be(event).decision))
    answer = record_all([event])[0]
    if not isinstance(answer, Recorded):
        raise Refusal(answer)
    return json_response(answer_of(answer.decision), status=200 if answer.repeated else 201)


def _would_be(event: Event) -> Recorded:
    with request_snapshot() as session:
        result: Result = preview(session, [event], terms=request_terms(session), now=request_now())[0]
    if isinstance(result, Exception):
        raise result
    return result


@events.call(
    "GET",
    "/v1/events",
    access=needs("events:write"),
    query=EventKeyIn,
    gives=DecisionOut,
    refuses=("not-found",),
    example=EXAMPLE,
)
def get_event(query: dict[str, Any]) -> Response:
    """Read what was decided about an event, by its source and id."""
    key = (query["source"] or current_caller().source, query["id"])
    with request_transaction() as session:
        decision = read_decisions(session, [key]).get(key)
    if decision is None:
        raise UnknownThing("event", f"{key[0]} {key[1]}")
    return json_response(answer_of(decision))
