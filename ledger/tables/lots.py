"""Points that lapse: lots, what was taken of them, and what was told and swept."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables.declarative import APPEND_ONLY, Base


class Lot(Base):
    """Points that lapse together: valid on [earned_at, expires_at). Points that never lapse are in no lot.

    `remaining` is `points` less its uses. `from_lot` names the lot whose points these were, where a hold was released
    after their date or the member was merged.
    """

    __tablename__ = "lot"
    __table_args__ = (
        CheckConstraint("points > 0 and remaining between 0 and points", name="points"),
        CheckConstraint("earned_at < expires_at", name="dates"),
        Index(
            "lot_open_idx", "account_id", "expires_at", "earned_at", "lot_id", postgresql_where=text("remaining > 0")
        ),
        Index("lot_lapsing_idx", "expires_at", postgresql_where=text("remaining > 0")),
        Index("lot_entry_idx", "account_id", "seq"),
        Index("lot_from_lot_idx", "from_lot", postgresql_where=text("from_lot is not null")),
        {"postgresql_with": {"fillfactor": 80}, "info": {"protection": "lot"}},
    )

    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"))
    seq: Mapped[int]
    points: Mapped[int]
    remaining: Mapped[int]
    earned_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    from_lot: Mapped[UUID | None] = mapped_column(ForeignKey("lot.lot_id"))
    recorded_at: Mapped[datetime]


class LotUse(Base):
    """Points taken of a lot (above 0) or put back into it (below 0), by an entry or by a hold."""

    __tablename__ = "lot_use"
    __table_args__ = (
        CheckConstraint("points <> 0", name="points"),
        CheckConstraint("kind in ('spent', 'owed', 'lapsed', 'held', 'released', 'reversed', 'moved')", name="kind"),
        CheckConstraint("seq is not null or hold_id is not null", name="cause"),
        Index("lot_use_entry_idx", "account_id", "seq"),
        Index("lot_use_hold_idx", "hold_id", postgresql_where=text("hold_id is not null")),
        {"info": APPEND_ONLY},
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.lot_id"), primary_key=True)
    use_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[UUID]
    points: Mapped[int]
    kind: Mapped[str]
    seq: Mapped[int | None]
    hold_id: Mapped[UUID | None] = mapped_column(ForeignKey("hold.hold_id"))
    recorded_at: Mapped[datetime]


class LapseNotice(Base):
    """Up to which date a member was told what will lapse, and when."""

    __tablename__ = "lapse_notice"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"), primary_key=True)
    told_at: Mapped[datetime]
    lapses_until: Mapped[datetime]


class LapseRun(Base):
    """A nightly sweep: what it found due, of how many points in all; one that is `stopped` waits for somebody's yes."""

    __tablename__ = "lapse_run"
    __table_args__ = (CheckConstraint("state in ('done', 'stopped', 'allowed')", name="state"),)

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    lots: Mapped[int]
    points: Mapped[int]
    of_points: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    allowed_by: Mapped[str | None]
    allowed_at: Mapped[datetime | None]
