"""Promise 8: both heads of an account follow from its rows, blocks seal them, so a changed or missing row shows.

The encoding is written out once more here, so that the heads of every row ever written stay what they are.
"""

import hashlib
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine
from uuid_utils.compat import uuid7

from ledger.blocks import seal
from ledger.holds import capture_hold, place_hold
from ledger.signing import keyring_of, new_key
from rewards.runtime.database import snapshot
from rewards.verify import findings
from tests.promises.planted import Bug, Rows
from tests.support.clock import START
from tests.support.factories import make_comment, make_event
from tests.support.seasons import CALENDAR
from tests.support.tampering import tamper_with
from tests.support.world import World, open_world

KEYRING = keyring_of([new_key()])
OF_BLOCKS = {"blocks", "signatures", "sealed", "sealing"}
LATER = START + timedelta(minutes=1)

ENTRY_FIELDS: list[str] = [
    "account_id",
    "seq",
    "points",
    "kind",
    "contra",
    "transfer_id",
    "balance_after",
    "held_after",
    "occurred_at",
    "recorded_at",
    "season",
    "month",
    "reverses",
    "award_seq",
    "overdraft",
    "note_digest",
]
DECISION_FIELDS: list[str] = [
    "source",
    "event_id",
    "account_id",
    "decision_no",
    "type",
    "subject",
    "board",
    "occurred_at",
    "recorded_at",
    "fingerprint",
    "outcome",
    "reason",
    "rule",
    "points_asked",
    "points",
    "transfer_id",
    "seq",
    "balance",
    "available",
    "season",
    "season_points",
    "level",
    "level_up",
]


def encoded(value: Any) -> bytes:
    if value is None:
        return b"\xff\xff\xff\xff"
    if isinstance(value, datetime):
        value = (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    if isinstance(value, int):
        raw = struct.pack(">q", int(value))
    elif isinstance(value, date):
        raw = value.isoformat().encode()
    else:
        raw = value.bytes if isinstance(value, UUID) else value.encode() if isinstance(value, str) else bytes(value)
    return struct.pack(">I", len(raw)) + raw


def heads(rows: list[Any], *, domain: bytes, fields: list[str]) -> list[bytes]:
    """The head after each row, from nothing but the rows."""
    head, found = bytes(32), list[bytes]()
    for row in rows:
        head = hashlib.sha256(domain + head + b"".join(encoded(getattr(row, field)) for field in fields)).digest()
        found.append(head)
    return found


def entries_of(world: World, account_id: UUID) -> list[Any]:
    return world.rows("select * from entry where account_id = :id order by seq", id=account_id)


def decisions_of(world: World, account_id: UUID) -> list[Any]:
    return world.rows("select * from event where account_id = :id order by decision_no", id=account_id)


@pytest.fixture
def world(engine: Engine) -> World:
    """A community with every kind of entry and decision that earning knows, under a clock that once went back."""
    world = open_world(engine)
    world.record(
        make_event("member.joined", data={"from": "광고"}),
        make_comment(subject="comment:1", board="자유"),
        make_event("reply.received", "jun", subject="comment:1"),
        make_event("poll.closed"),
        make_event("post.created", subject="post:1", board="market"),
    )
    back = START - timedelta(hours=1)
    world.record(make_event("comment.deleted", subject="comment:1"), now=back)
    world.record(make_event("comment.restored", subject="comment:1"), make_event("login", "jun"), now=START)
    world.check_in("jun", greeting="안녕", now=START + timedelta(microseconds=1))

    def spend(session: Any) -> None:
        hold_id = uuid7()
        account = place_hold(
            session, world.locked(session, "jun"), hold_id=hold_id, points=5, purpose="test", now=START
        )
        capture_hold(session, account, hold_id=hold_id, transfer_id=uuid7(), contra="redemption", now=START)

    world.run(spend)
    return world


def test_the_heads_follow_from_the_rows_from_the_first_one_on(world: World) -> None:
    accounts = world.rows("select * from account")
    assert len(accounts) == 2
    for account in accounts:
        entries, decisions = entries_of(world, account.account_id), decisions_of(world, account.account_id)

        of_entries = heads(entries, domain=b"\x02", fields=ENTRY_FIELDS)
        of_decisions = heads(decisions, domain=b"\x03", fields=DECISION_FIELDS)

        assert [bytes(entry.hash) for entry in entries] == of_entries
        assert [bytes(decision.hash) for decision in decisions] == of_decisions
        assert bytes(account.head) == of_entries[-1]
        assert bytes(account.decision_head) == of_decisions[-1]


def test_every_column_of_an_entry_and_of_a_decision_is_covered(world: World) -> None:
    assert [*ENTRY_FIELDS, "hash"] == list(world.rows("select * from entry limit 1")[0]._fields)
    assert [*DECISION_FIELDS, "hash"] == list(world.rows("select * from event limit 1")[0]._fields)


def tampered(row: Any, field: str) -> Any:
    value = getattr(row, field)
    replacements: dict[type, Callable[[Any], Any]] = {
        bool: lambda value: not value,
        int: lambda value: value + 1,
        str: lambda value: value + " ",
        datetime: lambda value: value + timedelta(microseconds=1),
        date: lambda value: value + timedelta(days=1),
        UUID: lambda _: uuid7(),
        bytes: lambda value: bytes(32) if value != bytes(32) else b"\x01" * 32,
    }
    changed = "" if value is None else replacements[type(value)](value)
    return type("Row", (), {**row._asdict(), field: changed})


def test_a_change_of_any_field_of_any_row_changes_the_head(world: World) -> None:
    for account in world.rows("select * from account"):
        for rows, domain, fields, head in (
            (entries_of(world, account.account_id), b"\x02", ENTRY_FIELDS, account.head),
            (decisions_of(world, account.account_id), b"\x03", DECISION_FIELDS, account.decision_head),
        ):
            for number, row in enumerate(rows):
                for field in fields:
                    changed = [*rows[:number], tampered(row, field), *rows[number + 1 :]]
                    assert heads(changed, domain=domain, fields=fields)[-1] != bytes(head), field
            for gone in range(len(rows)):
                left = rows[:gone] + rows[gone + 1 :]
                assert (heads(left, domain=domain, fields=fields) or [bytes(32)])[-1] != bytes(head)
            if len(rows) > 1:
                swapped = [rows[1], rows[0], *rows[2:]]
                assert heads(swapped, domain=domain, fields=fields)[-1] != bytes(head)


def test_a_decision_without_an_entry_advances_the_decisions_head_too(world: World) -> None:
    before = world.account("mina")

    world.record(make_event("poll.closed"), now=START + timedelta(hours=1))

    after = world.account("mina")
    assert (after.version, after.head) == (before.version, before.head)
    assert after.decisions == before.decisions + 1
    assert after.decision_head != before.decision_head


def test_recorded_at_never_goes_back_within_an_account(world: World) -> None:
    latest = world.account("mina").recorded_at

    late = world.record_one(make_event("login", at=START - timedelta(days=1)), now=START - timedelta(hours=2)).decision

    assert late.recorded_at == latest
    assert entries_of(world, world.account_id("mina"))[-1].recorded_at == latest


@pytest.fixture
def sealed(world: World, superuser: psycopg.Connection[Any], planted: Bug | None) -> World:
    """The same community after a block has sealed it, and then after whoever is to be found out."""
    world.run(lambda session: seal(session, keyring=KEYRING, now=LATER))
    if planted is not None and isinstance(planted.plant, Rows):
        assert tamper_with(superuser, *planted.plant.statements) > 0
    return world


def test_what_was_sealed_and_left_alone_is_clean(sealed: World) -> None:
    with snapshot(sealed.engine) as session:
        assert list(findings(session, calendar=CALENDAR, now=LATER, keyring=KEYRING)) == []


def test_the_ledger_is_what_its_blocks_have_sealed(sealed: World) -> None:
    """Looks at nothing else: whoever cuts a tail off may have thought of all the rest."""
    with snapshot(sealed.engine) as session:
        found = list(findings(session, calendar=CALENDAR, now=LATER, keyring=KEYRING))

    assert [finding for finding in found if finding.check in OF_BLOCKS] == []


def test_nobody_is_named_in_what_is_kept_for_ever(world: World) -> None:
    world.record(make_comment("영희@example.com", data={"text": "비밀"}))
    for table in ("account", "entry", "event", "hold", "hold_history", "attendance", "outbox"):
        stored = " ".join(str(row) for row in world.rows(f"select cast(t as text) from {table} t"))
        for name in ("mina", "jun", "영희@example.com", "비밀", "안녕", "광고"):
            assert name not in stored, table
