"""The shape of an event: a schema that explains, and a fast check that agrees with it.

The fast check takes only what the schema takes, and gives the same values; whatever it does not take goes to the
schema, which takes it after all or says what is wrong. A test holds the two together.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeGuard, cast

import orjson
from flask import Request
from marshmallow import ValidationError, fields, validate, validates

from rewards.access.member_tokens import is_member_id
from rewards.api.cloud_events import is_cloud_event, read_cloud_event
from rewards.earning.events import RESERVED_SOURCES, Event
from rewards.http.fields import Document, Line, MemberId, Moment, moment_of
from rewards.http.json import read_json

DATA_BYTES_MAX = 16_384
TYPE_PATTERN = r"[a-z0-9]+([._-][a-z0-9]+)*"
EXAMPLE = {
    "id": "post:81231:created",
    "type": "post.created",
    "member_id": "minji",
    "board": "free",
    "subject": "post:81231",
    "occurred_at": "2026-01-17T10:08:01+09:00",
    "data": {"length": 412},
}

_NAMES = frozenset({"source", "id", "type", "member_id", "occurred_at", "subject", "board", "data"})
_TYPE = re.compile(TYPE_PATTERN)
_LINE = re.compile("[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,255}")


class EventIn(Document):
    """Something that happened on the forum, under its own id."""

    source = Line(load_default=None, metadata={"description": "Where ids are unique; by default the API key's."})
    id = Line(required=True, metadata={"description": "The forum's own id of the event, once per source."})
    type = fields.String(
        required=True,
        validate=[
            validate.Length(1, 255),
            validate.Regexp(TYPE_PATTERN + r"\Z", error="must be a dotted name in lower case"),
        ],
        metadata={
            "pattern": f"^{TYPE_PATTERN}$",
            "description": "A dotted name: post.created, comment.deleted, login.",
        },
    )
    member_id = MemberId(required=True)
    occurred_at = Moment(required=True)
    subject = Line(load_default=None, allow_none=True, metadata={"description": "What it is about: post:81231."})
    board = Line(load_default=None, allow_none=True, metadata={"description": "The forum's board."})
    data = fields.Dict(
        keys=fields.String(),
        load_default=dict,
        metadata={"description": "Anything else; kept, at most 16 kB, erasable."},
    )

    @staticmethod
    def read_body(request: Request) -> Any:
        """An event as JSON, or as a CloudEvent."""
        return read_cloud_event(request) if is_cloud_event(request) else read_json(request)

    @validates("source")
    def not_reserved(self, value: str | None, **_: Any) -> None:
        """The service's own sources are not for events of the forum."""
        if value in RESERVED_SOURCES:
            raise ValidationError("is a source of the service itself; use another one")

    @validates("data")
    def storable(self, value: Mapping[str, Any], **_: Any) -> None:
        """What PostgreSQL can keep as JSON."""
        written = orjson.dumps(value)
        if len(written) > DATA_BYTES_MAX:
            raise ValidationError(f"must not be longer than {DATA_BYTES_MAX} bytes")
        if b"\\u0000" in written and _holds_nul(value):
            raise ValidationError("must not contain the character NUL")


_SCHEMA = EventIn()


def event_from(item: Any, *, source: str) -> Event:
    """The event that a JSON value describes; `source` where it names none. Raises marshmallow's ValidationError."""
    event = _quick(item, source)
    return event_of(cast("dict[str, Any]", _SCHEMA.load(item)), source=source) if event is None else event


def event_of(loaded: Mapping[str, Any], *, source: str) -> Event:
    """The event of a document that the schema has loaded."""
    return Event(**{**loaded, "source": loaded["source"] or source})


def _quick(item: Any, source: str) -> Event | None:
    """The event, if the value is plainly what the schema takes."""
    if type(item) is not dict or not item.keys() <= _NAMES:
        return None
    get = item.get
    named, event_id, kind = get("source", source), get("id"), get("type")
    member_id, subject, board, data = get("member_id"), get("subject"), get("board"), get("data", {})
    if not (_is_line(event_id) and _is_line(named) and named not in RESERVED_SOURCES):
        return None
    if not (type(kind) is str and len(kind) <= 255 and _TYPE.fullmatch(kind) and is_member_id(member_id)):
        return None
    if not ((subject is None or _is_line(subject)) and (board is None or _is_line(board)) and _is_plain(data)):
        return None
    occurred_at = moment_of(get("occurred_at"))
    if occurred_at is None:
        return None
    return Event(
        source=named,
        id=event_id,
        type=kind,
        member_id=member_id,
        occurred_at=occurred_at,
        subject=subject,
        board=board,
        data=data,
    )


def _is_line(value: Any) -> TypeGuard[str]:
    return type(value) is str and _LINE.fullmatch(value) is not None


def _is_plain(data: Any) -> bool:
    """Whether `data` may be kept as it is, without a closer look."""
    if type(data) is not dict:
        return False
    if not data:
        return True
    written = orjson.dumps(data)
    return len(written) <= DATA_BYTES_MAX and b"\\u0000" not in written


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(_holds_nul(inner) for inner in value)
