"""Ways to break the service in this process: each takes a patch that is undone after the test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from ledger import accounts, events, holds, postings
from ledger.events import Decision
from ledger.postings import AccountState, EntryRow, Posting
from rewards.archive import person, shape, take
from rewards.earning import book, desk
from rewards.earning.desk import Recorded
from rewards.http import surroundings
from rewards.runtime import database

# The package's own name for it is the resource.
members = import_module("rewards.api.members")
Patch = pytest.MonkeyPatch
Mutation = Callable[[Patch], None]


def patched(where: object, name: str, *, becomes: Callable[[Any], Any]) -> Mutation:
    """`name` replaced by what `becomes` makes of it."""
    return lambda patch: patch.setattr(where, name, becomes(getattr(where, name)))


def reworded(where: object, name: str, *, old: str, new: str) -> Mutation:
    """A statement in other words; the old ones must be there, or the bug would not be planted."""

    def reword(statement: Any) -> Any:
        said = statement if isinstance(statement, str) else statement.text
        assert old in said, name
        said = said.replace(old, new)
        return said if isinstance(statement, str) else text(said)

    return patched(where, name, becomes=reword)


def _every_entry(change: Callable[[Posting], Posting]) -> Mutation:
    """What earning posts, changed before it is chained."""
    return patched(
        book,
        "post",
        becomes=lambda post: lambda account, posting, *, now: post(account, change(posting), now=now),
    )


reversals_are_adjustments = _every_entry(
    lambda posting: replace(posting, contra="adjustment") if posting.kind == "reversal" else posting
)
reversals_lose_a_point = _every_entry(
    lambda posting: replace(posting, points=posting.points + 1) if posting.kind == "reversal" else posting
)
held_counts_as_gone = patched(
    postings,
    "EntryRow",
    becomes=lambda row: lambda *fields: row(*fields)._replace(balance_after=fields[6] - fields[7]),
)
the_account_is_a_point_off = reworded(
    accounts,
    "_WRITE_ACCOUNTS",
    old="set balance = n.balance",
    new="set balance = n.balance + case when n.version > a.version then 1 else 0 end",
)


what_has_lapsed_stays = patched(accounts, "_sweep", becomes=lambda _: lambda *_, **__: {})
holds_leave_lots_alone = patched(
    holds, "take_hold", becomes=lambda take: lambda lots, _, *, cause: take(lots, 0, cause=cause)
)


def entries_are_recorded_by_the_clock(patch: Patch) -> None:
    """Also where that was set back."""
    real = book.post

    def post(account: AccountState, posting: Posting, *, now: datetime) -> tuple[AccountState, EntryRow]:
        after, entry = real(account, posting, now=now)
        return after, entry._replace(recorded_at=now)

    patch.setattr(book, "post", post)


whatever_is_known_is_the_answer = patched(
    desk.Desk, "_again", becomes=lambda _: lambda _desk, _event, known: Recorded(known, repeated=True)
)


def what_moved_nothing_is_forgotten(patch: Patch) -> None:
    """Decisions without points are not kept, as though they could be made again."""
    real = book.write_decisions

    def write(session: Session, decisions: list[Decision], **data: Any) -> None:
        real(session, [decision for decision in decisions if decision.points], **data)

    patch.setattr(book, "write_decisions", write)


def answers_are_made_anew(patch: Patch) -> None:
    """A repeated event is answered with the balance of now."""
    real = desk.Desk._again

    def again(self: desk.Desk, event: Any, known: Decision) -> Any:
        told = real(self, event, known)
        balance = self.book.accounts[known.account_id].balance
        return Recorded(known._replace(balance=balance), repeated=True) if isinstance(told, Recorded) else told

    patch.setattr(desk.Desk, "_again", again)


what_is_held_can_be_spent = patched(
    AccountState, "available", becomes=lambda _: property(lambda account: account.balance)
)
nobody_looks_how_durable_it_is = patched(database, "_assert_promises", becomes=lambda _: lambda *_: None)


@contextmanager
def _without_commit(engine: Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session
        session.flush()


@contextmanager
def _whatever_the_commit_says(engine: Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session
        with suppress(Exception):
            session.commit()


answers_leave_without_a_commit = patched(surroundings, "transaction", becomes=lambda _: _without_commit)
answers_leave_before_the_commit = patched(surroundings, "transaction", becomes=lambda _: _whatever_the_commit_says)
accounts_are_read_without_a_lock = reworded(accounts, "_LOCK", old=" for update", new="")
accounts_are_locked_in_any_order = reworded(accounts, "_LOCK", old="order by account_id", new="order by random()")


def events_are_written_as_they_come(patch: Patch) -> None:
    """In the order of the batch."""
    patch.setattr(events, "sorted", lambda rows, **_: list(rows), raising=False)


def _chain_without(column: str, *, of: Any, row: Any) -> Mutation:
    place = row._fields.index(column)
    return patched(
        of,
        "link",
        becomes=lambda link: lambda fields, **how: link([*fields[:place], *fields[place + 1 :]], **how),
    )


the_entries_chain_leaves_overdraft_out = _chain_without("overdraft", of=postings, row=EntryRow)
the_decisions_chain_leaves_the_reason_out = _chain_without("reason", of=events, row=Decision)


def only_what_moves_points_is_chained(patch: Patch) -> None:
    """A decision without an entry leaves the decisions' head as it was."""
    real = book.decide_next

    def decide_next(account: AccountState, decision: Decision) -> tuple[AccountState, Decision]:
        after, row = real(account, decision)
        return after if row.points else replace(after, decision_head=account.decision_head), row

    patch.setattr(book, "decide_next", decide_next)


def _asked(name: str, *, at: Callable[[datetime], datetime]) -> Mutation:
    return patched(
        members,
        name,
        becomes=lambda real: lambda session, accounts, **asked: real(session, accounts, at=at(asked["at"])),
    )


every_moment_is_told_the_present = _asked("joined_balance_at", at=lambda _: datetime.max.replace(tzinfo=UTC))
the_statement_is_a_moment_late = _asked("seqs_at", at=lambda at: at - timedelta(milliseconds=1))
a_millisecond_is_an_instant = patched(members, "_through", becomes=lambda _: lambda at: at)


def greetings_stay_behind(patch: Patch) -> None:
    """One table more that an export forgets."""
    patch.setitem(shape.LEFT_OUT, "greeting", "nobody needs them")


triggers_stay_off = reworded(take, "_TRIGGERS", old="not tgisinternal", new="false")
a_person_gets_everybodys_audit = patched(
    person, "_THROUGH_OTHERS", becomes=lambda through: {**through, "audit": "true"}
)
