"""Check-ins."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables import APPEND_ONLY, Base


class Attendance(Base):
    """One check-in per member and community day, with its place of the day. Streaks are derived from `day` alone."""

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("day", "place"),
        CheckConstraint("place > 0", name="place"),
        CheckConstraint("origin in ('check-in', 'import')", name="origin"),
        {"info": APPEND_ONLY},
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    place: Mapped[int]
    streak: Mapped[int]
    origin: Mapped[str]
    transfer_id: Mapped[UUID | None]
    checked_in_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class AttendanceDay(Base):
    """How many have checked in on a day: the counter that hands out places."""

    __tablename__ = "attendance_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    members: Mapped[int]


class Greeting(Base):
    """What a member said on checking in: beside the attendance, erasable."""

    __tablename__ = "greeting"
    __table_args__ = (CheckConstraint("char_length(greeting) between 1 and 100", name="length"),)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    greeting: Mapped[str]
