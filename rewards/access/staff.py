"""Staff accounts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from rewards.access.passwords import hash_password
from rewards.access.scopes import Role
from rewards.errors import NameTaken, UnknownThing

_COLUMNS = "staff_id, name, role, created_at, disabled_at"
_INSERT = text(
    "insert into staff (staff_id, name, password_hash, role, created_at)"
    " values (:staff_id, :name, :password_hash, :role, :now)"
    " on conflict (name) do nothing returning 1"
)
_LIST = text(f"select {_COLUMNS} from staff order by created_at, staff_id")
_FIND = text(f"select {_COLUMNS} from staff where name = :name")
_DISABLE = text(f"update staff set disabled_at = coalesce(disabled_at, :now) where name = :name returning {_COLUMNS}")
_PASSWORD = text(f"update staff set password_hash = :password_hash where name = :name returning {_COLUMNS}")
_ROLE = text(f"update staff set role = :role where name = :name returning {_COLUMNS}")
_SIGN_OUT_ALL = text("update staff_session set revoked_at = :now where staff_id = :staff_id and revoked_at is null")
_FORGET_FAILURES = text("delete from sign_in_failure where name = :name")


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody of the staff, without the password."""

    staff_id: UUID
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


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


def find_staff(session: Session, name: str) -> StaffMember:
    """The account of that name. Raises UnknownThing."""
    row = session.execute(_FIND, {"name": name}).one_or_none()
    return _known(row, name)


def disable_staff(session: Session, name: str, *, now: datetime) -> StaffMember:
    """Close an account and end its sign-ins; harmless twice. Raises UnknownThing."""
    person = _known(session.execute(_DISABLE, {"name": name, "now": now}).one_or_none(), name)
    session.execute(_SIGN_OUT_ALL, {"staff_id": person.staff_id, "now": now})
    return person


def set_password(session: Session, name: str, *, password: str, now: datetime) -> StaffMember:
    """Another password: ends the sign-ins made with the old one, and forgets failures. Raises UnknownThing."""
    row = {"name": name, "password_hash": hash_password(password)}
    person = _known(session.execute(_PASSWORD, row).one_or_none(), name)
    session.execute(_SIGN_OUT_ALL, {"staff_id": person.staff_id, "now": now})
    session.execute(_FORGET_FAILURES, {"name": name})
    return person


def set_role(session: Session, name: str, *, role: Role) -> StaffMember:
    """Another role, from the next click on. Raises UnknownThing."""
    return _known(session.execute(_ROLE, {"name": name, "role": role}).one_or_none(), name)


def _known(row: object, name: str) -> StaffMember:
    if row is None:
        raise UnknownThing("staff account", name)
    return StaffMember(*row)  # pyright: ignore[reportGeneralTypeIssues]  # a Row unpacks
