"""Check a member's statement against the ledger's signed blocks, by docs/reference/proof.md alone.

    python check_proof.py PROOF.json [HEADS.json]

PROOF.json is what GET /v1/members/{id}/proof answers (a list of its pages, where there are several), HEADS.json is what
GET /v1/ledger/heads answered when somebody outside kept it. Needs Python and the package `cryptography`, nothing else.
Exit codes: 0 the statement is proven, 1 it is not.
"""

import base64
import json
import struct
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ZERO = bytes(32)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CONTEXT = b"forum-rewards ledger block v1\n"
ENTRY = (
    "account_id:id seq:number points:number kind:text contra:text transfer_id:id balance_after:number"
    " held_after:number occurred_at:number recorded_at:number season:text month:text reverses:number award_seq:number"
    " overdraft:number note_digest:bytes"
)
LEAF = "account_id:id version:number head:bytes decisions:number decision_head:bytes"
BLOCK = "height:number root:bytes leaves:number sealed_at:time"


class NotProven(Exception):
    """What does not hold."""


def demand(holds: bool, says: str) -> None:  # noqa: FBT001 -- reads like an assertion
    """Refuse the proof unless it holds."""
    if not holds:
        raise NotProven(says)


def encoded(row: dict[str, Any], fields: str) -> bytes:
    """The named fields of a row, each with its length before it."""
    return b"".join(encode(row[name], kind) for name, _, kind in (field.partition(":") for field in fields.split()))


def encode(value: Any, kind: str) -> bytes:
    """One field: 4 bytes of length, big-endian, and the value; the length ffffffff alone where there is none."""
    if value is None:
        return b"\xff\xff\xff\xff"
    if kind == "time":
        value, kind = (datetime.fromisoformat(value) - EPOCH) // timedelta(microseconds=1), "number"
    if kind == "number":
        return struct.pack(">Iq", 8, value)
    raw = UUID(value).bytes if kind == "id" else bytes.fromhex(value) if kind == "bytes" else value.encode()
    return struct.pack(">I", len(raw)) + raw


def check_entries(entries: list[dict[str, Any]], leaf: dict[str, Any]) -> int:
    """The entries follow from one another, add up, and end at the head that was sealed. Answers the balance."""
    head, balance = ZERO, 0
    for number, entry in enumerate(entries, start=1):
        head = sha256(b"\x02" + head + encoded(entry, ENTRY)).digest()
        balance += entry["points"]
        in_place = (entry["account_id"], entry["seq"]) == (leaf["account_id"], number)
        demand(in_place, f"entry {number} is not in its place")
        demand(entry["hash"] == head.hex(), f"entry {number}: its hash is not that of its fields")
        demand(entry["balance_after"] == balance, f"entry {number}: the balance after it does not add up")
    demand((leaf["version"], leaf["head"]) == (len(entries), head.hex()), "the block seals other entries than these")
    return balance


def check_path(proof: dict[str, Any]) -> None:
    """The leaf leads up to the block's root (RFC 9162, section 2.1.3.2)."""
    index, last = proof["index"], proof["block"]["leaves"] - 1
    demand(0 <= index <= last, "there is no such leaf")
    found = sha256(b"\x00" + encoded(proof["leaf"], LEAF)).digest()
    for part in map(bytes.fromhex, proof["path"]):
        demand(last > 0, "the path is too long")
        if index % 2 or index == last:
            found = sha256(b"\x01" + part + found).digest()
            while index and not index % 2:
                index, last = index // 2, last // 2
        else:
            found = sha256(b"\x01" + found + part).digest()
        index, last = index // 2, last // 2
    demand(last == 0 and found.hex() == proof["block"]["root"], "the path does not lead to the block's root")


def check_block(block: dict[str, Any], keys: list[str]) -> None:
    """The block's hash is over its fields, and one of the keys has signed it."""
    where = f"block {block['height']}"
    digest = sha256(b"\x04" + bytes.fromhex(block["previous"]) + encoded(block, BLOCK)).digest()
    demand(digest.hex() == block["hash"], f"{where}: its hash is not that of its fields")
    raw = [base64.urlsafe_b64decode(key.removeprefix("pub:")) for key in keys]
    signers = {sha256(key).hexdigest()[:16]: Ed25519PublicKey.from_public_bytes(key) for key in raw}
    demand(block["key_id"] in signers, f"{where}: there is no key {block['key_id']}")
    try:
        signers[block["key_id"]].verify(bytes.fromhex(block["signature"]), CONTEXT + digest)
    except InvalidSignature:
        raise NotProven(f"{where}: the signature is forged") from None


def check_kept(heads: dict[str, Any], block: dict[str, Any]) -> None:
    """The heads that were kept outside are a chain, and the block is one of them."""
    previous = None
    for head in heads["items"]:
        check_block(head, heads["keys"])
        demand(previous in (None, head["previous"]), f"block {head['height']} does not follow from the one before")
        previous = head["hash"]
    kept = {head["height"]: head["hash"] for head in heads["items"]}
    demand(kept.get(block["height"]) == block["hash"], f"block {block['height']} is not one that was kept outside")


def check(proof_file: str, heads_file: str | None = None) -> str:
    """Check it all; answers what is proven. Raises NotProven."""
    read = json.loads(Path(proof_file).read_text(encoding="utf-8"))
    pages = read if isinstance(read, list) else [read]
    proof, entries = pages[0], [entry for page in pages for entry in page["entries"]]
    heads = json.loads(Path(heads_file).read_text(encoding="utf-8")) if heads_file else None
    check_block(proof["block"], heads["keys"] if heads else proof["keys"])
    if heads:
        check_kept(heads, proof["block"])
    check_path(proof)
    balance = check_entries(entries, proof["leaf"])
    by = "as it was kept outside" if heads else "and signed; no heads kept outside were given"
    return f"Proven: {len(entries)} entries and {balance} points, sealed in block {proof['block']['height']} {by}."


if __name__ == "__main__":
    try:
        print(check(*sys.argv[1:3]))
    except NotProven as error:
        print(f"NOT proven: {error}.")
        sys.exit(1)
