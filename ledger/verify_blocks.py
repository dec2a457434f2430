"""Whether the sealed blocks hold, and whether the ledger still is what they sealed (promise 8).

The chains show a change that was not carried through. A tail that was cut off with its account's state, or a history
that was rewritten from the first row on, is consistent in itself: only what was sealed before shows it.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ledger.blocks import Block, blocks_after, find_block, hash_of_block, hash_of_leaf, leaves_of
from ledger.merkle import root_of
from ledger.signing import Keyring
from ledger.tables import EMPTY_HEAD
from ledger.verify_slices import NUMBERS, ROWS_AT_ONCE, Finding, Key, Part, Slice

SEALED_WITHIN = timedelta(hours=1)
"""Sealing runs every minute; what is not sealed after this was missed."""
PAGE = 1000


_ZERO = f"decode('{EMPTY_HEAD.hex()}', 'hex')"
_RANGE = "account_id between :first and :last"
LEAVES_AND_LEDGER = f"""
select l.height, l.account_id, l.version, l.decisions, b.height is null as no_block,
    l.version > 0 and e.hash is null as no_entry, l.head is distinct from coalesce(e.hash, {_ZERO}) as other_entry,
    l.decisions > 0 and v.hash is null as no_decision,
    l.decision_head is distinct from coalesce(v.hash, {_ZERO}) as other_decision
from block_leaf l
    left join entry e on e.{_RANGE} and e.account_id = l.account_id and e.seq = l.version
    left join event v on v.{_RANGE} and v.account_id = l.account_id and v.decision_no = l.decisions
    left join block b on b.height = l.height
where l.{_RANGE} and (l.head is distinct from coalesce(e.hash, {_ZERO})
    or l.decision_head is distinct from coalesce(v.hash, {_ZERO}) or b.height is null)
order by l.account_id, l.height
"""
UNSEALED = f"""
select a.account_id, a.version, a.decisions, a.recorded_at from account a
    left join lateral (select l.version, l.decisions from block_leaf l
        where l.account_id = a.account_id order by l.height desc limit 1) sealed on true
where a.{_RANGE} and a.recorded_at < (select max(sealed_at) from block) - cast(:within as interval)
    and (a.version, a.decisions) <> (coalesce(sealed.version, 0), coalesce(sealed.decisions, 0))
order by a.account_id
"""
_AHEAD = text("select height, leaves from block where height >= :first order by height limit :at_once")
_BEFORE = text("select max(height) from block where height < :first")


def block_part(keyring: Keyring | None) -> Part:
    """The blocks by their heights. Without a keyring signatures are not looked at."""
    return Part(name="blocks", keys=NUMBERS, cut=_cut, checks=(partial(block_findings, keyring=keyring),))


def _cut(session: Session, first: Key) -> Slice:
    """Some blocks with not too many leaves; the last slice goes on to the highest number."""
    leaves = 0
    ahead = session.execute(_AHEAD, {"first": first, "at_once": PAGE}).all()
    for row in ahead:
        leaves += row.leaves
        if leaves >= ROWS_AT_ONCE:
            return Slice("blocks", first, row.height)
    return Slice("blocks", first, ahead[-1].height if len(ahead) == PAGE else NUMBERS.highest)


def block_findings(session: Session, piece: Slice, *, keyring: Keyring | None) -> Iterator[Finding]:
    """Every broken block. One block's leaves are in memory at a time."""
    before = session.execute(_BEFORE, {"first": piece.first}).scalar()
    last = None if before is None else find_block(session, before)
    for block in _blocks(session, after=0 if before is None else before, last=piece.last):
        yield from _block(session, block, after=last, keyring=keyring)
        last = block


def sealed_findings(session: Session, piece: Slice) -> Iterator[Finding]:
    """Every account of the slice that is not what was sealed, by the first block that the ledger contradicts."""
    told = None
    for row in session.execute(text(LEAVES_AND_LEDGER), {"first": piece.first, "last": piece.last}):
        if row.account_id == told:
            continue
        told = row.account_id
        yield _contradiction(row)
    within = {"first": piece.first, "last": piece.last, "within": SEALED_WITHIN}
    for row in session.execute(text(UNSEALED), within):
        says = f"its entry {row.version} and decision {row.decisions} of {row.recorded_at} are in no block"
        yield Finding("sealing", f"account {row.account_id}", says)


def kept_findings(session: Session, kept: Mapping[int, bytes]) -> Iterator[Finding]:
    """Where the blocks are not those whose hashes somebody outside has kept, by height."""
    found = {block.height: block.hash for block in _blocks(session) if block.height in kept}
    for height, digest in sorted(kept.items()):
        where = f"block {height}"
        if height not in found:
            yield Finding("kept heads", where, f"it was kept outside as {digest.hex()}, and is not here any more")
        elif found[height] != digest:
            says = f"its hash is {found[height].hex()}, outside {digest.hex()} was kept: history was rewritten"
            yield Finding("kept heads", where, says)


def _blocks(session: Session, *, after: int = 0, last: Any = NUMBERS.highest) -> Iterator[Block]:
    while page := blocks_after(session, after, limit=PAGE):
        for block in page:
            if block.height > last:
                return
            yield block
        after = page[-1].height


def _block(session: Session, block: Block, *, after: Block | None, keyring: Keyring | None) -> Iterator[Finding]:
    where = f"block {block.height}"
    height, previous = (after.height, after.hash) if after else (0, EMPTY_HEAD)
    if block.height != height + 1:
        yield Finding("blocks", where, f"block {height + 1} is missing before it")
    elif block.previous != previous:
        yield Finding("blocks", where, "it does not follow from the block before")
    names = ("height", "previous", "root", "leaves", "sealed_at")
    if hash_of_block(**{name: getattr(block, name) for name in names}) != block.hash:
        yield Finding("blocks", where, "its hash is not that of its fields")
    if keyring is not None and not keyring.is_signed(block.hash, key_id=block.key_id, signature=block.signature):
        yield Finding("signatures", where, f"no trusted key {block.key_id} has signed it")
    leaves = leaves_of(session, block.height)
    if len(leaves) != block.leaves:
        yield Finding("blocks", where, f"it sealed {block.leaves} accounts, {len(leaves)} leaves are there")
    elif root_of([hash_of_leaf(leaf) for leaf in leaves]) != block.root:
        yield Finding("blocks", where, "its root is not that of its leaves")


def _contradiction(row: Row[Any]) -> Finding:
    where = f"account {row.account_id}"
    if row.no_block:
        return Finding("blocks", f"block {row.height}", f"it is gone, and it sealed {where}")
    if row.no_entry or row.no_decision:
        what = f"entry {row.version}" if row.no_entry else f"decision {row.decisions}"
        return Finding("sealed", where, f"{what} was sealed in block {row.height} and is gone")
    what = f"entry {row.version}" if row.other_entry else f"decision {row.decisions}"
    return Finding("sealed", where, f"{what} is not what block {row.height} sealed: it was rewritten")
