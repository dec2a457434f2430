"""Reading and writing accounts under their row locks, and their lots along with them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.arrays import array, columns
from ledger.lot_rows import read_due, read_lines, read_open_lots, write_lots
from ledger.lots import Outcome, take_entries
from ledger.outbox import Notice, emit
from ledger.postings import AccountState, EntryRow, Posting, post

_COLUMNS = "account_id, balance, held, lifetime, version, head, decisions, decision_head, recorded_at, lapsing"

_OPEN = text(
    "insert into account (account_id, recorded_at) select id, :now from unnest(cast(:ids as uuid[])) as id"
    " where not exists (select from account where account_id = id) order by id on conflict do nothing"
)
_LOCK = text(
    f"select {_COLUMNS} from account where account_id = any(cast(:ids as uuid[])) order by account_id for update"
)
_READ = text(f"select {_COLUMNS} from account where account_id = any(cast(:ids as uuid[]))")

_WRITE_ENTRIES = (
    "insert into entry (account_id, seq, points, kind, contra, transfer_id, balance_after, held_after,"
    " occurred_at, recorded_at,"
    " season, month, reverses, award_seq, overdraft, note_digest, hash)"
    " select * from unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::uuid[],"
    " %s::bigint[], %s::bigint[],"
    " %s::timestamptz[], %s::timestamptz[], %s::date[], %s::date[], %s::bigint[], %s::bigint[], %s::boolean[],"
    " %s::bytea[],"
    " %s::bytea[])"
)
_WRITE_ACCOUNTS = (
    "update account a set balance = n.balance, held = n.held, lifetime = n.lifetime, version = n.version, head"
    " = n.head,"
    " decisions = n.decisions, decision_head = n.decision_head, recorded_at = n.recorded_at, lapsing = n.lapsing"
    " from unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[],"
    " %s::bigint[], %s::bytea[],"
    " %s::timestamptz[], %s::bigint[])"
    " as n(account_id, balance, held, lifetime, version, head, decisions, decision_head, recorded_at, lapsing)"
    " where a.account_id = n.account_id"
)


def lock_accounts(session: Session, account_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, AccountState]:
    """Lock the accounts until the transaction ends, opening missing ones; in the order of their ids, in one statement.

    Call once per transaction, after season and subject locks, before anything about the accounts is read. What has
    lapsed of theirs is taken, and told, before anybody looks at what is available.
    """
    ids = array(sorted(set(account_ids)))
    # Opening before locking, never between two lockings: whoever waits here holds no account yet.
    session.execute(_OPEN, {"ids": ids, "now": now})
    accounts = {row.account_id: _state(row) for row in session.execute(_LOCK, {"ids": ids})}
    return accounts | _sweep(session, [account for account in accounts.values() if account.lapsing], now=now)


def read_accounts(session: Session, account_ids: Iterable[UUID]) -> dict[UUID, AccountState]:
    """The accounts as they were last committed, without a lock: to show, never to write from."""
    rows = session.execute(_READ, {"ids": array(set(account_ids))})
    return {row.account_id: _state(row) for row in rows}


def foresee_accounts(session: Session, account_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, AccountState]:
    """The accounts as a lock would find them now: without what has lapsed. To advise, never to write from."""
    accounts = read_accounts(session, account_ids)
    swept = _post_lapses(session, [account for account in accounts.values() if account.lapsing], now=now)
    return accounts | {account.account_id: account for account, _ in swept}


def write_accounts(
    session: Session, accounts: Iterable[AccountState], *, entries: Sequence[EntryRow] = ()
) -> list[AccountState]:
    """Write entries, what they do to lots, and the accounts after them; answers these as written.

    The accounts must be locked by this transaction, their lots as this lock found them or as an earlier writing
    answered. Of a merge both accounts and both entries, the old one's first.
    """
    connection = session.connection()
    if entries:
        connection.exec_driver_sql(_WRITE_ENTRIES, columns(entries))
    written = _write_lots(session, list(accounts), entries=entries)
    if written:
        connection.exec_driver_sql(_WRITE_ACCOUNTS, columns([_row(account) for account in written]))
    return written


def with_lots(accounts: Iterable[AccountState], outcome: Outcome) -> list[AccountState]:
    """The accounts with what remains in their lots now."""
    gained = outcome.gained()
    return [
        replace(account, lapsing=account.lapsing + gained.get(account.account_id, 0), opens=()) for account in accounts
    ]


def _write_lots(session: Session, accounts: list[AccountState], *, entries: Sequence[EntryRow]) -> list[AccountState]:
    """Nothing is read and nothing written where nobody has points that lapse."""
    expiries = {(account.account_id, seq): at for account in accounts for seq, at in account.opens}
    have_lots = {account.account_id for account in accounts if account.lapsing}
    paying = {entry.account_id for entry in entries if entry.points < 0 and entry.account_id in have_lots}
    lines = [(entry.account_id, seq) for entry in entries if (seq := _opener(entry)) is not None]
    if not (expiries or paying or lines):
        return accounts
    lots = {lot.lot_id: lot for lot in (*read_open_lots(session, paying), *read_lines(session, lines))}
    outcome = take_entries(lots.values(), entries, expiries=expiries)
    write_lots(session, outcome)
    return with_lots(accounts, outcome)


def _opener(entry: EntryRow) -> int | None:
    """The entry whose lots a reversal takes from first, or by whose date a restored award lapses."""
    return entry.reverses if entry.kind == "reversal" else entry.award_seq


def _sweep(session: Session, accounts: Sequence[AccountState], *, now: datetime) -> dict[UUID, AccountState]:
    """Take what has lapsed of locked accounts with lots: one entry an account."""
    swept = _post_lapses(session, accounts, now=now)
    if not swept:
        return {}
    entries = [entry for _, entry in swept]
    emit(session, [Notice("points", entry.account_id, _told(entry)) for entry in entries], now=now)
    written = write_accounts(session, [account for account, _ in swept], entries=entries)
    return {account.account_id: account for account in written}


def _post_lapses(
    session: Session, accounts: Sequence[AccountState], *, now: datetime
) -> list[tuple[AccountState, EntryRow]]:
    if not accounts:
        return []
    due = read_due(session, {account.account_id: max(now, account.recorded_at) for account in accounts})
    return [
        post(account, _lapse(due[account.account_id], now=now), now=now)
        for account in accounts
        if account.account_id in due
    ]


def _lapse(points: int, *, now: datetime) -> Posting:
    return Posting(points=-points, kind="expiry", contra="expiry", transfer_id=uuid7(), occurred_at=now)


def _told(entry: EntryRow) -> dict[str, object]:
    return {
        "season": None,
        "month": None,
        "outcome": "lapsed",
        "points": entry.points,
        "source": "rewards",
        "event_id": str(entry.transfer_id),
    }


def _row(account: AccountState) -> tuple[object, ...]:
    return (
        account.account_id,
        account.balance,
        account.held,
        account.lifetime,
        account.version,
        account.head,
        account.decisions,
        account.decision_head,
        account.recorded_at,
        account.lapsing,
    )


def _state(row: Row[Any]) -> AccountState:
    values = row._asdict()
    return AccountState(**{**values, "head": bytes(values["head"]), "decision_head": bytes(values["decision_head"])})
