"""API keys of the forum's backend: several are valid at once, so that they can be rotated."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from rewards.access.scopes import Caller, with_included
from rewards.access.secrets import KEY_PREFIX, digest_of, new_secret
from rewards.errors import NameTaken, NotSignedIn, UnknownThing

_COLUMNS = "key_id, name, scopes, source, created_at, expires_at, revoked_at, last_used_on"
_FIND = text(f"select {_COLUMNS} from api_key where digest = :digest")
_LIST = text(f"select {_COLUMNS} from api_key order by created_at, key_id")
_NAMED = text("select 1 from api_key where name = :name and revoked_at is null")
_INSERT = text(
    "insert into api_key (key_id, name, digest, scopes, source, created_at, expires_at)"
    " values (:key_id, :name, :digest, to_jsonb(cast(:scopes as text[])), :source, :now, :expires_at)"
)
_REVOKE = text(
    f"update api_key set revoked_at = coalesce(revoked_at, :now) where key_id = :key_id returning {_COLUMNS}"
)
_USED = text("update api_key set last_used_on = :day where key_id = :key_id and last_used_on is distinct from :day")
_LOCK = text("select pg_advisory_xact_lock(hashtext('rewards api_key'))")


@dataclass(frozen=True, slots=True)
class Key:
    """An API key, without its secret."""

    key_id: UUID
    name: str
    scopes: tuple[str, ...]
    source: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None


def create_key(
    session: Session,
    *,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    source: str = "forum",
    expires_at: datetime | None = None,
) -> tuple[Key, str]:
    """A new key and its secret, shown now and never again. Raises NameTaken while a key of that name is valid."""
    session.execute(_LOCK)
    if session.execute(_NAMED, {"name": name}).one_or_none():
        raise NameTaken("key", name)
    secret = new_secret(KEY_PREFIX)
    key = Key(uuid7(), name, tuple(sorted(set(scopes))), source, now, expires_at, None, None)
    row = {"key_id": key.key_id, "name": name, "scopes": list(key.scopes), "source": source, "expires_at": expires_at}
    session.execute(_INSERT, {**row, "digest": digest_of(secret), "now": now})
    return key, secret


def list_keys(session: Session) -> list[Key]:
    """All keys, also those that are over, in the order of their making."""
    return [_key(row) for row in session.execute(_LIST)]


def revoke_key(session: Session, key_id: UUID, *, now: datetime) -> Key:
    """End a key at once; harmless twice. Raises UnknownThing."""
    row = session.execute(_REVOKE, {"key_id": key_id, "now": now}).one_or_none()
    if row is None:
        raise UnknownThing("key", str(key_id))
    return _key(row)


def caller_with_key(session: Session, secret: str, *, now: datetime) -> Caller:
    """Whoever holds the secret. Notes the day of the use. Raises NotSignedIn."""
    row = session.execute(_FIND, {"digest": digest_of(secret)}).one_or_none()
    if row is None:
        raise NotSignedIn("The API key is not known here. `rewards api-key create` makes one.")
    key = _key(row)
    if key.revoked_at is not None:
        raise NotSignedIn("The API key was revoked. Use another one.")
    if key.expires_at is not None and key.expires_at <= now:
        raise NotSignedIn(f"The API key expired at {key.expires_at:%Y-%m-%dT%H:%M:%SZ}. Use another one.")
    if key.last_used_on != now.date():
        session.execute(_USED, {"key_id": key.key_id, "day": now.date()})
    scopes = with_included(frozenset(key.scopes))
    return Caller(kind="key", id=f"key:{key.key_id}", actor=f"key:{key.name}", scopes=scopes, source=key.source)


def _key(row: object) -> Key:
    key_id, name, scopes, *rest = row  # pyright: ignore[reportGeneralTypeIssues]  # a Row unpacks
    return Key(key_id, name, tuple(scopes), *rest)
