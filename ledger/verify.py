"""Whether the ledger keeps its promises 1–5 and the heads, recomputed from the first row on, some accounts at a time.

Reads one moment if the session does (READ ONLY, REPEATABLE READ). PostgreSQL finds the accounts of
which something is wrong; their rows are then posted and chained again here, by the code that wrote them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.events import COLUMNS, decide_next, decision_of
from ledger.postings import AccountState, EntryRow, Posting, post
from ledger.protection import unprotected
from ledger.tables import Base
from ledger.verify_chains import suspects_by_decisions, suspects_by_entries
from ledger.verify_lots import OF_LOTS
from ledger.verify_queries import OF_ACCOUNTS
from ledger.verify_slices import ACCOUNTS, Check, Finding, Part, Slice, cut_accounts, queries, whole

STREAMED = {"yield_per": 5000}


def _protection(session: Session, _: Slice) -> Iterator[Finding]:
    for name in unprotected(session.connection(), Base.metadata):
        yield Finding("protection", f"table {name}", "no trigger refuses changes (or it is not ENABLE ALWAYS)")


PROTECTION = whole("protection", _protection)


def chain_findings(session: Session, piece: Slice) -> Iterator[Finding]:
    """The first broken row of each chain of the slice's accounts, and accounts that are not where theirs end."""
    for walk, name_broken in ((suspects_by_entries, _entry_findings), (suspects_by_decisions, _decision_findings)):
        if suspects := walk(session, piece):
            yield from list(name_broken(session, suspects)) or [_unexplained(suspects)]


LEDGER_CHECKS: tuple[Check, ...] = (chain_findings, queries(OF_ACCOUNTS), queries(OF_LOTS))
"""What is looked at of each account; the blocks have theirs."""


def ledger_findings(session: Session) -> Iterator[Finding]:
    """Every broken row of the ledger without its blocks."""
    for part in (PROTECTION, Part(name="accounts", keys=ACCOUNTS, cut=cut_accounts, checks=LEDGER_CHECKS)):
        for piece in part.slices(session):
            yield from part.findings(session, piece)


def _unexplained(suspects: list[UUID]) -> Finding:
    """Two ways of computing the same that differ would be a bug of ours; it must not pass for a clean ledger."""
    return Finding("heads", f"account {suspects[0]}", "PostgreSQL computes other hashes or sums than the service does")


_STATE = "account_id, balance, held, lifetime, version, head, decisions, decision_head, recorded_at"
_ACCOUNTS = text(f"select {_STATE} from account where account_id = any(cast(:suspects as uuid[])) order by account_id")
_ENTRIES = text(
    f"select {', '.join(EntryRow._fields)} from entry where account_id = any(cast(:suspects as uuid[]))"
    " order by account_id, seq"
)
_DECISIONS = text(
    f"select {COLUMNS} from event where account_id = any(cast(:suspects as uuid[])) order by account_id, decision_no"
)


def _entry_findings(session: Session, suspects: list[UUID]) -> Iterator[Finding]:
    """Post the accounts' entries again, from nothing: every column, the order and the head must come out."""
    of_suspects = {"suspects": suspects}
    rows = groupby(session.execute(_ENTRIES, of_suspects, execution_options=STREAMED), key=attrgetter("account_id"))
    for stored, entries in _side_by_side(_accounts(session, suspects), rows):
        account = AccountState.unopened(stored.account_id, stored.recorded_at)
        for row in entries:
            account, finding = _post_again(account, EntryRow(*row))
            if finding is not None:
                yield finding
                break
        else:
            yield from _differences(account, stored)


def _post_again(account: AccountState, row: EntryRow) -> tuple[AccountState, Finding | None]:
    where = f"account {row.account_id} entry {row.seq}"
    if row.seq != account.version + 1:
        return account, Finding("entries", where, f"entry {account.version + 1} is missing before it")
    posting = Posting(**{name: getattr(row, name) for name in _POSTED})
    before = replace(account, held=row.held_after, recorded_at=row.recorded_at)
    after, again = post(before, posting, now=row.recorded_at)
    if row.recorded_at < account.recorded_at and account.version:
        return after, Finding("entries", where, "it was recorded before the entry before it")
    if again.balance_after != row.balance_after:
        return after, Finding(
            "balances", where, f"balance_after is {row.balance_after}, the entries say {again.balance_after}"
        )
    if again.hash != bytes(row.hash):
        return after, Finding("heads", where, "its hash is not that of its columns and of the entry before it")
    return after, _overspent(row, where=where)


_POSTED = tuple(field.name for field in fields(Posting) if field.name in EntryRow._fields)


def _overspent(row: EntryRow, *, where: str) -> Finding | None:
    overdrawn = row.kind == "adjustment" and row.overdraft
    if (
        overdrawn
        or row.points > 0
        or row.kind in {"reversal", "penalty", "capture", "merge"}
        or row.balance_after - row.held_after >= 0
    ):
        return None
    return Finding(
        "affordable", where, f"{row.kind} of {row.points} leaves {row.balance_after - row.held_after} available"
    )


def _differences(account: AccountState, stored: AccountState) -> Iterator[Finding]:
    """Between the account as its entries make it and as it is stored: a removed last entry shows here."""
    for name in ("version", "balance", "lifetime", "head"):
        expected, found = getattr(account, name), getattr(stored, name)
        if expected != found:
            shown = (expected.hex(), found.hex()) if name == "head" else (expected, found)
            yield Finding(
                "accounts", f"account {stored.account_id}", f"{name} is {shown[1]}, its entries say {shown[0]}"
            )
            return


def _decision_findings(session: Session, suspects: list[UUID]) -> Iterator[Finding]:
    """Chain the accounts' decisions again, from nothing: a deleted one, paid or not, shows."""
    of_suspects = {"suspects": suspects}
    rows = groupby(session.execute(_DECISIONS, of_suspects, execution_options=STREAMED), key=attrgetter("account_id"))
    for stored, decisions in _side_by_side(_accounts(session, suspects), rows):
        account = AccountState.unopened(stored.account_id, stored.recorded_at)
        for row in decisions:
            decision = decision_of(row)
            where = f"event {decision.event_id} of source {decision.source}"
            if decision.decision_no != account.decisions + 1:
                says = f"decision {account.decisions + 1} of account {stored.account_id} is missing before it"
                yield Finding("decisions", where, says)
                break
            account, again = decide_next(account, decision)
            if again.hash != decision.hash:
                yield Finding("heads", where, "its hash is not that of its columns and of the decision before it")
                break
        else:
            yield from _lost_decisions(account, stored)


def _lost_decisions(account: AccountState, stored: AccountState) -> Iterator[Finding]:
    where = f"account {stored.account_id}"
    if account.decisions != stored.decisions:
        yield Finding("decisions", where, f"it counts {stored.decisions} decisions, there are {account.decisions}")
    elif account.decision_head != stored.decision_head:
        yield Finding("heads", where, "decision_head is not the hash of its last decision")


def _accounts(session: Session, suspects: list[UUID]) -> Iterator[AccountState]:
    for row in session.execute(_ACCOUNTS, {"suspects": suspects}, execution_options=STREAMED):
        values = row._asdict()
        yield AccountState(**{**values, "head": bytes(values["head"]), "decision_head": bytes(values["decision_head"])})


def _side_by_side(
    accounts: Iterator[AccountState], groups: Iterable[tuple[UUID, Iterable[Any]]]
) -> Iterator[tuple[AccountState, Iterable[Any]]]:
    """Each account with its rows, both in the order of account ids. Rows of no account have a check of their own."""
    coming = iter(groups)
    group = next(coming, None)
    for account in accounts:
        while group is not None and group[0] < account.account_id:
            group = next(coming, None)
        if group is not None and group[0] == account.account_id:
            yield account, group[1]
            group = next(coming, None)
        else:
            yield account, ()
