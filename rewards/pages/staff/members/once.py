"""A form that moves points does it once, however often its button is pressed."""

from collections.abc import Mapping
from hashlib import sha256
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.locks import own_idempotency_key
from rewards.http.surroundings import request_now
from rewards.pages.staff.desk import at_the_desk

ONCE = "once"
"""The field that carries what makes a form one of a kind."""

_KEEP = text(
    "insert into idempotent_answer (scope, key, fingerprint, status, body, recorded_at)"
    " values (:scope, :key, :fingerprint, 303, '', :now) on conflict do nothing returning 1"
)
_FIRST = text("select fingerprint from idempotent_answer where scope = :scope and key = :key")


class SentBefore(Exception):
    """The form was sent before; `same`: it said the same then, so that all is done."""

    def __init__(self, *, same: bool) -> None:
        super().__init__(same)
        self.same = same


def new_once() -> str:
    """For a form that is about to be shown."""
    return str(uuid7())


def once_of(form: Mapping[str, str]) -> str | None:
    """What makes the form one of a kind; none if somebody has made it up."""
    try:
        return str(UUID(form.get(ONCE, "")))
    except ValueError:
        return None


def claim_form(session: Session, once: str, *, said: Mapping[str, str]) -> None:
    """Take the form in the transaction of what it does; waits for whoever takes it now. Raises SentBefore."""
    scope = f"{at_the_desk().id} page"
    fingerprint = sha256(orjson.dumps(dict(said), option=orjson.OPT_SORT_KEYS)).digest()
    own_idempotency_key(session, scope=scope, key=once)
    row = {"scope": scope, "key": once, "fingerprint": fingerprint, "now": request_now()}
    if session.execute(_KEEP, row).one_or_none() is None:
        first = session.execute(_FIRST, row).scalar_one()
        raise SentBefore(same=bytes(first) == fingerprint)
