"""Accounts, their entries, and what staff wrote beside them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables.declarative import APPEND_ONLY, Base


class Account(Base):
    """A member's place in the ledger. `balance` is the sum of its entries and `version` their number.

    `lapsing` is what remains in its lots: part of what is available, taken first.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("lapsing >= 0", name="lapsing"),
        CheckConstraint("version >= 0 and decisions >= 0", name="counts"),
        CheckConstraint("octet_length(head) = 32 and octet_length(decision_head) = 32", name="heads"),
        {"postgresql_with": {"fillfactor": 70}, "info": {"protection": "account"}},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    balance: Mapped[int] = mapped_column(server_default="0")
    held: Mapped[int] = mapped_column(server_default="0")
    lapsing: Mapped[int] = mapped_column(server_default="0")
    lifetime: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int] = mapped_column(server_default="0")
    head: Mapped[bytes] = mapped_column(server_default=text(r"'\x" + "00" * 32 + "'::bytea"))
    decisions: Mapped[int] = mapped_column(server_default="0")
    decision_head: Mapped[bytes] = mapped_column(server_default=text(r"'\x" + "00" * 32 + "'::bytea"))
    recorded_at: Mapped[datetime]


class Entry(Base):
    """One immutable, signed movement of points on one account, naming its contra.

    `season` and `month` are the periods it counts in (none for what no leaderboard counts). `award_seq` names the
    award that a reversal or restore is about, `reverses` the entry directly before it in that line.
    """

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint("points <> 0", name="points"),
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint("held_after >= 0", name="held"),
        CheckConstraint(
            "points > 0 or balance_after - held_after >= 0 or kind in ('reversal', 'penalty', 'capture', 'merge')"
            " or (kind = 'adjustment' and overdraft)",
            name="affordable",
        ),
        CheckConstraint(
            "kind in ('award', 'charge', 'penalty', 'reversal', 'restore', 'capture', 'refund', 'adjustment',"
            " 'transfer', 'grant', 'expiry', 'merge')",
            name="kind",
        ),
        CheckConstraint("(kind in ('reversal', 'restore')) = (reverses is not null)", name="reverses"),
        CheckConstraint("(reverses is null) = (award_seq is null)", name="award"),
        CheckConstraint("octet_length(hash) = 32", name="hash"),
        Index(
            "entry_reverses_key", "account_id", "reverses", unique=True, postgresql_where=text("reverses is not null")
        ),
        Index("entry_late_idx", "recorded_at", postgresql_where=text("reverses is not null and season is null")),
        {"info": APPEND_ONLY},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    points: Mapped[int]
    kind: Mapped[str]
    contra: Mapped[str]
    transfer_id: Mapped[UUID]
    balance_after: Mapped[int]
    held_after: Mapped[int]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    season: Mapped[date | None]
    month: Mapped[date | None]
    reverses: Mapped[int | None]
    award_seq: Mapped[int | None]
    overdraft: Mapped[bool] = mapped_column(server_default=text("false"))
    note_digest: Mapped[bytes | None]
    hash: Mapped[bytes]


class EntryNote(Base):
    """Why staff moved points: beside the entry, so that it can be erased; the entry's hash covers its salted digest."""

    __tablename__ = "entry_note"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[str]
    actor: Mapped[str]
    salt: Mapped[bytes]
