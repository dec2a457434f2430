"""Who may come in, and who of the staff did what."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables import APPEND_ONLY, Base


class ApiKey(Base):
    """A key of the forum's backend; only its digest is kept."""

    __tablename__ = "api_key"

    key_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    source: Mapped[str] = mapped_column(server_default="forum")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_on: Mapped[date | None]


class Staff(Base):
    """Somebody who fulfils, keeps the catalogue, corrects: `viewer`, `fulfiller` or `manager`."""

    __tablename__ = "staff"
    __table_args__ = (CheckConstraint("role in ('viewer', 'fulfiller', 'manager')", name="role"),)

    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class StaffSession(Base):
    """A staff sign-in; only the token's digest is kept."""

    __tablename__ = "staff_session"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.staff_id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    address: Mapped[str | None]
    agent: Mapped[str | None]
    last_used_at: Mapped[datetime | None]


class SignInFailure(Base):
    """A sign-in of staff that failed, kept for a day: it slows down whoever guesses."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        Index("sign_in_failure_name_idx", "name", "failed_at"),
        Index("sign_in_failure_address_idx", "address", "failed_at"),
    )

    failure_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]
    address: Mapped[str]
    failed_at: Mapped[datetime]


class Audit(Base):
    """Who of the staff did what to whom."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_recorded_at_idx", "recorded_at", "audit_id"),
        Index("audit_about_idx", "about", "audit_id"),
        {"info": APPEND_ONLY},
    )

    audit_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    actor: Mapped[str]
    action: Mapped[str]
    about: Mapped[str]
    detail: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
