"""Points set aside."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables.declarative import APPEND_ONLY, Base


class Hold(Base):
    """Points set aside; resolved at most once: captured (in part too), released, or expired."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("available_after >= 0", name="affordable"),
        CheckConstraint("captured between 0 and points and (state = 'captured') = (captured > 0)", name="captured"),
        CheckConstraint("state in ('placed', 'captured', 'released', 'expired')", name="state"),
        Index("hold_account_idx", "account_id", "placed_at"),
        Index("hold_placed_idx", "account_id", postgresql_where=text("state = 'placed'")),
        {
            "info": {
                "protection": "state",
                "edges": ("placed>captured", "placed>released", "placed>expired"),
                "mutable": ("state", "captured"),
            }
        },
    )

    hold_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"))
    points: Mapped[int]
    captured: Mapped[int] = mapped_column(server_default="0")
    state: Mapped[str]
    purpose: Mapped[str]
    available_after: Mapped[int]
    placed_at: Mapped[datetime]


class HoldHistory(Base):
    """Each state that a hold has been in."""

    __tablename__ = "hold_history"
    __table_args__ = ({"info": APPEND_ONLY},)

    hold_id: Mapped[UUID] = mapped_column(ForeignKey("hold.hold_id"), primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime]
