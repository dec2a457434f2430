"""Promise 9: any moment can be asked for, by when it was recorded, and nothing that comes later changes the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from market.redemptions import cancel, claim, fulfil
from rewards.members.profile import account_of
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings
from tests.support.clock import START, SettableClock
from tests.support.http import Caller, Forum, event
from tests.support.market import STAFF, TODAY, ask, new_keys, product_with

HOUR = timedelta(hours=1)
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Told:
    """What was answered at a moment about the present."""

    at: datetime
    points: tuple[int, int, int]
    statement: list[Any]


def points_of(backend: Caller, **at: str) -> tuple[int, int, int]:
    answer = backend.get("/v1/members/minji/balance", query_string=at).get_json()
    return answer["balance"], answer["held"], answer["available"]


def statement_of(backend: Caller, **at: str) -> list[Any]:
    return backend.get("/v1/members/minji/entries", query_string={"limit": 100, **at}).get_json()["items"]


@pytest.fixture
def forum(app: Flask, settings: Settings, engine: Engine, clock: SettableClock) -> Forum:
    """The service, at a time that is finer than a millisecond."""
    clock.set(START + timedelta(microseconds=123_456))
    forum = Forum(app, settings, engine, clock)
    forum.prepare()
    return forum


@pytest.fixture
def backend(forum: Forum) -> Caller:
    """The forum's backend."""
    return forum.key()


@pytest.fixture
def told(forum: Forum, backend: Caller, clock: SettableClock) -> list[Told]:
    """What was told after each step of a life: points come and go, are set aside, given back and spent."""
    told: list[Told] = []
    for wait, step in steps(forum, backend, clock=clock):
        clock.set(clock.now + wait)
        step()
        latest = max([clock.now, *(one.at for one in told)])
        told.append(Told(latest, points_of(backend), statement_of(backend)))
    return told


def steps(forum: Forum, backend: Caller, *, clock: SettableClock) -> list[tuple[timedelta, Callable[[], object]]]:
    """Each with how long after the one before; a negative wait is a clock that was set back."""
    keys, given_back, spent = new_keys(), uuid7(), uuid7()
    with transaction(forum.engine) as session:
        card = product_with(session, codes=["ONE", "TWO"], keys=keys, price=30)

    def send(kind: str, subject: str) -> Callable[[], object]:
        said = event(f"{kind} {subject}", type=kind, subject=subject, occurred_at=(START - HOUR).isoformat())
        return lambda: backend.post("/v1/events", json=said)

    def market(step: Callable[[Session], object]) -> Callable[[], object]:
        def run() -> None:
            with transaction(forum.engine) as session:
                step(session)

        return run

    def wish(session: Session, redemption_id: UUID) -> object:
        return ask(session, account_of(session, "minji"), card, redemption_id=redemption_id, now=clock())

    def give_back(session: Session) -> object:
        return cancel(session, given_back, account_id=account_of(session, "minji"), now=clock())

    return [
        (HOUR, send("member.joined", "minji")),
        (MILLISECOND, send("like.received", "post:1")),
        (HOUR, market(lambda session: wish(session, given_back))),
        (HOUR, send("like.deleted", "post:1")),
        (HOUR, market(give_back)),
        (-HOUR / 2, send("post.created", "post:2")),
        (HOUR, market(lambda session: wish(session, spent))),
        (HOUR, market(lambda session: claim(session, spent, actor=STAFF, now=clock()))),
        (HOUR, market(lambda session: fulfil(session, spent, actor=STAFF, keys=keys, today=TODAY, now=clock()))),
    ]


def test_every_moment_is_answered_as_it_was_then(backend: Caller, told: list[Told]) -> None:
    assert [one.points for one in told] == [
        (100, 0, 100),
        (105, 0, 105),
        (105, 30, 75),
        (100, 30, 70),
        (100, 0, 100),
        (120, 0, 120),
        (120, 30, 90),
        (120, 30, 90),
        (90, 0, 90),
    ]
    lasting = {one.at: one for one in told}

    for now, following in pairwise([*lasting.values(), None]):
        assert now is not None
        moments = [now.at, now.at + HOUR / 3] if following is None else [now.at, following.at - MILLISECOND]
        for at in moments:
            assert points_of(backend, at=at.isoformat()) == now.points
            assert statement_of(backend, at=at.isoformat()) == now.statement
    assert points_of(backend, at=(told[0].at - MILLISECOND).isoformat()) == (0, 0, 0)
    assert statement_of(backend, at=(told[0].at - MILLISECOND).isoformat()) == []


def test_the_moment_that_an_entry_tells_of_itself_includes_it(backend: Caller, told: list[Told]) -> None:
    for line in told[-1].statement:
        at_it = statement_of(backend, at=line["recorded_at"])

        assert line in at_it
        assert points_of(backend, at=line["recorded_at"])[0] == at_it[0]["balance_after"]


def test_the_present_is_told_whatever_the_clock_says(backend: Caller, told: list[Told], clock: SettableClock) -> None:
    """The process that wrote may be ahead of the one that answers."""
    clock.set(told[0].at - HOUR)

    assert points_of(backend) == told[-1].points
