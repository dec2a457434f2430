"""What happened, for those who are told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables.declarative import Base, Xid8


class OutboxGeneration(Base):
    """One row: rises when the cluster changes under the database, since transaction ids start anew there."""

    __tablename__ = "outbox_generation"
    __table_args__ = (CheckConstraint("one_row", name="single"),)

    one_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    generation: Mapped[int]
    system_identifier: Mapped[str]
    pruned_at: Mapped[datetime | None]


class Outbox(Base):
    """What happened, for those who are told: written in the same transaction as what it tells of."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_position_idx", "generation", "xid8", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    generation: Mapped[int] = mapped_column(Integer)
    xid8: Mapped[str] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    topic: Mapped[str]
    account_id: Mapped[UUID | None]
    payload: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
