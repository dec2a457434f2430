"""From the outbox to messages and deliveries, each notice once however many do it at once. The caller commits."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.arrays import named
from ledger.tail import Sight, is_past, notices_between, stand
from rewards.webhooks.messages import content_of

MESSAGES_AT_ONCE = 1000

_LOCK = text("select generation, snapshot from webhook_sight for update")
_SET = text(
    "insert into webhook_sight (generation, snapshot) values (:generation, :snapshot)"
    " on conflict (one_row) do update set generation = excluded.generation, snapshot = excluded.snapshot"
)
_ENDPOINTS = text("select types from webhook_endpoint")
_MEMBERS = text("select account_id, member_id from member where account_id = any(cast(:accounts as uuid[]))")
_COUNT = text(
    "insert into webhook_number as n (account_id, number)"
    " select * from unnest(cast(:accounts as uuid[]), cast(:numbers as bigint[])) order by 1"
    " on conflict (account_id) do update set number = n.number + excluded.number returning account_id, number"
)
_MESSAGES = text(
    "insert into webhook_message (message_id, type, account_id, number, data, occurred_at, created_at)"
    " select m.*, :now from unnest(cast(:ids as uuid[]), cast(:types as text[]), cast(:accounts as uuid[]),"
    " cast(:numbers as bigint[]), cast(:data as jsonb[]), cast(:times as timestamptz[])) as m"
)
# What a disabled endpoint would have been told is kept, to be sent when somebody asks.
_DELIVERIES = text(
    "insert into webhook_delivery (endpoint_id, message_id, state, next_at)"
    " select e.endpoint_id, m.message_id, case when e.disabled_at is null then 'waiting' else 'failed' end,"
    " case when e.disabled_at is null then cast(:now as timestamptz) end"
    " from unnest(cast(:ids as uuid[]), cast(:types as text[])) as m(message_id, type)"
    " join webhook_endpoint e on e.types ? m.type"
)
_ONE = text(
    "insert into webhook_delivery (endpoint_id, message_id, state, next_at)"
    " values (:endpoint_id, :message_id, 'waiting', :now)"
)
_COLUMNS = ("ids", "types", "accounts", "numbers", "data", "times")


def begin(session: Session) -> None:
    """Start with the present, where nobody has been told anything yet."""
    session.execute(_SET, stand(session).sight._asdict())


def fan_out(session: Session, *, now: datetime) -> int:
    """Make messages of what has become visible since the last time; answers how many.

    Waits for whoever does the same. Where the database was moved to another cluster, it goes on with the present.
    """
    last = session.execute(_LOCK).one_or_none()
    wanted = {type_ for types in session.scalars(_ENDPOINTS) for type_ in types}
    if last is None or not wanted:
        return 0
    sight, present = Sight(*last), stand(session).sight
    made = 0
    if sight.generation == present.generation and is_past(session, sight):
        rows = notices_between(session, sight, until=present)
        made = sum(_write(session, part, wanted=wanted, now=now) for part in rows.partitions(MESSAGES_AT_ONCE))
    session.execute(_SET, present._asdict())
    return made


def send_test(session: Session, endpoint_id: UUID, *, actor: str, now: datetime) -> UUID:
    """A message for one endpoint alone, whatever it is subscribed to."""
    message_id = uuid7()
    row = (message_id, "webhook.test", None, None, orjson.dumps({"sent_by": actor}).decode(), now)
    session.execute(_MESSAGES, {**named(_COLUMNS, [row]), "now": now})
    session.execute(_ONE, {"endpoint_id": endpoint_id, "message_id": message_id, "now": now})
    return message_id


def _write(session: Session, notices: Iterable[Row[Any]], *, wanted: set[str], now: datetime) -> int:
    told = [(row, content) for row in notices if (content := content_of(row.topic, row.payload))]
    told = [(row, content) for row, content in told if content.type in wanted]
    if not told:
        return 0
    accounts = [row.account_id for row, _ in told if row.account_id is not None]
    names = {row.account_id: row.member_id for row in session.execute(_MEMBERS, {"accounts": list(set(accounts))})}
    numbers = _numbers(session, accounts)
    rows: list[tuple[Any, ...]] = []
    for row, content in told:
        number, data = None, dict(content.data)
        if row.account_id is not None:
            number = numbers[row.account_id]
            numbers[row.account_id] = number + 1
            data = {"member": {"id": names.get(row.account_id)}, **data}
        rows.append((uuid7(), content.type, row.account_id, number, orjson.dumps(data).decode(), row.recorded_at))
    session.execute(_MESSAGES, {**named(_COLUMNS, rows), "now": now})
    session.execute(_DELIVERIES, {**named(("ids", "types"), [row[:2] for row in rows]), "now": now})
    return len(rows)


def _numbers(session: Session, accounts: list[UUID]) -> dict[UUID, int]:
    """The number that each account's first message now has."""
    counts: dict[UUID, int] = {}
    for account_id in accounts:
        counts[account_id] = counts.get(account_id, 0) + 1
    if not counts:
        return {}
    rows = session.execute(_COUNT, named(("accounts", "numbers"), list(counts.items())))
    return {row.account_id: row.number - counts[row.account_id] + 1 for row in rows}
