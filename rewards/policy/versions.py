"""The versions of the policy that were ever applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.errors import UnknownThing

_COLUMNS = "version, valid_from, applied_by, applied_at, document -> 'policy' as document"
_ONE = text(f"select {_COLUMNS} from policy where version = :version")
_IN_FORCE = text(f"select {_COLUMNS} from policy where valid_from <= :now order by version desc limit 1")
_PAGE = text(
    "select version, valid_from, applied_by, applied_at from policy"
    " where version < coalesce(cast(:before as bigint), 9223372036854775807) order by version desc limit :limit"
)
_WAS_APPLIED = text("select exists (select from policy where digest = :digest)")


@dataclass(frozen=True, slots=True)
class Version:
    """One version; in force from `valid_from` (UTC) until a newer one is."""

    version: int
    valid_from: datetime
    applied_by: str
    applied_at: datetime


@dataclass(frozen=True, slots=True)
class Stored(Version):
    """A version with its document."""

    document: Mapping[str, Any]


def list_versions(session: Session, *, limit: int, before: int | None = None) -> list[Version]:
    """A page of them, the newest first."""
    return [Version(*row) for row in session.execute(_PAGE, {"limit": limit, "before": before})]


def read_version(session: Session, version: int) -> Stored:
    """One of them. Raises UnknownThing."""
    row = session.execute(_ONE, {"version": version}).one_or_none()
    if row is None:
        raise UnknownThing("policy", str(version))
    return Stored(*row)


def version_in_force(session: Session, *, now: datetime) -> Stored | None:
    """The one in force; none before the first."""
    row = session.execute(_IN_FORCE, {"now": now}).one_or_none()
    return None if row is None else Stored(*row)


def was_applied(session: Session, digest: bytes) -> bool:
    """Whether a document was a version before."""
    return bool(session.execute(_WAS_APPLIED, {"digest": digest}).scalar())
