"""What the chain costs: the same batches with it and without, the hash a constant there."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from random import Random
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import Engine
from uuid_utils.compat import uuid7

from bench.community import community, found
from bench.history import Size, name_of
from bench.load import engine_for
from bench.rounds import Line, take_turns
from ledger.accounts import lock_accounts, write_accounts
from ledger.postings import Posting, post
from rewards.earning.events import Event
from rewards.earning.record import record
from rewards.earning.terms import Terms
from rewards.runtime.database import transaction

BATCH = 250
BATCHES = 8
MEMBERS = 1000
NO_HASH = bytes(32)
_numbers = count(1)
_rng = Random(1)


def cost_of_chain(url: str) -> list[Line]:
    """For an event as the service records it, and for an entry of the ledger alone; in an empty, migrated database."""
    engine = engine_for(url)
    now = datetime.now(UTC)
    with transaction(engine) as session:
        found(session, Size(entries=1, members=1, until=now))
        terms = community(session, now=now).terms
    accounts = [uuid7() for _ in range(MEMBERS)]
    lines = [
        _compare("an event, in batches", lambda: record_batch(engine, terms=terms, now=now)),
        _compare("an entry, the ledger alone", lambda: post_batch(engine, accounts, now=now)),
    ]
    engine.dispose()
    return lines


def _compare(name: str, batch: Callable[[], None]) -> Line:
    def without() -> float:
        with patch("ledger.postings.link", new=_no_link), patch("ledger.events.link", new=_no_link):
            return _seconds(batch)

    return take_turns(f"{name}: with the chain / without", ours=lambda: _seconds(batch), baseline=without)


def _no_link(_fields: Sequence[object], **_: bytes) -> bytes:
    return NO_HASH


def _seconds(batch: Callable[[], None]) -> float:
    """For one event or entry of a round of batches."""
    began_s = time.perf_counter()
    for _ in range(BATCHES):
        batch()
    return (time.perf_counter() - began_s) / (BATCHES * BATCH)


def record_batch(engine: Engine, *, terms: Terms, now: datetime) -> None:
    """Events of many members, as the service records them."""
    events = [
        Event(
            source="forum",
            id=f"event-{next(_numbers)}",
            type="reaction.received",
            member_id=name_of(_rng.randrange(MEMBERS)),
            occurred_at=now,
        )
        for _ in range(BATCH)
    ]
    with transaction(engine) as session:
        record(session, events, terms=terms, now=now)


def post_batch(engine: Engine, accounts: Sequence[UUID], *, now: datetime) -> None:
    """An entry each for many accounts, posted and written."""
    posting = Posting(points=1, kind="award", contra="issuance:bench", transfer_id=uuid7(), occurred_at=now)
    with transaction(engine) as session:
        locked = lock_accounts(session, _rng.sample(accounts, BATCH), now=now)
        posted = [post(account, posting, now=now) for account in locked.values()]
        write_accounts(session, [account for account, _ in posted], entries=[entry for _, entry in posted])
