"""Idempotency-Key: the first answer is given again, byte for byte, to whoever repeats the request."""

from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any

import orjson
from flask import Response, g, request
from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.locks import own_idempotency_key
from rewards.http.auth import current_caller
from rewards.http.problems import invalid_field, refuse
from rewards.http.surroundings import here, request_now
from rewards.runtime.database import transaction

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY_LENGTH_MAX = 255

_FIND = text("select fingerprint, status, body from idempotent_answer where scope = :scope and key = :key")
_KEEP = text(
    "insert into idempotent_answer (scope, key, fingerprint, status, body, recorded_at)"
    " values (:scope, :key, :fingerprint, :status, :body, :now)"
)


def answer_once(view: Callable[[], Response]) -> Response:
    """Run the view once per key of this caller, in one transaction with its answer.

    A refusal keeps nothing, so the same key may try again. Whoever repeats a request under way waits for it.
    """
    key = _key()
    if key is None:
        return view()
    scope = current_caller().id
    with transaction(here().engine) as session:
        own_idempotency_key(session, scope=scope, key=key)
        first = session.execute(_FIND, {"scope": scope, "key": key}).one_or_none()
        if first is not None:
            return _again(first)
        response = _run(view, session)
        kept = {"fingerprint": _fingerprint(), "status": response.status_code, "body": response.get_data()}
        session.execute(_KEEP, {"scope": scope, "key": key, "now": request_now(), **kept})
    return response


def _run(view: Callable[[], Response], session: Session) -> Response:
    g.session = session
    try:
        return view()
    finally:
        g.pop("session")


def _again(first: Any) -> Response:
    if bytes(first.fingerprint) != _fingerprint():
        raise refuse("idempotency-conflict")
    return Response(bytes(first.body), status=first.status, content_type="application/json", headers={REPLAYED: "true"})


def _key() -> str | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 1 <= len(key) <= KEY_LENGTH_MAX or not key.isascii() or not key.isprintable():
        raise invalid_field(f"/{HEADER}", "must be 1–255 printable ASCII characters")
    return key


def _fingerprint() -> bytes:
    """Of what the request says: its JSON without regard to the order of fields, or else its bytes."""
    body = request.get_data(cache=True)
    with suppress(orjson.JSONDecodeError):
        body = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    return sha256(f"{request.method} {request.full_path}\n".encode() + body).digest()
