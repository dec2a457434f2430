"""What seals the heads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables.declarative import APPEND_ONLY, Base


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
