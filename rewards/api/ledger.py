"""The ledger's proofs: signed heads for whoever keeps them outside, a member's statement with its place in a block."""

from typing import Any

from ledger.blocks import Block, blocks_after
from ledger.chain import EPOCH, MICROSECOND
from ledger.postings import EntryRow
from ledger.proof import Inclusion, inclusion_of, sealed_entries
from ledger.signing import keyring_of, shown
from rewards.api.proof_shapes import HEADS_EXAMPLE, PROOF_EXAMPLE, HeadsOut, HeadsQuery, ProofOut, ProofQuery
from rewards.http.auth import PUBLIC, needs
from rewards.http.cursors import cursor_for, place_after
from rewards.http.fields import rfc3339
from rewards.http.problems import refuse
from rewards.http.resource import Resource
from rewards.http.surroundings import here, request_transaction
from rewards.members.profile import account_of

ledger = Resource("ledger", __name__, description="Proofs that history is what it was: docs/reference/proof.md.")

_HASHES = ("note_digest", "hash")
_TIMES = ("occurred_at", "recorded_at")


@ledger.call(
    "GET", "/v1/ledger/heads", access=PUBLIC, query=HeadsQuery, gives=HeadsOut, fresh_s=5, example=HEADS_EXAMPLE
)
def get_heads(query: dict[str, Any]) -> dict[str, Any]:
    """List the ledger's blocks, the oldest first: keep them, and later hold the ledger to them. They name nobody."""
    of, limit = "heads", query["limit"]
    place = place_after(query["cursor"], of=of)
    with request_transaction() as session:
        rows = blocks_after(session, place[0] if place else query["after"], limit=limit + 1)
    shown_rows = rows[:limit]
    following = [shown_rows[-1].height] if len(rows) > limit else None
    return {
        "keys": public_keys(),
        "items": [block_document(block) for block in shown_rows],
        "next": cursor_for(following, of=of),
    }


@ledger.call(
    "GET",
    "/v1/members/<member:member_id>/proof",
    access=needs("members:read", members="own"),
    query=ProofQuery,
    gives=ProofOut,
    refuses=("not-found",),
    example=PROOF_EXAMPLE,
)
def get_proof(member_id: str, query: dict[str, Any]) -> dict[str, Any]:
    """Prove a member's statement: its entries as they were hashed, and the block that seals the last of them.

    Pages by `next`; every page is about the same block.
    """
    of, limit = f"proof {member_id}", query["limit"]
    seq, height = place_after(query["cursor"], of=of) or (0, query["height"])
    with request_transaction() as session:
        account_id = account_of(session, member_id)
        found = inclusion_of(session, account_id, height=height)
        if found is None:
            raise refuse(
                "not-found", "Nothing of this member is sealed yet. Blocks are sealed every minute; ask again."
            )
        entries = sealed_entries(session, found.leaf, after=seq, limit=limit + 1)
    shown_entries = entries[:limit]
    following = [shown_entries[-1].seq, found.block.height] if len(entries) > limit else None
    return {
        **_inclusion(found),
        "entries": [_entry(row) for row in shown_entries],
        "next": cursor_for(following, of=of),
    }


def public_keys() -> list[str]:
    """The public halves of the keys that are trusted."""
    return [shown(key) for key in keyring_of(here().settings.signing_keys).trusted.values()]


def block_document(block: Block) -> dict[str, Any]:
    """A block as told outside."""
    hashes = {name: getattr(block, name).hex() for name in ("previous", "root", "hash", "signature")}
    sealed_at = rfc3339(block.sealed_at)
    return {
        "height": block.height,
        "leaves": block.leaves,
        "sealed_at": sealed_at,
        "key_id": block.key_id,
        **hashes,
    }


def _inclusion(found: Inclusion) -> dict[str, Any]:
    leaf = found.leaf._asdict() | {
        "account_id": str(found.leaf.account_id),
        "head": found.leaf.head.hex(),
        "decision_head": found.leaf.decision_head.hex(),
    }
    return {
        "keys": public_keys(),
        "block": block_document(found.block),
        "leaf": leaf,
        "index": found.index,
        "path": [part.hex() for part in found.path],
    }


def _entry(row: EntryRow) -> dict[str, Any]:
    """An entry as it was hashed: times to the microsecond, hashes in hex."""
    told: dict[str, Any] = row._asdict()
    for name in ("account_id", "transfer_id"):
        told[name] = str(told[name])
    for name in _TIMES:
        told[name] = (told[name] - EPOCH) // MICROSECOND
    for name in _HASHES:
        told[name] = told[name] and bytes(told[name]).hex()
    for name in ("season", "month"):
        told[name] = told[name] and told[name].isoformat()
    return told
