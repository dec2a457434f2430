"""The ledger's tables, and the declarative `Base` that the market and the rewards service build on.

Points are whole numbers, times are UTC. A table marked `APPEND_ONLY` is protected twice: the service's role holds
neither UPDATE nor DELETE on it, and a trigger refuses both, and TRUNCATE, even to the owner. A table marked
`state_edges` has one
`state` column that moves only along the listed edges, each in the transaction that inserts its line of history.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry
from sqlalchemy.types import UserDefinedType

APPEND_ONLY = {"protection": "append_only"}
EMPTY_HEAD = b"\x00" * 32
BYTES_ORDER = "C"
"""Collation for what the outside names: compared and sorted by its bytes."""


class Xid8(UserDefinedType[str]):
    """A transaction id that never wraps; psycopg hands it over as text, so it is compared in SQL only."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
TYPES: dict[Any, Any] = {
    int: BigInteger,
    str: Text,
    bytes: LargeBinary,
    date: Date,
    datetime: DateTime(timezone=True),
    UUID: Uuid,
    dict[str, Any]: JSONB,
    list[Any]: JSONB,
}


class Base(DeclarativeBase):
    """Shared by all packages, so that one migration history and one transaction span them."""

    registry = registry(metadata=MetaData(naming_convention=NAMES), type_annotation_map=TYPES)


class Account(Base):
    """A member's place in the ledger. `balance` is the sum of its entries and `version` their number."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("version >= 0 and decisions >= 0", name="counts"),
        CheckConstraint("octet_length(head) = 32 and octet_length(decision_head) = 32", name="heads"),
        {"postgresql_with": {"fillfactor": 70}, "info": {"protection": "account"}},
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    balance: Mapped[int] = mapped_column(server_default="0")
    held: Mapped[int] = mapped_column(server_default="0")
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
            "points > 0 or balance_after - held_after >= 0 or kind in ('reversal', 'penalty', 'capture')"
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


class Hold(Base):
    """Points set aside; resolved at most once: captured (in part too), released, or expired."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("available_after >= 0", name="affordable"),
        CheckConstraint("captured between 0 and points and (state = 'captured') = (captured > 0)", name="captured"),
        CheckConstraint("state in ('placed', 'captured', 'released', 'expired')", name="state"),
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


class OutboxGeneration(Base):
    """One row: rises when the cluster changes under the database, since transaction ids start anew there."""

    __tablename__ = "outbox_generation"
    __table_args__ = (CheckConstraint("one_row", name="single"),)

    one_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    generation: Mapped[int]
    system_identifier: Mapped[str]
    pruned_at: Mapped[datetime | None]


class Block(Base):
    """A signed Merkle root over the accounts that changed since the block before.

    `generation` and `snapshot` say what was visible then; none where the next block has to look at all accounts.
    """

    __tablename__ = "block"
    __table_args__ = (
        CheckConstraint("height > 0 and leaves > 0", name="counts"),
        CheckConstraint("octet_length(previous) = 32 and octet_length(root) = 32", name="links"),
        CheckConstraint("octet_length(hash) = 32 and octet_length(signature) = 64", name="signed"),
        {"info": APPEND_ONLY},
    )

    height: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    previous: Mapped[bytes]
    root: Mapped[bytes]
    leaves: Mapped[int] = mapped_column(Integer)
    sealed_at: Mapped[datetime]
    hash: Mapped[bytes]
    key_id: Mapped[str]
    signature: Mapped[bytes]
    generation: Mapped[int | None] = mapped_column(Integer)
    snapshot: Mapped[str | None]


class BlockLeaf(Base):
    """An account as a block sealed it."""

    __tablename__ = "block_leaf"
    __table_args__ = (Index("block_leaf_account_idx", "account_id", "height"), {"info": APPEND_ONLY})

    height: Mapped[int] = mapped_column(ForeignKey("block.height"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    head: Mapped[bytes]
    decisions: Mapped[int]
    decision_head: Mapped[bytes]


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
