"""Accounts of staff, as the operator makes and changes them, with their lines in the audit. The caller commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from rewards.access.audit import note
from rewards.access.scopes import Role
from rewards.access.staff import StaffMember, create_staff, disable_staff, set_password, set_role

OPERATOR = "operator"
"""Whoever may run commands on the service's machine."""


def open_account(session: Session, *, name: str, password: str, role: Role, now: datetime) -> StaffMember:
    """A new account. Raises NameTaken."""
    person = create_staff(session, name=name, password=password, role=role, now=now)
    _note(session, person, action="staff.create", role=role, now=now)
    return person


def replace_password(session: Session, name: str, *, password: str, now: datetime) -> StaffMember:
    """A new password; sign-ins with the old one are over, and so is any wait after failures. Raises UnknownThing."""
    person = set_password(session, name, password=password, now=now)
    _note(session, person, action="staff.password", now=now)
    return person


def change_role(session: Session, name: str, *, role: Role, now: datetime) -> StaffMember:
    """Another role, from the next click on. Raises UnknownThing."""
    person = set_role(session, name, role=role)
    _note(session, person, action="staff.role", role=role, now=now)
    return person


def close_account(session: Session, name: str, *, now: datetime) -> StaffMember:
    """Close an account and end its sign-ins. Raises UnknownThing."""
    person = disable_staff(session, name, now=now)
    _note(session, person, action="staff.disable", now=now)
    return person


def _note(session: Session, person: StaffMember, *, action: str, now: datetime, **detail: str) -> None:
    note(session, actor=OPERATOR, action=action, about=f"staff:{person.name}", detail=detail, now=now)
