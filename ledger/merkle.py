"""Merkle trees as RFC 6962 (section 2.1) defines them: one hash for many, and proofs that one is among them.

Pure. Leaves come hashed with the prefix 0x00 (`leaf_hash`), nodes are hashed with 0x01, so that neither passes for the
other. A tree of n > 1 leaves splits at the largest power of two below n.
"""

from collections.abc import Sequence
from hashlib import sha256

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two."""
    return sha256(NODE_PREFIX + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over hashed leaves; there is at least one."""
    return _level_by_level(leaves)


def path_of(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of a leaf: what to hash it with, from the bottom up."""
    assert 0 <= index < len(leaves), "the leaf is one of the tree's"
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*path_of(leaves[:split], index), root_of(leaves[split:])]
    return [*path_of(leaves[split:], index - split), root_of(leaves[:split])]


def root_by_path(leaf: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf's path leads to; none if a tree of that size has no such path."""
    if not 0 <= index < size:
        return None
    if size == 1:
        return leaf if not path else None
    if not path:
        return None
    split = _split(size)
    if index < split:
        below = root_by_path(leaf, index=index, size=split, path=path[:-1])
        return below and node_hash(below, path[-1])
    below = root_by_path(leaf, index=index - split, size=size - split, path=path[:-1])
    return below and node_hash(path[-1], below)


def _level_by_level(hashes: Sequence[bytes]) -> bytes:
    """The same as by splitting, without recursion: an odd one at the end of a level goes up as it is."""
    level = list(hashes)
    assert level, "an empty tree has no root here"
    while len(level) > 1:
        paired = [node_hash(*pair) for pair in zip(level[::2], level[1::2], strict=False)]
        level = paired if len(level) % 2 == 0 else [*paired, level[-1]]
    return level[0]


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1
