"""Reading and writing accounts under their row locks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ledger.arrays import array, columns
from ledger.postings import AccountState, EntryRow

_COLUMNS = "account_id, balance, held, lifetime, version, head, decisions, decision_head, recorded_at"

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
    " decisions = n.decisions, decision_head = n.decision_head, recorded_at = n.recorded_at"
    " from unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[],"
    " %s::bigint[], %s::bytea[],"
    " %s::timestamptz[])"
    " as n(account_id, balance, held, lifetime, version, head, decisions, decision_head, recorded_at)"
    " where a.account_id = n.account_id"
)


def lock_accounts(session: Session, account_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, AccountState]:
    """Lock the accounts until the transaction ends, opening missing ones; in the order of their ids, in one statement.

    Call once per transaction, after season and subject locks, before anything about the accounts is read.
    """
    ids = array(sorted(set(account_ids)))
    # Opening before locking, never between two lockings: whoever waits here holds no account yet.
    session.execute(_OPEN, {"ids": ids, "now": now})
    return {row.account_id: _state(row) for row in session.execute(_LOCK, {"ids": ids})}


def read_accounts(session: Session, account_ids: Iterable[UUID]) -> dict[UUID, AccountState]:
    """The accounts as they were last committed, without a lock: to show, never to write from."""
    rows = session.execute(_READ, {"ids": array(set(account_ids))})
    return {row.account_id: _state(row) for row in rows}


def write_accounts(session: Session, accounts: Iterable[AccountState], *, entries: Sequence[EntryRow] = ()) -> None:
    """Write entries and the accounts after them. The accounts must be locked by this transaction."""
    connection = session.connection()
    if entries:
        connection.exec_driver_sql(_WRITE_ENTRIES, columns(entries))
    rows = [_row(account) for account in accounts]
    if rows:
        connection.exec_driver_sql(_WRITE_ACCOUNTS, columns(rows))


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
    )


def _state(row: Row[Any]) -> AccountState:
    values = row._asdict()
    return AccountState(**{**values, "head": bytes(values["head"]), "decision_head": bytes(values["decision_head"])})
