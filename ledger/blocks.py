"""Blocks that seal the heads (promise 8): from time to time, a signed Merkle root over every account that has changed.

A block's leaves are the changed accounts' (account_id, version, head, decisions, decision_head), sorted by account_id.
Blocks are chained; whoever outside keeps one block's hash can later hold the whole history before it to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ledger.arrays import named
from ledger.chain import encode, link
from ledger.locks import own_sealing
from ledger.merkle import leaf_hash, root_of
from ledger.signing import Keyring
from ledger.tables import EMPTY_HEAD
from ledger.tail import Ground, Sight, accounts_since, is_past, stand

BLOCK_DOMAIN = b"\x04"
LEAVES_MAX = 50_000
"""Of one block, so that sealing stays small; what is left over goes into the next at once."""
TOPICS = ("points", "attendance", "redemption", "decided")
"""Whatever writes entries or decisions tells of it on one of these."""


class Leaf(NamedTuple):
    """An account as a block seals it."""

    account_id: UUID
    version: int
    head: bytes
    decisions: int
    decision_head: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A sealed block. `previous` is the hash of the one before, all zero for the first; `leaves` their number."""

    height: int
    previous: bytes
    root: bytes
    leaves: int
    sealed_at: datetime
    hash: bytes
    key_id: str
    signature: bytes


COLUMNS = "height, previous, root, leaves, sealed_at, hash, key_id, signature"
_LAST = text(f"select {COLUMNS}, generation, snapshot from block order by height desc limit 1")
_BLOCK = text(f"select {COLUMNS} from block where height = :height")
_PAGE = text(f"select {COLUMNS} from block where height > :after order by height limit :limit")
_CHANGED = """
select a.account_id, a.version, a.head, a.decisions, a.decision_head from account a
    left join lateral (select l.version, l.decisions from block_leaf l
        where l.account_id = a.account_id order by l.height desc limit 1) sealed on true
    where (a.version, a.decisions) <> (coalesce(sealed.version, 0), coalesce(sealed.decisions, 0)) {which}
    order by a.account_id limit :limit
"""
_CHANGED_AMONG = text(_CHANGED.format(which="and a.account_id = any(cast(:accounts as uuid[]))"))
_CHANGED_ANY = text(_CHANGED.format(which=""))
_INSERT = text(
    f"insert into block ({COLUMNS}, generation, snapshot) values (:height, :previous, :root, :leaves, :sealed_at,"
    " :hash, :key_id, :signature, :generation, :snapshot)"
)
_INSERT_LEAVES = text(
    "insert into block_leaf (height, account_id, version, head, decisions, decision_head)"
    " select :height, l.* from unnest(cast(:accounts as uuid[]), cast(:versions as bigint[]), cast(:heads as bytea[]),"
    " cast(:decisions as bigint[]), cast(:decision_heads as bytea[])) as l"
)
_LEAVES = text(
    "select account_id, version, head, decisions, decision_head from block_leaf where height = :height"
    " order by account_id"
)


def seal(session: Session, *, keyring: Keyring, now: datetime) -> Block | None:
    """Seal what has changed since the last block, at most LEAVES_MAX accounts; none if nothing has.

    Waits for whoever is sealing. A block is dated no earlier than the one before.
    """
    own_sealing(session)
    last = session.execute(_LAST).one_or_none()
    present = stand(session)
    before = _sight_of(session, last, present=present) if last else None
    leaves = _changed(session, before)
    whole = len(leaves) <= LEAVES_MAX
    leaves = leaves[:LEAVES_MAX]
    if not leaves:
        return None
    fields = {
        "height": last.height + 1 if last else 1,
        "previous": bytes(last.hash) if last else EMPTY_HEAD,
        "root": root_of([hash_of_leaf(leaf) for leaf in leaves]),
        "leaves": len(leaves),
        "sealed_at": max(_in_milliseconds(now), last.sealed_at) if last else _in_milliseconds(now),
    }
    digest = hash_of_block(**fields)
    block = Block(**fields, hash=digest, key_id=keyring.key_id, signature=keyring.sign(digest))
    # A block that could not take all leaves the next one to begin where this one did.
    _write(session, block, leaves=leaves, sight=present.sight if whole else before)
    return block


def hash_of_leaf(leaf: Leaf) -> bytes:
    """The leaf's hash in the tree."""
    return leaf_hash(b"".join(encode(field) for field in leaf))


def hash_of_block(*, height: int, previous: bytes, root: bytes, leaves: int, sealed_at: datetime) -> bytes:
    """The block's own hash, which is signed, and which the next block names."""
    return link([height, root, leaves, sealed_at], domain=BLOCK_DOMAIN, previous=previous)


def blocks_after(session: Session, height: int, *, limit: int) -> list[Block]:
    """Blocks in their order, from after a height on."""
    return [_block(row) for row in session.execute(_PAGE, {"after": height, "limit": limit})]


def leaves_of(session: Session, height: int) -> list[Leaf]:
    """A block's leaves in the tree's order."""
    rows = session.execute(_LEAVES, {"height": height})
    return [Leaf(row.account_id, row.version, bytes(row.head), row.decisions, bytes(row.decision_head)) for row in rows]


def find_block(session: Session, height: int) -> Block:
    """The block at a height that is there."""
    return _block(session.execute(_BLOCK, {"height": height}).one())


def _changed(session: Session, before: Sight | None) -> list[Leaf]:
    """Accounts that are not as the last block that knows them has them; one more than a block takes tells of more.

    Without a sight from which the outbox goes on, all accounts are looked at.
    """
    limit = {"limit": LEAVES_MAX + 1}
    if before is None:
        rows = session.execute(_CHANGED_ANY, limit)
    else:
        accounts = accounts_since(session, before, topics=TOPICS)
        rows = session.execute(_CHANGED_AMONG, {**limit, "accounts": accounts})
    return [Leaf(row.account_id, row.version, bytes(row.head), row.decisions, bytes(row.decision_head)) for row in rows]


def _sight_of(session: Session, last: Row[Any], *, present: Ground) -> Sight | None:
    """What was visible when the last block was sealed, if the outbox still tells of everything since.

    It does not where that block left accounts over, after a restore into another cluster, nor after a prune.
    """
    if last.snapshot is None or present.sight.generation != last.generation:
        return None
    if present.pruned_before is not None and present.pruned_before > last.sealed_at:
        return None
    sight = Sight(last.generation, last.snapshot)
    return sight if is_past(session, sight) else None


def _write(session: Session, block: Block, *, leaves: Sequence[Leaf], sight: Sight | None) -> None:
    names = COLUMNS.split(", ")
    row = {name: getattr(block, name) for name in names}
    where = {"generation": sight and sight.generation, "snapshot": sight and sight.snapshot}
    session.execute(_INSERT, {**row, **where})
    columns = named(("accounts", "versions", "heads", "decisions", "decision_heads"), leaves)
    session.execute(_INSERT_LEAVES, {"height": block.height, **columns})


def _in_milliseconds(at: datetime) -> datetime:
    """As precise as times are told outside, so that whoever reads a block's can hash it again."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _block(row: object) -> Block:
    values = {name: getattr(row, name) for name in COLUMNS.split(", ")}
    raw = {name: bytes(values[name]) for name in ("previous", "root", "hash", "signature")}
    return Block(**{**values, **raw})
