"""Bugs to plant into the running service, each by what it breaks, with a seed whose history shows it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger import accounts, events
from ledger.postings import AccountState
from market import redemptions, steps, stock
from rewards.attendance import attend
from rewards.earning import book, desk, record
from rewards.earning.usage import Usage, UsageKey
from rewards.members import ensure
from tests.simulation import history

Plant = Callable[[pytest.MonkeyPatch], None]
PLANTED: dict[str, tuple[Plant, int]] = {}


def plants(name: str, *, seed: int) -> Callable[[Plant], Plant]:
    def keep(plant: Plant) -> Plant:
        PLANTED[name] = (plant, seed)
        return plant

    return keep


def reworded(statement: Any, *, old: str, new: str = "") -> Any:
    """A statement with other words; the old ones must be there, or the bug would not be planted."""
    assert old in statement.text
    return text(statement.text.replace(old, new))


@plants("accounts are read without their locks", seed=7)
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(accounts, "_LOCK", reworded(accounts._LOCK, old=" for update"))


@plants("accounts are locked in any order", seed=13)
def _(patch: pytest.MonkeyPatch) -> None:
    turns = 0

    def lock_one_by_one(session: Session, account_ids: Any, *, now: Any) -> dict[Any, AccountState]:
        nonlocal turns
        turns += 1
        locked: dict[Any, AccountState] = {}
        for account_id in sorted(set(account_ids), reverse=turns % 2 == 0):
            locked |= accounts.lock_accounts(session, [account_id], now=now)
        return locked

    patch.setattr(record, "lock_accounts", lock_one_by_one)


@plants("a season is not kept from changing its state", seed=61)
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(record, "share_seasons", lambda _session, _seasons: None)
    patch.setattr(attend, "share_seasons", lambda _session, _seasons: None)


@plants("caps are read before the accounts are locked", seed=98)
def _(patch: pytest.MonkeyPatch) -> None:
    read: dict[UsageKey, Usage] = {}

    def lock_late(session: Session, account_ids: Any, *, now: Any) -> dict[Any, AccountState]:
        query = text("select * from cap_usage where account_id = any(cast(:ids as uuid[]))")
        rows = session.execute(query, {"ids": list(account_ids)}).all()
        read.update(
            (UsageKey(row.account_id, row.rule_key, row.period), Usage(row.times, row.points, row.last_at))
            for row in rows
        )
        return accounts.lock_accounts(session, account_ids, now=now)

    patch.setattr(record, "lock_accounts", lock_late)
    patch.setattr(record, "read_usage", lambda _session, keys: {key: read[key] for key in keys if key in read})


@plants("who is suspended is read before the accounts are locked", seed=104)
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(record, "read_locked", lambda _session, members: members)
    patch.setattr(attend, "read_locked", lambda _session, members: members)


@plants("a decision that gives nothing is not kept", seed=2)
def _(patch: pytest.MonkeyPatch) -> None:
    def write_paid(session: Session, decisions: Any, *, data: Any = ()) -> None:
        events.write_decisions(session, [one for one in decisions if one.outcome != "capped"], data=data)

    patch.setattr(book, "write_decisions", write_paid)


@plants("an event that somebody else decides meanwhile is paid again", seed=44)
def _(patch: pytest.MonkeyPatch) -> None:
    def write_anyhow(session: Session, decisions: Any, *, data: Any = ()) -> None:
        try:
            events.write_decisions(session, decisions, data=data)
        except events.DecidedMeanwhile:
            return

    patch.setattr(book, "write_decisions", write_anyhow)


@plants("who asks again is told the present balance", seed=5)
def _(patch: pytest.MonkeyPatch) -> None:
    real = desk.Desk._again

    def again(self: Any, event: Any, known: Any) -> Any:
        account = self.book.accounts.get(known.account_id)
        result = real(self, event, known)
        if account is None or not isinstance(result, desk.Recorded):
            return result
        return replace(result, decision=known._replace(balance=account.balance, available=account.available))

    patch.setattr(desk.Desk, "_again", again)


@plants("an id is answered whatever the event says", seed=5)
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(desk.Desk, "_again", lambda _self, _event, known: desk.Recorded(known, repeated=True))


@plants("the answer leaves before the commit", seed=0)
def _(patch: pytest.MonkeyPatch) -> None:
    turns = 0

    @contextmanager
    def transaction(engine: Any) -> Iterator[Session]:
        nonlocal turns
        turns += 1
        with Session(engine, expire_on_commit=False) as session:
            yield session
            if turns % 5:
                session.commit()

    patch.setattr(history, "transaction", transaction)


@plants("held points can be spent", seed=2)
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AccountState, "available", property(lambda account: account.balance))


@plants("a step looks at the redemption before its account is locked", seed=2)
def _(patch: pytest.MonkeyPatch) -> None:
    real = steps.open_for

    def open_early(session: Session, redemption_id: Any, *, action: Any, now: Any, account_id: Any = None) -> Any:
        early = steps.read_redemption(session, redemption_id)
        opened = real(session, redemption_id, action=action, now=now, account_id=account_id)
        return replace(opened, redemption=early)

    patch.setattr(redemptions, "open_for", open_early)
    patch.setattr(steps, "target_of", lambda _state, _action: "whatever")


@plants("the last code is taken without a lock", seed=36)
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stock, "_LOCK", text("select cast(:product_id as uuid)"))
    patch.setattr(stock, "_FIRST_TO_LAPSE", reworded(stock._FIRST_TO_LAPSE, old=" for update"))


@plants("the last piece is sold to everybody", seed=4)
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stock, "_TAKE_ONE", reworded(stock._TAKE_ONE, old=" and quantity > 0"))


@plants("two get the same place of the day", seed=41)
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(attend, "_LOCK_DAYS", reworded(attend._LOCK_DAYS, old=" for update"))


@plants("a member who is made by somebody else at the same time is not looked for", seed=10)
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ensure, "_INSERT", reworded(ensure._INSERT, old=" on conflict do nothing"))
