"""A message as it goes out: the body, and the headers that prove it (Standard Webhooks 1.0). Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson
from standardwebhooks import Webhook

from rewards.webhooks.deliveries import Outgoing


def body_of(message: Outgoing) -> bytes:
    """The same bytes at every attempt: receivers may keep them."""
    document = {
        "type": message.type,
        "timestamp": message.occurred_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "number": message.number,
        "data": message.data,
    }
    return orjson.dumps(document)


def headers_of(message: Outgoing, body: bytes, *, signers: Sequence[Webhook], now: datetime) -> dict[str, str]:
    """The id is the message's at every attempt, the time is the attempt's; a signature for each valid secret."""
    message_id, at = f"msg_{message.message_id}", now.astimezone(UTC)
    return {
        "Content-Type": "application/json",
        "User-Agent": "forum-rewards",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signer.sign(message_id, at, body.decode()) for signer in signers),
    }
