"""Cursors: where a list goes on, sealed so that nobody makes one up, and meaning nothing to whoever carries it."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

import orjson

from rewards.http.problems import invalid_field
from rewards.http.surroundings import here

SEAL_BYTES = 12


def cursor_for(place: list[Any] | None, *, of: str) -> str | None:
    """A cursor that goes on after `place` (JSON values) in the list named `of`; none for the end."""
    if place is None:
        return None
    payload = orjson.dumps(place)
    return urlsafe_b64encode(_seal(payload, of) + payload).rstrip(b"=").decode()


def place_after(cursor: str | None, *, of: str) -> list[Any] | None:
    """The place that a cursor of the list names. Refuses one that this service has not given for it."""
    if cursor is None:
        return None
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raw = b""
    seal, payload = raw[:SEAL_BYTES], raw[SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(payload, of)):
        raise invalid_field("/cursor", "is not a cursor of this list; leave it away to start at the beginning")
    return orjson.loads(payload)


def _seal(payload: bytes, of: str) -> bytes:
    return hmac.digest(here().settings.secret_key.encode(), f"cursor {of}\n".encode() + payload, sha256)[:SEAL_BYTES]
