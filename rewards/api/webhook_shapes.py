"""What webhooks look like over the API."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates

from rewards.api.shapes import PageQuery
from rewards.http.fields import Document, Line, Moment, Truth
from rewards.webhooks.deliveries import Delivery
from rewards.webhooks.endpoints import Endpoint, parts_of_url
from rewards.webhooks.messages import TYPES

URL_LENGTH_MAX = 2000
STATES = ("waiting", "delivered", "failed")
WEBHOOK: dict[str, Any] = {
    "id": "019bc9a4-1f6a-7000-8000-000000000007",
    "url": "https://forum.example/rewards",
    "types": ["points.awarded", "redemption.fulfilled"],
    "enabled": True,
    "disabled_for": None,
    "paused_until": None,
    "previous_secret_until": None,
    "created_by": "staff:mina",
    "created_at": "2026-01-17T01:08:01.482Z",
}
DELIVERY: dict[str, Any] = {
    "message_id": "019bc9a4-1f6a-7000-8000-000000000008",
    "type": "points.awarded",
    "number": 41,
    "occurred_at": "2026-01-17T01:08:01.482Z",
    "state": "delivered",
    "attempts": 1,
    "next_at": None,
    "last_attempt": {"began_at": "2026-01-17T01:08:02.911Z", "took_ms": 38, "status": 204, "error": None},
}


class WebhookFields(Document):
    """What a webhook may be given."""

    url = Line(longest=URL_LENGTH_MAX)
    types = fields.List(fields.String(validate=validate.OneOf(list(TYPES))), validate=validate.Length(1, len(TYPES)))

    @validates("url")
    def calls_the_web(self, value: str, **_: Any) -> None:
        """An address without a password in it: logs and lists show it."""
        if parts_of_url(value) is None:
            raise ValidationError("must be an address like https://forum.example/rewards, without user and password")


class WebhookIn(WebhookFields):
    """A new webhook."""

    url = Line(required=True, longest=URL_LENGTH_MAX)
    types = fields.List(
        fields.String(validate=validate.OneOf(list(TYPES))), required=True, validate=validate.Length(1, len(TYPES))
    )


class WebhookChange(WebhookFields):
    """What is to be another; what is left out stays."""

    enabled = Truth()


class WebhookOut(Document):
    """A webhook, without its secret."""

    id = fields.String(required=True, metadata={"format": "uuid"})
    url = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    enabled = fields.Boolean(required=True)
    disabled_for = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "`staff` switched it off, or the receiver said it is `gone` (410)."},
    )
    paused_until = Moment(
        required=True, allow_none=True, metadata={"description": "It could not be reached; nothing is sent before."}
    )
    previous_secret_until = Moment(
        required=True, allow_none=True, metadata={"description": "Until when the secret before this one signs too."}
    )
    created_by = fields.String(required=True)
    created_at = Moment(required=True)


class NewWebhookOut(WebhookOut):
    """A webhook with its secret, which is shown only now."""

    secret = fields.String(required=True)


class DeliveriesQuery(PageQuery):
    """Which deliveries."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))


class AttemptOut(Document):
    """What became of one attempt: a status, or why there was none."""

    began_at = Moment(required=True)
    took_ms = fields.Integer(required=True)
    status = fields.Integer(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)


class DeliveryOut(Document):
    """A message on its way to one webhook."""

    message_id = fields.String(required=True, metadata={"format": "uuid"})
    type = fields.String(required=True)
    number = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Counts the member's messages from 1 on."}
    )
    occurred_at = Moment(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    attempts = fields.Integer(required=True)
    next_at = Moment(required=True, allow_none=True)
    last_attempt = fields.Nested(AttemptOut, required=True, allow_none=True)


class ResendIn(Document):
    """What is to be sent again: one message, or all that failed since a time (or ever)."""

    message_id = fields.UUID(load_default=None, allow_none=True)
    since = Moment(load_default=None, allow_none=True)


class SentOut(Document):
    """How many messages wait now."""

    messages = fields.Integer(required=True)


class TestOut(Document):
    """The message that tries the webhook."""

    message_id = fields.String(required=True, metadata={"format": "uuid"})


def webhook_shown(endpoint: Endpoint) -> dict[str, Any]:
    """A webhook as it is answered."""
    return {
        "id": str(endpoint.endpoint_id),
        "url": endpoint.url,
        "types": endpoint.types,
        "enabled": endpoint.disabled_at is None,
        "disabled_for": endpoint.disabled_for,
        "paused_until": endpoint.paused_until,
        "previous_secret_until": endpoint.previous_until,
        "created_by": endpoint.created_by,
        "created_at": endpoint.created_at,
    }


def delivery_shown(delivery: Delivery) -> dict[str, Any]:
    """A delivery as it is answered."""
    names = ("type", "number", "occurred_at", "state", "attempts", "next_at")
    last = {name: getattr(delivery, name) for name in ("began_at", "took_ms", "status", "error")}
    return {
        "message_id": str(delivery.message_id),
        **{name: getattr(delivery, name) for name in names},
        "last_attempt": None if delivery.began_at is None else last,
    }
