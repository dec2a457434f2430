"""Events with the decisions that were answered."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables.declarative import APPEND_ONLY, BYTES_ORDER, Base


class Event(Base):
    """Something that happened on the forum, with the decision that was answered, for ever."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("account_id", "decision_no"),
        CheckConstraint("char_length(source) between 1 and 255 and char_length(event_id) between 1 and 255", name="id"),
        CheckConstraint(
            "outcome in ('awarded', 'charged', 'penalised', 'capped', 'declined', 'ignored', 'reversed',"
            " 'restored', 'rejected')",
            name="outcome",
        ),
        CheckConstraint("octet_length(hash) = 32 and octet_length(fingerprint) = 32", name="hash"),
        Index("event_subject_idx", "subject", "type", "account_id", postgresql_where=text("subject is not null")),
        Index("event_recorded_at_idx", "recorded_at"),
        {"info": APPEND_ONLY},
    )

    source: Mapped[str] = mapped_column(Text(collation=BYTES_ORDER), primary_key=True)
    event_id: Mapped[str] = mapped_column(Text(collation=BYTES_ORDER), primary_key=True)
    account_id: Mapped[UUID]
    decision_no: Mapped[int]
    type: Mapped[str] = mapped_column(Text(collation=BYTES_ORDER))
    subject: Mapped[str | None] = mapped_column(Text(collation=BYTES_ORDER))
    board: Mapped[str | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    fingerprint: Mapped[bytes]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    rule: Mapped[str | None]
    points_asked: Mapped[int]
    points: Mapped[int]
    transfer_id: Mapped[UUID | None]
    seq: Mapped[int | None]
    balance: Mapped[int]
    available: Mapped[int]
    season: Mapped[date | None]
    season_points: Mapped[int | None]
    level: Mapped[str]
    level_up: Mapped[bool]
    hash: Mapped[bytes]


class EventData(Base):
    """What the forum sent along with an event: kept for simulation, erasable."""

    __tablename__ = "event_data"

    source: Mapped[str] = mapped_column(Text(collation=BYTES_ORDER), primary_key=True)
    event_id: Mapped[str] = mapped_column(Text(collation=BYTES_ORDER), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(index=True)
    data: Mapped[dict[str, Any]]
