"""Batches of events: as a JSON array or as lines of JSON, answered item by item in the same form."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from flask import Response, request
from marshmallow import ValidationError

from rewards.api.cloud_events import BATCHED, unpacked
from rewards.api.cloud_events import EXAMPLE as CLOUD_EVENT
from rewards.api.event_answers import EXAMPLE, BatchOut
from rewards.api.event_shape import EXAMPLE as EVENT
from rewards.api.event_shape import EventIn, event_from
from rewards.earning.answer import answer_of
from rewards.earning.events import Event
from rewards.earning.record import Recorded
from rewards.http.auth import current_caller, needs
from rewards.http.json import DEPTH_MAX, json_response, parse_json, read_json
from rewards.http.problems import Problem, Refusal, away, invalid, problem, refuse
from rewards.http.recording import Answered, record_all
from rewards.http.resource import Resource, pointers

EVENTS_MAX = 5000
LINES = "application/x-ndjson"
LINE_TYPES = (LINES, "application/ndjson", "application/jsonl")

event_batches = Resource("event batches", __name__, description="Up to 5,000 events at once.")

_BODY = {
    "requestBody": {
        "required": True,
        "description": "A JSON array, one JSON object a line, or a batch of CloudEvents 1.0.",
        "content": {
            "application/json": {
                "schema": {"type": "array", "maxItems": EVENTS_MAX, "items": {"$ref": "#/components/schemas/EventIn"}},
                "example": [EVENT],
            },
            LINES: {"schema": {"type": "string"}, "example": orjson.dumps(EVENT).decode() + "\n"},
            BATCHED: {"schema": {"type": "array", "maxItems": EVENTS_MAX}, "example": [CLOUD_EVENT]},
        },
    }
}
_EXAMPLE = {"results": [{"status": 201, "decision": EXAMPLE}]}


@event_batches.call(
    "POST",
    "/v1/events/batch",
    access=needs("events:write"),
    gives=BatchOut,
    refuses=("malformed-body", "body-too-large", "unsupported-media-type", "invalid-fields"),
    example=_EXAMPLE,
    doc=_BODY,
)
def post_events() -> Response:
    """Record events in order; each gets its decision or its own problem, and a bad one never stops the others.

    Lines of JSON (NDJSON) are answered by lines. The whole is a 503 only if nothing was decided, so sending all of it
    again is always right.
    """
    in_lines = request.mimetype in LINE_TYPES
    results = _decide(_items())
    if results and all(isinstance(result, Problem) and result.kind.status == 503 for result in results):
        raise Refusal(away())
    documents = [_document(result) for result in results]
    if in_lines:
        return Response(b"".join(orjson.dumps(document) + b"\n" for document in documents), content_type=LINES)
    return json_response({"results": documents})


def _items() -> list[Any]:
    """The events of the request as JSON values, in whichever form they came; a Problem where one can't be read."""
    if request.mimetype in LINE_TYPES:
        return _lines(request.get_data())
    if request.mimetype == BATCHED:
        return [_unpacked(envelope) for envelope in _array(parse_json(request.get_data()))]
    return _array(read_json(request))


def _unpacked(envelope: Any) -> Any:
    try:
        return unpacked(envelope)
    except ValidationError as error:
        return _told(error)


def _decide(items: Sequence[Any]) -> list[Answered]:
    """Check every item, record those that are events, and put the answers in the order of the items."""
    source = current_caller().source
    checked = [item if isinstance(item, Problem) else _check(item, source) for item in items]
    answers = iter(record_all([item for item in checked if isinstance(item, Event)]))
    return [item if isinstance(item, Problem) else next(answers) for item in checked]


def _check(item: Any, source: str) -> Event | Problem:
    try:
        return event_from(item, source=source)
    except ValidationError as error:
        return _told(error)


def _told(error: ValidationError) -> Problem:
    return invalid(pointers(error.messages if isinstance(error.messages, dict) else {"_schema": error.messages}))


def _array(document: Any) -> list[Any]:
    if not isinstance(document, list):
        raise refuse("invalid-fields", "Send a JSON array of events.")
    return _few_enough(document)


def _lines(body: bytes) -> list[Any]:
    return _few_enough([_line(line) for line in body.split(b"\n") if line.strip()])


def _line(line: bytes) -> Any:
    try:
        return parse_json(line)
    except Refusal as refusal:
        return problem("malformed-body", f"{refusal.problem.detail} (at most {DEPTH_MAX} levels, one object a line)")


def _few_enough(items: list[Any]) -> list[Any]:
    if len(items) > EVENTS_MAX:
        raise refuse(
            "invalid-fields", f"A batch holds at most {EVENTS_MAX} events; this one has {len(items)}. Send it in parts."
        )
    return items


def _document(answer: Answered) -> dict[str, Any]:
    if isinstance(answer, Recorded):
        return {"status": 200 if answer.repeated else 201, "decision": answer_of(answer.decision)}
    return {"status": answer.kind.status, "problem": answer.document()}


def schemas() -> Iterable[type[EventIn]]:
    """Schemas that the document refers to by name only."""
    return (EventIn,)
