"""The page on the ledger tells the heads byte for byte: computed here from its words alone, and by the ledger."""

import struct
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from ledger.locks import __doc__ as order_of_locks
from ledger.postings import AccountState, Posting, post

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "explanation" / "ledger.md").read_text(encoding="utf-8")
ACCOUNT, TRANSFER = UUID("0197c3a0-0000-7000-8000-000000000001"), UUID("0197c3a0-0000-7000-8000-000000000002")
MOMENT = datetime(2026, 1, 12, tzinfo=UTC)


def by_the_page() -> str:
    """The example's hash, from what the page says and nothing else."""

    def number(value: int) -> bytes:
        return struct.pack(">Iq", 8, value)

    def raw(value: bytes) -> bytes:
        return struct.pack(">I", len(value)) + value

    moment = number(int(MOMENT.timestamp()) * 1_000_000)
    null = b"\xff\xff\xff\xff"
    fields = [
        raw(ACCOUNT.bytes), number(1), number(100), raw(b"award"), raw(b"issuance:member.joined"), raw(TRANSFER.bytes),
        number(100), number(0), moment, moment, raw(b"2026-01-12"), raw(b"2026-01-01"), null, null, number(0), null,
    ]  # fmt: skip
    return sha256(b"\x02" + bytes(32) + b"".join(fields)).hexdigest()


def test_the_example_is_what_the_words_say_and_what_the_ledger_computes() -> None:
    # given
    posting = Posting(
        points=100,
        kind="award",
        contra="issuance:member.joined",
        transfer_id=TRANSFER,
        occurred_at=MOMENT,
        season=date(2026, 1, 12),
        month=date(2026, 1, 1),
    )

    # when
    _, entry = post(AccountState.unopened(ACCOUNT, MOMENT), posting, now=MOMENT)

    # then
    assert by_the_page() == entry.hash.hex()
    assert entry.hash.hex() in PAGE


def test_the_order_of_locks_is_the_ledgers() -> None:
    # given
    assert order_of_locks is not None
    words = (
        "idempotency key",
        "stripe of a subject",
        "season",
        "members' rows that are new",
        "accounts",
        "events",
        "product",
    )
    section = PAGE.partition("## Locks")[2]

    # when
    places = [[text.find(word) for word in words] for text in (section, order_of_locks.partition("1.")[2])]

    # then
    for found in places:
        assert -1 not in found
        assert found == sorted(found)
