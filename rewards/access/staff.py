"""Staff accounts and their sign-ins."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from rewards.access.passwords import hash_password, is_password
from rewards.access.scopes import ROLES, Caller, Role
from rewards.access.secrets import STAFF_PREFIX, digest_of, new_secret
from rewards.errors import NameTaken, NotSignedIn, UnknownThing

SESSION_LASTS = timedelta(hours=12)

_COLUMNS = "staff_id, name, role, created_at, disabled_at"
_INSERT = text(
    "insert into staff (staff_id, name, password_hash, role, created_at)"
    " values (:staff_id, :name, :password_hash, :role, :now)"
    " on conflict (name) do nothing returning 1"
)
_LIST = text(f"select {_COLUMNS} from staff order by created_at, staff_id")
_PASSWORD = text(f"select {_COLUMNS}, password_hash from staff where name = :name and disabled_at is null")
_DISABLE = text(f"update staff set disabled_at = coalesce(disabled_at, :now) where name = :name returning {_COLUMNS}")
_SIGN_OUT_ALL = text("update staff_session set revoked_at = :now where staff_id = :staff_id and revoked_at is null")
_SIGN_OUT = text("update staff_session set revoked_at = :now where digest = :digest and revoked_at is null")
_SIGN_IN = text(
    "insert into staff_session (digest, staff_id, created_at, expires_at)"
    " values (:digest, :staff_id, :now, :expires_at)"
)
_SESSION = text(
    "select s.staff_id, s.name, s.role, s.disabled_at, t.expires_at, t.revoked_at"
    " from staff_session t join staff s using (staff_id) where t.digest = :digest"
)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody of the staff, without the password."""

    staff_id: UUID
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in; the token is shown now and never again."""

    token: str
    expires_at: datetime
    staff: StaffMember


def create_staff(session: Session, *, name: str, password: str, role: Role, now: datetime) -> StaffMember:
    """A new staff account. Raises NameTaken."""
    person = StaffMember(uuid7(), name, role, now, None)
    row = {
        "staff_id": person.staff_id,
        "name": name,
        "password_hash": hash_password(password),
        "role": role,
        "now": now,
    }
    if session.execute(_INSERT, row).one_or_none() is None:
        raise NameTaken("staff account", name)
    return person


def list_staff(session: Session) -> list[StaffMember]:
    """All staff accounts, also disabled ones."""
    return [StaffMember(*row) for row in session.execute(_LIST)]


def disable_staff(session: Session, name: str, *, now: datetime) -> StaffMember:
    """Close an account and end its sign-ins; harmless twice. Raises UnknownThing."""
    row = session.execute(_DISABLE, {"name": name, "now": now}).one_or_none()
    if row is None:
        raise UnknownThing("staff account", name)
    session.execute(_SIGN_OUT_ALL, {"staff_id": row.staff_id, "now": now})
    return StaffMember(*row)


def sign_in(session: Session, *, name: str, password: str, now: datetime) -> SignedIn:
    """Sign somebody of the staff in. Raises NotSignedIn, in the same words whether name or password is wrong."""
    row = session.execute(_PASSWORD, {"name": name}).one_or_none()
    if not is_password(password, row.password_hash if row else None) or row is None:
        raise NotSignedIn("Name or password is not right.")
    token, expires_at = new_secret(STAFF_PREFIX), now + SESSION_LASTS
    parameters = {"digest": digest_of(token), "staff_id": row.staff_id, "now": now, "expires_at": expires_at}
    session.execute(_SIGN_IN, parameters)
    return SignedIn(token, expires_at, StaffMember(*row[:5]))


def sign_out(session: Session, token: str, *, now: datetime) -> None:
    """End a sign-in; harmless twice."""
    session.execute(_SIGN_OUT, {"digest": digest_of(token), "now": now})


def caller_on_staff(session: Session, token: str, *, now: datetime) -> Caller:
    """Whoever signed in with the token. Raises NotSignedIn."""
    row = session.execute(_SESSION, {"digest": digest_of(token)}).one_or_none()
    if row is None or row.revoked_at is not None or row.disabled_at is not None:
        raise NotSignedIn("The staff token is not valid (any more). POST /v1/staff/sessions gives a new one.")
    if row.expires_at <= now:
        raise NotSignedIn(f"The staff token expired at {row.expires_at:%Y-%m-%dT%H:%M:%SZ}. Sign in again.")
    scopes = ROLES[row.role]
    return Caller(
        kind="staff", id=f"staff:{row.staff_id}", actor=f"staff:{row.name}", scopes=scopes, staff_id=row.staff_id
    )
