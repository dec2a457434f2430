"""CloudEvents 1.0: the envelope in its three forms, unpacked into an event as the API takes it.

Structured (`application/cloudevents+json`), binary (`ce-` headers, the body is the data) and batched
(`application/cloudevents-batch+json`). The extension attributes `memberid` and `board` carry what CloudEvents has no
name for; other extensions are tolerated and dropped.
"""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote

from flask import Request
from marshmallow import Schema, ValidationError, fields, validate

from rewards.http.json import parse_json, read_json

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
PREFIX = "ce-"
OURS = {
    "id": "id",
    "source": "source",
    "type": "type",
    "time": "occurred_at",
    "memberid": "member_id",
    "subject": "subject",
    "board": "board",
    "data": "data",
}
"""What the attributes are called in an event of the API."""
EXAMPLE = {
    "specversion": "1.0",
    "id": "post:81231:created",
    "source": "forum",
    "type": "post.created",
    "time": "2026-01-17T10:08:01+09:00",
    "subject": "post:81231",
    "memberid": "minji",
    "board": "free",
    "data": {"length": 412},
}


class Envelope(Schema):
    """What makes a document a CloudEvent that we can decide; its values are checked as those of every event."""

    class Meta:
        """Extension attributes of others are none of our business."""

        unknown = "exclude"

    specversion = fields.String(required=True, validate=validate.Equal("1.0"))
    id = fields.Raw(required=True)
    source = fields.Raw(required=True)
    type = fields.Raw(required=True)
    time = fields.Raw(required=True)
    memberid = fields.Raw(required=True)
    subject = fields.Raw()
    board = fields.Raw()
    datacontenttype = fields.String(validate=validate.Equal("application/json"))
    data = fields.Raw()


_ENVELOPE = Envelope()


def is_cloud_event(request: Request) -> bool:
    """Whether a single event is sent as a CloudEvent, structured or binary."""
    return request.mimetype == STRUCTURED or f"{PREFIX}specversion" in request.headers


def read_cloud_event(request: Request) -> dict[str, Any]:
    """The event in a request that is one. Raises ValidationError with the attributes' own names."""
    if request.mimetype == STRUCTURED:
        return unpacked(parse_json(request.get_data(cache=True)))
    attributes: dict[str, Any] = {
        name.lower().removeprefix(PREFIX): unquote(value)
        for name, value in request.headers.items()
        if name.lower().startswith(PREFIX)
    }
    if request.get_data(cache=True):
        attributes["data"] = read_json(request)
    return unpacked(attributes)


def unpacked(envelope: Any) -> dict[str, Any]:
    """The event in an envelope. Raises ValidationError where that is none."""
    if not isinstance(envelope, Mapping):
        raise ValidationError("must be a CloudEvent: a JSON object")
    attributes = cast("dict[str, Any]", _ENVELOPE.load(envelope))
    return {OURS[name]: value for name, value in attributes.items() if name in OURS and value is not None}
