"""The heads of an account: a hash chain over its entries, another over its decisions (promise 8). Pure.

Each link is SHA-256 over a domain byte, the head before it and the length-prefixed fields of the row, so that no two
rows have the same encoding. 0x00 and 0x01 stay free for the leaves and nodes of RFC 6962 trees over the heads.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

ENTRY_DOMAIN = b"\x02"
DECISION_DOMAIN = b"\x03"
NULL = b"\xff\xff\xff\xff"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Field = bytes | str | int | bool | datetime | date | UUID | None


def encode(value: Field) -> bytes:
    """A field with its length before it. Whole numbers and microseconds are 8 bytes, big-endian, signed."""
    if value is None:
        return NULL
    if isinstance(value, int):
        return struct.pack(">Iq", 8, value)
    if isinstance(value, datetime):
        return struct.pack(">Iq", 8, (value - EPOCH) // MICROSECOND)
    raw = _raw(value)
    return struct.pack(">I", len(raw)) + raw


def _raw(value: bytes | str | date | UUID) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, UUID):
        return value.bytes
    return value.isoformat().encode() if isinstance(value, date) else bytes(value)


def link(fields: Sequence[Field], *, domain: bytes, previous: bytes) -> bytes:
    """The head after a row: 32 bytes."""
    return sha256(domain + previous + b"".join([encode(field) for field in fields])).digest()
