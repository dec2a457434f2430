"""Events and the decisions that were answered: stored once, given again word for word (promise 4)."""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.arrays import columns, named
from ledger.chain import DECISION_DOMAIN, encode, link
from ledger.errors import DecidedMeanwhile
from ledger.postings import AccountState

EventKey = tuple[str, str]
"""(source, event id)."""


class Decision(NamedTuple):
    """A row of `event`: what happened and what was answered. All that the answer contains is in it."""

    source: str
    event_id: str
    account_id: UUID
    decision_no: int
    type: str
    subject: str | None
    board: str | None
    occurred_at: datetime
    recorded_at: datetime
    fingerprint: bytes
    outcome: str
    reason: str | None
    rule: str | None
    points_asked: int
    points: int
    transfer_id: UUID | None
    seq: int | None
    balance: int
    available: int
    season: date | None
    season_points: int | None
    level: str
    level_up: bool
    hash: bytes = b""


COLUMNS = ", ".join(Decision._fields)
_READ = text(
    f"select {COLUMNS} from event where (source, event_id) in"
    " (select * from unnest(cast(:sources as text[]), cast(:ids as text[])))"
)
_WRITE = (
    f"insert into event ({COLUMNS})"
    " select * from unnest(%s::text[], %s::text[], %s::uuid[], %s::bigint[], %s::text[], %s::text[],"
    " %s::text[], %s::timestamptz[],"
    " %s::timestamptz[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],"
    " %s::uuid[], %s::bigint[],"
    " %s::bigint[], %s::bigint[], %s::date[], %s::bigint[], %s::text[], %s::boolean[], %s::bytea[])"
    " on conflict do nothing returning 1"
)
_WRITE_DATA = text(
    "insert into event_data (source, event_id, account_id, data)"
    " select * from unnest(cast(:sources as text[]), cast(:ids as text[]), cast(:accounts as uuid[]),"
    " cast(:data as jsonb[]))"
)


def fingerprint(salt: bytes, fields: Sequence[str | datetime | None], *, data: bytes) -> bytes:
    """What an event said, keyed with its member's salt, so that it means nothing once the salt is erased. 32 bytes."""
    return hmac.digest(salt, b"".join([encode(field) for field in fields]) + encode(data), sha256)


def decide_next(account: AccountState, decision: Decision) -> tuple[AccountState, Decision]:
    """Chain a decision onto its account: the account after it, and the row with its hash. Pure."""
    head = link(decision[:-1], domain=DECISION_DOMAIN, previous=account.decision_head)
    return replace(account, decisions=decision.decision_no, decision_head=head), decision._replace(hash=head)


def read_decisions(session: Session, keys: Iterable[EventKey]) -> dict[EventKey, Decision]:
    """The decisions of those of the events that were decided before."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    parameters = named(("sources", "ids"), wanted)
    rows = session.execute(_READ, parameters)
    return {(row.source, row.event_id): decision_of(row) for row in rows}


def decision_of(row: Any) -> Decision:
    """A decision from a row that selects `COLUMNS`."""
    values = tuple(row)
    return Decision(*values)._replace(fingerprint=bytes(row.fingerprint), hash=bytes(row.hash))


def write_decisions(
    session: Session, decisions: Sequence[Decision], *, data: Sequence[tuple[EventKey, UUID, str]] = ()
) -> None:
    """Write decisions with the `data` (as JSON) that came with some. The accounts must be locked.

    Raises DecidedMeanwhile if another transaction decided one of them first: roll back and start over.
    """
    if not decisions:
        return
    rows = sorted(decisions, key=lambda decision: (decision.source.encode(), decision.event_id.encode()))
    written = session.connection().exec_driver_sql(_WRITE, columns(rows)).all()
    if len(written) < len(rows):
        raise DecidedMeanwhile
    if data:
        _write_data(session, data)


def _write_data(session: Session, data: Sequence[tuple[EventKey, UUID, str]]) -> None:
    rows = [(*key, account_id, document) for key, account_id, document in data]
    session.execute(_WRITE_DATA, named(("sources", "ids", "accounts", "data"), rows))
