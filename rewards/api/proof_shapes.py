"""How proofs are asked for and answered."""

from marshmallow import fields

from rewards.api.shapes import PageQuery
from rewards.http.fields import BIGINT_MAX, Document, Whole

_HASH = {"pattern": "^[0-9a-f]{64}$"}
_BLOCK = {
    "height": 812,
    "leaves": 2,
    "sealed_at": "2026-01-17T01:09:00.000Z",
    "key_id": "5f1c0d9ab2e34718",
    "previous": "3c" * 32,
    "root": "8a" * 32,
    "hash": "d1" * 32,
    "signature": "07" * 64,
}
_KEYS = ["pub:qzZk4WkM0oSWJj9Aqz5mWmJY9C1yBqS2nC0mYc6V2Rk="]
HEADS_EXAMPLE = {"keys": _KEYS, "items": [_BLOCK], "next": None}
PROOF_EXAMPLE = {
    "keys": _KEYS,
    "block": _BLOCK,
    "leaf": {
        "account_id": "019bc9a4-1f6a-7000-8000-000000000001",
        "version": 1,
        "head": "41" * 32,
        "decisions": 1,
        "decision_head": "9b" * 32,
    },
    "index": 0,
    "path": ["e7" * 32],
    "entries": [
        {
            "account_id": "019bc9a4-1f6a-7000-8000-000000000001",
            "seq": 1,
            "points": 20,
            "kind": "award",
            "contra": "issuance:post.created",
            "transfer_id": "019bc9a4-1f6a-7000-8000-000000000009",
            "balance_after": 20,
            "held_after": 0,
            "occurred_at": 1768612081000000,
            "recorded_at": 1768612081482000,
            "season": "2026-01-12",
            "month": "2026-01-01",
            "reverses": None,
            "award_seq": None,
            "overdraft": False,
            "note_digest": None,
            "hash": "41" * 32,
        }
    ],
    "next": None,
}


class HeadsQuery(PageQuery):
    """From which block on."""

    after = Whole(
        load_default=0, most=BIGINT_MAX, in_query=True, metadata={"description": "Only blocks above this height."}
    )
    limit = Whole(load_default=1000, least=1, most=1000, in_query=True)


class ProofQuery(PageQuery):
    """By which block, and which entries of the statement."""

    height = Whole(
        load_default=None,
        least=1,
        most=BIGINT_MAX,
        in_query=True,
        metadata={"description": "By the newest block up to this height; without it, the newest of all."},
    )
    limit = Whole(load_default=1000, least=1, most=1000, in_query=True)


class BlockOut(Document):
    """A sealed block. `hash` is over the other fields but the key's id and the signature, which is over the hash."""

    height = fields.Integer(required=True)
    leaves = fields.Integer(required=True)
    sealed_at = fields.String(required=True, metadata={"format": "date-time"})
    key_id = fields.String(required=True)
    previous = fields.String(required=True, metadata=_HASH)
    root = fields.String(required=True, metadata=_HASH)
    hash = fields.String(required=True, metadata=_HASH)
    signature = fields.String(required=True, metadata={"pattern": "^[0-9a-f]{128}$"})


class HeadsOut(Document):
    """Blocks in their order, and the public keys that the service trusts."""

    keys = fields.List(fields.String(), required=True)
    items = fields.List(fields.Nested(BlockOut), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "Cursor of the next page; null at the end."}
    )


class LeafOut(Document):
    """The account as the block sealed it."""

    account_id = fields.String(required=True, metadata={"format": "uuid"})
    version = fields.Integer(required=True)
    head = fields.String(required=True, metadata=_HASH)
    decisions = fields.Integer(required=True)
    decision_head = fields.String(required=True, metadata=_HASH)


class ProvenEntry(Document):
    """An entry with every field that its hash covers; times in microseconds since 1970-01-01T00:00:00Z."""

    account_id = fields.String(required=True, metadata={"format": "uuid"})
    seq = fields.Integer(required=True)
    points = fields.Integer(required=True)
    kind = fields.String(required=True)
    contra = fields.String(required=True)
    transfer_id = fields.String(required=True, metadata={"format": "uuid"})
    balance_after = fields.Integer(required=True)
    held_after = fields.Integer(required=True)
    occurred_at = fields.Integer(required=True)
    recorded_at = fields.Integer(required=True)
    season = fields.String(required=True, allow_none=True)
    month = fields.String(required=True, allow_none=True)
    reverses = fields.Integer(required=True, allow_none=True)
    award_seq = fields.Integer(required=True, allow_none=True)
    overdraft = fields.Boolean(required=True)
    note_digest = fields.String(required=True, allow_none=True)
    hash = fields.String(required=True, metadata=_HASH)


class ProofOut(Document):
    """A statement and its place in a signed block. `path` leads from the leaf at `index` up to the block's root."""

    keys = fields.List(fields.String(), required=True)
    block = fields.Nested(BlockOut, required=True)
    leaf = fields.Nested(LeafOut, required=True)
    index = fields.Integer(required=True)
    path = fields.List(fields.String(metadata=_HASH), required=True)
    entries = fields.List(fields.Nested(ProvenEntry), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "Cursor of the next page; null at the end."}
    )
