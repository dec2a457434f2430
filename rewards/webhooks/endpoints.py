"""Endpoints: addresses of the forum that are told, each with a secret of its own. The caller commits."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from os import urandom
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

import orjson
from cryptography.fernet import MultiFernet
from sqlalchemy import text
from sqlalchemy.orm import Session
from standardwebhooks import Webhook
from uuid_utils.compat import uuid7

from rewards.errors import UnknownThing
from rewards.webhooks.fan_out import begin

SECRET_BYTES = 32
BOTH_SIGN_FOR = timedelta(hours=24)
"""After a rotation the secret before it goes on signing for so long."""

Why = Literal["staff", "gone"]

_COLUMNS = "endpoint_id, url, types, created_by, created_at, disabled_at, disabled_for, paused_until, previous_until"
_PAGE = text(f"select {_COLUMNS} from webhook_endpoint order by endpoint_id")
_ONE = text(f"select {_COLUMNS} from webhook_endpoint where endpoint_id = :endpoint_id")
_ANY = text("select exists (select from webhook_endpoint)")
_INSERT = text(
    "insert into webhook_endpoint (endpoint_id, url, types, secret, created_by, created_at)"
    " values (:endpoint_id, :url, cast(:types as jsonb), :secret, :actor, :now)"
)
_CHANGE = text(
    "update webhook_endpoint set url = coalesce(:url, url), types = coalesce(cast(:types as jsonb), types),"
    " paused_until = null where endpoint_id = :endpoint_id"
)
_ROTATE = text(
    "update webhook_endpoint set previous_secret = secret, previous_until = :until, secret = :secret"
    " where endpoint_id = :endpoint_id"
)
_DISABLE = text(
    "update webhook_endpoint set disabled_at = :now, disabled_for = :why"
    " where endpoint_id = :endpoint_id and disabled_at is null"
)
_KEEP = text(
    "update webhook_delivery set state = 'failed', next_at = null"
    " where endpoint_id = :endpoint_id and state = 'waiting'"
)
_ENABLE = text(
    "update webhook_endpoint set disabled_at = null, disabled_for = null, paused_until = null"
    " where endpoint_id = :endpoint_id"
)
_DELETE = text("delete from webhook_endpoint where endpoint_id = :endpoint_id")
_SECRETS = text("select secret, previous_secret, previous_until from webhook_endpoint where endpoint_id = :endpoint_id")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and what it is told of; never its secret."""

    endpoint_id: UUID
    url: str
    types: list[str]
    created_by: str
    created_at: datetime
    disabled_at: datetime | None
    disabled_for: str | None
    paused_until: datetime | None
    previous_until: datetime | None


def parts_of_url(url: str) -> SplitResult | None:
    """The parts of an address that may be told; none for what is no such address, or holds a user or a password."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if sound and parts.username is None and parts.password is None else None


def list_endpoints(session: Session) -> list[Endpoint]:
    """All of them, the oldest first."""
    return [Endpoint(*row) for row in session.execute(_PAGE)]


def read_endpoint(session: Session, endpoint_id: UUID) -> Endpoint:
    """One of them. Raises UnknownThing."""
    row = session.execute(_ONE, {"endpoint_id": endpoint_id}).one_or_none()
    if row is None:
        raise UnknownThing("webhook", str(endpoint_id))
    return Endpoint(*row)


def create_endpoint(
    session: Session, *, url: str, types: Sequence[str], fernet: MultiFernet, actor: str, now: datetime
) -> tuple[Endpoint, str]:
    """A new endpoint, told of what happens from now on, and its secret, which is shown only now."""
    if not session.execute(_ANY).scalar():
        begin(session)
    secret, endpoint_id = urandom(SECRET_BYTES), uuid7()
    row: dict[str, Any] = {"endpoint_id": endpoint_id, "url": url, "types": _as_json(types), "actor": actor, "now": now}
    session.execute(_INSERT, {**row, "secret": fernet.encrypt(secret)})
    return read_endpoint(session, endpoint_id), _shown(secret)


def change_endpoint(
    session: Session, endpoint_id: UUID, *, url: str | None = None, types: Sequence[str] | None = None
) -> Endpoint:
    """Another address, or other types from now on. Raises UnknownThing."""
    read_endpoint(session, endpoint_id)
    change = {"endpoint_id": endpoint_id, "url": url, "types": None if types is None else _as_json(types)}
    session.execute(_CHANGE, change)
    return read_endpoint(session, endpoint_id)


def rotate_secret(session: Session, endpoint_id: UUID, *, fernet: MultiFernet, now: datetime) -> tuple[Endpoint, str]:
    """A new secret; the one before it signs beside it for BOTH_SIGN_FOR. Raises UnknownThing."""
    read_endpoint(session, endpoint_id)
    secret = urandom(SECRET_BYTES)
    row = {"endpoint_id": endpoint_id, "secret": fernet.encrypt(secret), "until": now + BOTH_SIGN_FOR}
    session.execute(_ROTATE, row)
    return read_endpoint(session, endpoint_id), _shown(secret)


def disable_endpoint(session: Session, endpoint_id: UUID, *, why: Why, now: datetime) -> Endpoint:
    """Send nothing more; what waits is kept, and can be sent again. Raises UnknownThing."""
    read_endpoint(session, endpoint_id)
    session.execute(_DISABLE, {"endpoint_id": endpoint_id, "why": why, "now": now})
    session.execute(_KEEP, {"endpoint_id": endpoint_id})
    return read_endpoint(session, endpoint_id)


def enable_endpoint(session: Session, endpoint_id: UUID) -> Endpoint:
    """Send again what happens from now on. Raises UnknownThing."""
    read_endpoint(session, endpoint_id)
    session.execute(_ENABLE, {"endpoint_id": endpoint_id})
    return read_endpoint(session, endpoint_id)


def delete_endpoint(session: Session, endpoint_id: UUID) -> Endpoint:
    """Forget an endpoint with its deliveries; answers what it was. Raises UnknownThing."""
    endpoint = read_endpoint(session, endpoint_id)
    session.execute(_DELETE, {"endpoint_id": endpoint_id})
    return endpoint


def signers_of(session: Session, endpoint_id: UUID, *, fernet: MultiFernet, now: datetime) -> list[Webhook]:
    """What signs for the endpoint now: its secret, and during a rotation the one before."""
    row = session.execute(_SECRETS, {"endpoint_id": endpoint_id}).one()
    secrets = [row.secret]
    if row.previous_secret is not None and now < row.previous_until:
        secrets.append(row.previous_secret)
    return [Webhook(fernet.decrypt(bytes(secret))) for secret in secrets]


def _as_json(types: Sequence[str]) -> str:
    return orjson.dumps(sorted(set(types))).decode()


def _shown(secret: bytes) -> str:
    return "whsec_" + b64encode(secret).decode()
