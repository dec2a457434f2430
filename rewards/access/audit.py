"""The audit: who of the staff did what to what, kept for ever. It names accounts and ids, never members."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

_NOTE = text(
    "insert into audit (actor, action, about, detail, recorded_at)"
    " values (:actor, :action, :about, cast(:detail as jsonb), :now)"
)
_PAGE = text(
    "select audit_id, actor, action, about, detail, recorded_at from audit"
    " where audit_id < coalesce(cast(:before as bigint), 9223372036854775807)"
    " and (cast(:actor as text) is null or actor = :actor) and (cast(:action as text) is null or action = :action)"
    " and (cast(:since as timestamptz) is null or recorded_at >= :since)"
    " and (cast(:until as timestamptz) is null or recorded_at < :until)"
    " order by audit_id desc limit :limit"
)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the audit."""

    audit_id: int
    actor: str
    action: str
    about: str
    detail: dict[str, Any]
    recorded_at: datetime


def note(session: Session, *, actor: str, action: str, about: str, detail: Mapping[str, Any], now: datetime) -> None:
    """Add a line, in the transaction of what it tells of."""
    written = orjson.dumps(dict(detail), default=str).decode()
    session.execute(_NOTE, {"actor": actor, "action": action, "about": about, "detail": written, "now": now})


def read_audit(
    session: Session,
    *,
    limit: int,
    before: int | None = None,
    actor: str | None = None,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[AuditLine]:
    """A page of the audit, newest first; of what was recorded in [since, until)."""
    parameters = {"before": before, "actor": actor, "action": action, "limit": limit, "since": since, "until": until}
    return [AuditLine(*row) for row in session.execute(_PAGE, parameters)]
