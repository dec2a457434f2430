"""Sign-ins of staff: made, used, listed, ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.access.scopes import ROLES, Caller
from rewards.access.secrets import STAFF_PREFIX, digest_of, new_secret
from rewards.access.staff import StaffMember
from rewards.errors import NotSignedIn, UnknownThing

SESSION_LASTS = timedelta(hours=12)
USE_NOTED_EVERY = timedelta(minutes=1)
AGENT_LENGTH_MAX = 300
ID_DIGITS = 16
LISTED_MAX = 200

_OPEN = text(
    "insert into staff_session (digest, staff_id, created_at, expires_at, address, agent, last_used_at)"
    " values (:digest, :staff_id, :now, :expires_at, :address, :agent, :now)"
)
_FIND = text(
    "select s.staff_id, s.name, s.role, s.disabled_at, t.expires_at, t.revoked_at, t.last_used_at"
    " from staff_session t join staff s using (staff_id) where t.digest = :digest"
)
_USED = text("update staff_session set last_used_at = :now where digest = :digest")
_CLOSE = text("update staff_session set revoked_at = :now where digest = :digest and revoked_at is null returning 1")
_LIST = text(
    "select left(encode(t.digest, 'hex'), :digits) as session_id, t.digest, s.staff_id, s.name,"
    " t.created_at, t.expires_at, t.address, t.agent, t.last_used_at"
    " from staff_session t join staff s using (staff_id)"
    " where t.revoked_at is null and t.expires_at > :now and s.disabled_at is null"
    " and (cast(:staff_id as uuid) is null or t.staff_id = :staff_id)"
    " and (cast(:but as uuid) is null or t.staff_id <> :but)"
    " order by t.created_at desc, t.digest limit :limit"
)
_REVOKE = text(
    "update staff_session t set revoked_at = :now from staff s where s.staff_id = t.staff_id and t.revoked_at is null"
    " and t.expires_at > :now and left(encode(t.digest, 'hex'), :digits) = :session_id"
    " and (cast(:staff_id as uuid) is null or t.staff_id = :staff_id) returning s.name"
)
_REVOKE_OTHERS = text(
    "update staff_session set revoked_at = :now where staff_id = :staff_id and revoked_at is null"
    " and expires_at > :now and digest <> :kept returning 1"
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in; the token is shown now and never again."""

    token: str
    expires_at: datetime
    staff: StaffMember


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """A sign-in that is good now. `session_id` names it, and can't be used to come in; `present` is the asker's own."""

    session_id: str
    staff_id: UUID
    name: str
    created_at: datetime
    expires_at: datetime
    address: str | None
    agent: str | None
    last_used_at: datetime | None
    present: bool


def open_session(
    session: Session, person: StaffMember, *, address: str | None, agent: str | None, now: datetime
) -> SignedIn:
    """A sign-in with a token of its own, never used before."""
    token, expires_at = new_secret(STAFF_PREFIX), now + SESSION_LASTS
    row = {"digest": digest_of(token), "staff_id": person.staff_id, "now": now, "expires_at": expires_at}
    session.execute(_OPEN, {**row, "address": address, "agent": (agent or "")[:AGENT_LENGTH_MAX] or None})
    return SignedIn(token, expires_at, person)


def close_session(session: Session, token: str, *, now: datetime) -> bool:
    """End a sign-in; False if it had ended before."""
    return session.execute(_CLOSE, {"digest": digest_of(token), "now": now}).one_or_none() is not None


def list_sessions(
    session: Session,
    *,
    now: datetime,
    staff_id: UUID | None = None,
    but: UUID | None = None,
    token: str = "",
    limit: int = LISTED_MAX,
) -> list[StaffSession]:
    """The sign-ins that are good now, newest first; of one person, of all, or of all but one."""
    own = digest_of(token)
    parameters = {"digits": ID_DIGITS, "now": now, "staff_id": staff_id, "but": but, "limit": limit}
    rows = session.execute(_LIST, parameters)
    return [
        StaffSession(
            session_id=row.session_id,
            staff_id=row.staff_id,
            name=row.name,
            created_at=row.created_at,
            expires_at=row.expires_at,
            address=row.address,
            agent=row.agent,
            last_used_at=row.last_used_at,
            present=bytes(row.digest) == own,
        )
        for row in rows
    ]


def revoke_session(session: Session, session_id: str, *, now: datetime, staff_id: UUID | None = None) -> str:
    """End a sign-in by its id, of one person only where `staff_id` is given; whose it was. Raises UnknownThing."""
    row = {"session_id": session_id, "digits": ID_DIGITS, "staff_id": staff_id, "now": now}
    names = session.execute(_REVOKE, row).scalars().all()
    if not names:
        raise UnknownThing("sign-in", session_id)
    return names[0]


def revoke_other_sessions(session: Session, staff_id: UUID, *, token: str = "", now: datetime) -> int:
    """End somebody's sign-ins but the one with the token; how many."""
    return len(session.execute(_REVOKE_OTHERS, {"staff_id": staff_id, "kept": digest_of(token), "now": now}).all())


def caller_on_staff(session: Session, token: str, *, now: datetime) -> Caller:
    """Whoever signed in with the token. Notes the use, once a minute at most. Raises NotSignedIn."""
    digest = digest_of(token)
    row = session.execute(_FIND, {"digest": digest}).one_or_none()
    if row is None or row.revoked_at is not None or row.disabled_at is not None:
        raise NotSignedIn("The staff token is not valid (any more). POST /v1/staff/sessions gives a new one.")
    if row.expires_at <= now:
        raise NotSignedIn(f"The staff token expired at {row.expires_at:%Y-%m-%dT%H:%M:%SZ}. Sign in again.")
    if row.last_used_at is None or row.last_used_at <= now - USE_NOTED_EVERY:
        session.execute(_USED, {"digest": digest, "now": now})
    scopes = ROLES[row.role]
    return Caller(
        kind="staff", id=f"staff:{row.staff_id}", actor=f"staff:{row.name}", scopes=scopes, staff_id=row.staff_id
    )
