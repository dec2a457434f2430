"""What the desk keeps: answers, pictures, verifications, the demo."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables import APPEND_ONLY, Base


class IdempotentAnswer(Base):
    """The answer to a request that carried an `Idempotency-Key`, given again byte for byte."""

    __tablename__ = "idempotent_answer"

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[int]
    body: Mapped[bytes]
    recorded_at: Mapped[datetime] = mapped_column(index=True)


class Picture(Base):
    """A picture that staff have uploaded, by the SHA-256 of its content: an address never shows another picture."""

    __tablename__ = "picture"
    __table_args__ = (CheckConstraint("width > 0 and height > 0", name="size"),)

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes]
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class Adjustment(Base):
    """An adjustment that is too large for one of the staff alone: it waits for a second."""

    __tablename__ = "adjustment"
    __table_args__ = (
        CheckConstraint("points <> 0", name="points"),
        CheckConstraint("state in ('waiting', 'approved', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'approved') = (seq is not null)", name="approved"),
        Index("adjustment_waiting_idx", "adjustment_id", postgresql_where=text("state = 'waiting'")),
        {
            "info": {
                "protection": "state",
                "edges": ("waiting>approved", "waiting>refused", "waiting>withdrawn"),
                "mutable": ("state", "seq"),
            }
        },
    )

    adjustment_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"), index=True)
    points: Mapped[int]
    overdraft: Mapped[bool]
    state: Mapped[str]
    seq: Mapped[int | None]


class AdjustmentHistory(Base):
    """Each state that an adjustment has been in, and who of the staff brought it there."""

    __tablename__ = "adjustment_history"
    __table_args__ = (Index("adjustment_history_actor_idx", "actor", "recorded_at"), {"info": APPEND_ONLY})

    adjustment_id: Mapped[UUID] = mapped_column(ForeignKey("adjustment.adjustment_id"), primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str]
    recorded_at: Mapped[datetime]


class AdjustmentReason(Base):
    """Why staff ask for an adjustment, or refuse one: erasable."""

    __tablename__ = "adjustment_reason"

    adjustment_id: Mapped[UUID] = mapped_column(ForeignKey("adjustment.adjustment_id"), primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]


class Verification(Base):
    """One time that everything was compared with the ledger: how many rows, through which block, what was found."""

    __tablename__ = "verification"

    verification_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime] = mapped_column(index=True)
    rows: Mapped[int]
    ranking_compared: Mapped[bool]
    findings: Mapped[int] = mapped_column(Integer)
    first_finding: Mapped[str | None]
    height: Mapped[int | None]


class VerificationRound(Base):
    """One row while a round of verifying goes on, slice after slice: through where it is, and what it found so far.

    `last` is the key through which `part` is verified. Of `of_accounts`, so many as there were when it began.
    """

    __tablename__ = "verification_round"
    __table_args__ = (CheckConstraint("one_row", name="single"),)

    one_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    part: Mapped[str]
    last: Mapped[str]
    accounts: Mapped[int]
    of_accounts: Mapped[int]
    rows: Mapped[int]
    findings: Mapped[int]
    first_finding: Mapped[str | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]


class Demo(Base):
    """One row, once the demo has run: by how many weeks its messages were moved; a second run sends the same."""

    __tablename__ = "demo"
    __table_args__ = (CheckConstraint("one_row", name="single"),)

    one_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    shift_weeks: Mapped[int]
    chosen_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
