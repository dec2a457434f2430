"""What grows with the ledger, and what does not: an event, and any moment, in a large database over a small one."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from bench.community import community
from bench.everyday import SAVER
from bench.history import GIANTS, name_of
from bench.load import engine_for
from bench.rounds import Line, take_turns
from rewards.earning.events import Event
from rewards.earning.record import record
from rewards.earning.terms import Terms
from rewards.members.moments import balance_at, seq_at
from rewards.members.statement import statement
from rewards.runtime.database import snapshot, transaction

EVENTS, BATCHES, READS, PAGE = 100, 8, 100, 50
ONE_EVENT_AT_MOST = 1.15
_run = uuid7()
_numbers = count(1)
_SPAN = text("select min(recorded_at) as since, max(recorded_at) as until from event")
_OTHERS = text(
    "select m.account_id from unnest(cast(:names as text[])) as wanted(member_id) join member m using (member_id)"
)
_MEMBERS = text("select count(*) from member where member_id like 'member-%'")
_WALK = text(
    "select balance_after from entry where account_id = :account_id and recorded_at <= :at order by seq desc limit 1"
)
Read = Callable[..., object]
"""Of a session and an account, `at` a moment."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loaded database: its ordinary members by number, the accounts of some of them, and when its history was."""

    engine: Engine
    terms: Terms
    members: int
    some: Sequence[UUID]
    giants: Sequence[UUID]
    saver: UUID
    since: datetime
    until: datetime
    rng: Random

    def moment(self) -> datetime:
        """Any moment of the history."""
        return self.since + (self.until - self.since) * self.rng.random()

    def ordinary(self) -> str:
        """Any ordinary member's id."""
        return name_of(GIANTS + self.rng.randrange(self.members - GIANTS))


def look_at(url: str) -> Loaded:
    """What the cases need to know of a loaded database."""
    engine, rng = engine_for(url), Random(1)
    with snapshot(engine) as session:
        members = session.execute(_MEMBERS).scalar_one()
        numbers = rng.sample(range(GIANTS, members), min(2000, members - GIANTS))
        some = list(session.scalars(_OTHERS, {"names": [name_of(number) for number in numbers]}))
        giants = list(session.scalars(_OTHERS, {"names": [name_of(number) for number in range(GIANTS)]}))
        saver = session.scalars(_OTHERS, {"names": [SAVER]}).one()
        since, until = session.execute(_SPAN).one()
        terms = community(session, now=datetime.now(UTC)).terms
    return Loaded(engine, terms, members, some, giants, saver, since, until, rng)


def events_at_size(large: Loaded, small: Loaded) -> list[Line]:
    """One event a transaction, and batches of 250, at the large size over the small one."""
    return [
        take_turns(
            "one event",
            ours=lambda: _seconds_of_events(large, batch=1, batches=EVENTS),
            baseline=lambda: _seconds_of_events(small, batch=1, batches=EVENTS),
            at_most=ONE_EVENT_AT_MOST,
        ),
        take_turns(
            "an event in batches of 250",
            ours=lambda: _seconds_of_events(large, batch=250, batches=BATCHES),
            baseline=lambda: _seconds_of_events(small, batch=250, batches=BATCHES),
        ),
    ]


def moments_at_size(large: Loaded, small: Loaded) -> list[Line]:
    """Balance and statement of any moment, of anybody, of the longest accounts, and of whoever has most holds."""
    cases: list[tuple[str, Callable[[Loaded], Sequence[UUID]], Read]] = [
        ("balance at a moment, anybody", lambda one: one.some, balance_at),
        ("balance at a moment, longest account", lambda one: one.giants, balance_at),
        ("balance at a moment, most holds", lambda one: [one.saver], balance_at),
        ("statement at a moment, anybody", lambda one: one.some, _statement),
        ("statement at a moment, longest account", lambda one: one.giants, _statement),
    ]
    lines = [
        take_turns(
            name,
            ours=lambda whose=whose, read=read: _seconds_of_reads(large, whose(large), read=read),
            baseline=lambda whose=whose, read=read: _seconds_of_reads(small, whose(small), read=read),
        )
        for name, whose, read in cases
    ]
    halving = take_turns(
        "balance at a moment, longest account: by halving / walking back",
        ours=lambda: _seconds_of_reads(large, large.giants, read=balance_at),
        baseline=lambda: _seconds_of_reads(large, large.giants, read=_walk),
    )
    return [*lines, halving]


def _seconds_of_events(loaded: Loaded, *, batch: int, batches: int) -> float:
    made = [make_events(loaded, batch) for _ in range(batches)]
    began_s = time.perf_counter()
    for events in made:
        with transaction(loaded.engine) as session:
            record(session, events, terms=loaded.terms, now=events[0].occurred_at)
    return (time.perf_counter() - began_s) / (batch * batches)


def make_events(loaded: Loaded, number: int) -> list[Event]:
    """New ones, of any members, a second ago."""
    return [_event(loaded) for _ in range(number)]


def _event(loaded: Loaded) -> Event:
    number = next(_numbers)
    return Event(
        source="forum",
        id=f"{_run}:{number}",
        type="like.received",
        member_id=loaded.ordinary(),
        occurred_at=datetime.now(UTC) - timedelta(seconds=1),
        subject=f"post:{_run}:{number}",
    )


def _seconds_of_reads(loaded: Loaded, accounts: Sequence[UUID], *, read: Read) -> float:
    wanted = [(loaded.rng.choice(accounts), loaded.moment()) for _ in range(READS)]
    with snapshot(loaded.engine) as session:
        began_s = time.perf_counter()
        for account_id, at in wanted:
            read(session, account_id, at=at)
        return (time.perf_counter() - began_s) / READS


def _statement(session: Session, account_id: UUID, *, at: datetime) -> object:
    return statement(session, account_id, limit=PAGE, before=seq_at(session, account_id, at=at) + 1)


def _walk(session: Session, account_id: UUID, *, at: datetime) -> object:
    return session.execute(_WALK, {"account_id": account_id, "at": at}).scalar()
