"""What somebody outside needs to check a statement: its entries as they were hashed, and their place in a block."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.blocks import Block, Leaf, find_block, hash_of_leaf, leaves_of
from ledger.merkle import path_of
from ledger.postings import EntryRow

_HEIGHT = text(
    "select height from block_leaf where account_id = :account_id and height <= coalesce(cast(:height as bigint),"
    " 9223372036854775807) order by height desc limit 1"
)
_ENTRIES = text(
    f"select {', '.join(EntryRow._fields)} from entry where account_id = :account_id and seq > :after"
    " and seq <= :up_to order by seq limit :limit"
)


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That a leaf is in a block: its index among the leaves, and its audit path from the bottom up."""

    leaf: Leaf
    block: Block
    index: int
    path: tuple[bytes, ...]


def inclusion_of(session: Session, account_id: UUID, *, height: int | None = None) -> Inclusion | None:
    """The proof by the newest block that seals the account, or the newest up to `height`; none if none does."""
    found = session.execute(_HEIGHT, {"account_id": account_id, "height": height}).scalar_one_or_none()
    if found is None:
        return None
    leaves = leaves_of(session, found)
    index = next(number for number, leaf in enumerate(leaves) if leaf.account_id == account_id)
    path = path_of([hash_of_leaf(leaf) for leaf in leaves], index)
    return Inclusion(leaves[index], find_block(session, found), index, tuple(path))


def sealed_entries(session: Session, leaf: Leaf, *, after: int, limit: int) -> list[EntryRow]:
    """The entries that a leaf seals, first one first, from after a `seq` on."""
    parameters = {"account_id": leaf.account_id, "up_to": leaf.version, "after": after, "limit": limit}
    return [EntryRow(*row) for row in session.execute(_ENTRIES, parameters)]
