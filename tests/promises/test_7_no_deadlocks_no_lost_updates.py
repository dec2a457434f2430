"""Promise 7: no deadlock and no lost update under any mix of writers that share members, subjects and seasons."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError
from uuid_utils.compat import uuid7

from ledger.errors import HoldResolved, NotEnoughPoints, UnknownHold
from ledger.holds import capture_hold, place_hold, release_hold
from ledger.locks import own_season
from rewards.earning.desk import Recorded, Result
from rewards.runtime.database import create_engine_from
from tests.promises.test_2_balances_are_never_wrong import assert_balances, assert_decisions
from tests.support.clock import START
from tests.support.database import Database
from tests.support.factories import make_event
from tests.support.leaderboards import leaderboards_as_kept, leaderboards_from_entries
from tests.support.world import World, open_world

WRITERS = 32
TURNS = 16
MEMBERS = [f"member-{number}" for number in range(12)]
SUBJECTS = [f"comment:{number}" for number in range(9)]
LOCK_NOT_AVAILABLE = "55P03"
THIS_WEEK = date(2026, 3, 2)


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    """A community in which a connection is there for every writer."""
    engine = create_engine_from(database.service_url, pool_size=WRITERS + 2, application_name="tests")
    world = open_world(engine)
    yield world
    engine.dispose()


class Writer:
    """Does one random thing after the other, as the parts of the service would, each in its own transaction."""

    def __init__(self, world: World, number: int, *, name: str = "w") -> None:
        self.world = world
        self.name = f"{name}-{number}"
        self.sent = 0
        self.chance = random.Random(number)
        self.holds: list[tuple[str, UUID]] = []
        self.turn = 0

    def live(self, barrier: Barrier) -> None:
        barrier.wait(timeout=30)
        for self.turn in range(TURNS):
            self.chance.choice([self.batch, self.batch, self.single, self.delete, self.hold, self.settle, self.come])()

    def batch(self) -> None:
        self.world.record(*[self._event() for _ in range(self.chance.randint(2, 25))])

    def single(self) -> None:
        self.world.record(self._event())

    def delete(self) -> None:
        """Takes points from whoever got a reply or a like, also where that is nobody of this batch."""
        what = self.chance.choice(["comment.deleted", "comment.restored", "post.deleted"])
        self.world.record(self._make(what))

    def hold(self) -> None:
        member, hold_id = self.chance.choice(MEMBERS), uuid7()
        if self._try(
            member,
            lambda session, account: place_hold(
                session, account, hold_id=hold_id, points=self.chance.randint(1, 9), purpose="test", now=START
            ),
        ):
            self.holds.append((member, hold_id))

    def settle(self) -> None:
        """Capture or release a hold of its own, or one again that was resolved before."""
        if not self.holds:
            return
        member, hold_id = self.chance.choice(self.holds)
        if self.chance.random() < 0.5:
            self._try(member, lambda session, account: release_hold(session, account, hold_id=hold_id, now=START))
        else:
            self._try(
                member,
                lambda session, account: capture_hold(
                    session, account, hold_id=hold_id, transfer_id=uuid7(), contra="redemption", now=START
                ),
            )

    def come(self) -> None:
        self.world.check_in(self.chance.choice(MEMBERS), now=START + timedelta(seconds=self.turn), greeting="hi")

    def _event(self) -> Any:
        kind = self.chance.choice(["comment.created", "reply.received", "reply.received", "like.received", "login"])
        return self._make(kind, at=START - timedelta(minutes=self.chance.randint(0, 4000)))

    def _make(self, kind: str, **said: Any) -> Any:
        self.sent += 1
        member, subject = self.chance.choice(MEMBERS), self.chance.choice(SUBJECTS)
        return make_event(kind, member, event_id=f"{self.name}-{self.sent}", subject=subject, **said)

    def _try(self, member: str, action: Callable[[Any, Any], object]) -> bool:
        if not self.world.rows("select 1 from member where member_id = :id", id=member):
            return False
        try:
            self.world.run(lambda session: action(session, self.world.locked(session, member)))
        except (NotEnoughPoints, HoldResolved, UnknownHold):
            return False
        return True


def settle_the_season(world: World, barrier: Barrier) -> None:
    """Own the season and move it on, as the settlement does: with a second's patience, and again."""
    barrier.wait(timeout=30)
    for state in ("closing", "provisional", "final"):
        while True:
            try:
                world.run(lambda session, state=state: move(session, state))
                break
            except DBAPIError as error:
                if sqlstate(error) != LOCK_NOT_AVAILABLE:
                    raise


def move(session: Any, state: str) -> None:
    own_season(session, THIS_WEEK)
    session.connection().exec_driver_sql(
        "update season set state = %s where season_id = %s and state <> %s", (state, THIS_WEEK, state)
    )


def sqlstate(error: DBAPIError) -> str | None:
    return error.orig.sqlstate if isinstance(error.orig, psycopg.Error) else None


def deadlocks(superuser: Any) -> int:
    superuser.execute("select pg_stat_force_next_flush()")
    query = "select deadlocks from pg_stat_database where datname = current_database()"
    return superuser.execute(query).fetchone()[0]


def test_32_writers_on_the_same_members(world: World, superuser: Any) -> None:
    world.record(*[make_event("member.joined", member) for member in MEMBERS[:6]])
    writers = [Writer(world, number) for number in range(WRITERS)]
    barrier = Barrier(WRITERS + 1)

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        done = [threads.submit(writer.live, barrier) for writer in writers]
        done.append(threads.submit(settle_the_season, world, barrier))
        failures = [error for future in done if (error := future.exception()) is not None]

    assert failures == []
    assert deadlocks(superuser) == 0
    assert_balances(world)
    assert_decisions(world)
    assert_holds(world)
    assert_attendance(world)
    assert leaderboards_from_entries(world) == {
        place: value for place, value in leaderboards_as_kept(world).items() if place[0] != "streak"
    }


def assert_holds(world: World) -> None:
    """What is held is what the placed holds say, and each hold's history is its state."""
    for row in world.rows(
        "select a.held, coalesce(sum(h.points) filter (where h.state = 'placed'), 0) as placed"
        " from account a left join hold h using (account_id) group by a.account_id"
    ):
        assert row.held == row.placed
    for row in world.rows(
        "select h.state, array_agg(y.state order by y.recorded_at, y.state = 'placed' desc) as history from hold h"
        " join hold_history y using (hold_id) group by h.hold_id"
    ):
        assert row.history == (["placed"] if row.state == "placed" else ["placed", row.state])


def assert_attendance(world: World) -> None:
    """Places of a day are 1, 2, 3 …, and its counter knows how many."""
    for row in world.rows(
        "select members, array(select place from attendance a where a.day = d.day order by place) as places"
        " from attendance_day d"
    ):
        assert row.places == list(range(1, row.members + 1))


def together(callers: int, *, rounds: int, call: Callable[[int, int], list[Result]]) -> list[Result]:
    """Each of the callers calls in each round, all at once; what they were answered. None may fail."""
    barrier = Barrier(callers)

    def caller(number: int) -> list[Result]:
        results: list[Result] = []
        try:
            for turn in range(rounds):
                barrier.wait(timeout=30)
                results += call(number, turn)
        except BaseException:
            barrier.abort()
            raise
        return results

    with ThreadPoolExecutor(callers) as threads:
        done = [threads.submit(caller, number) for number in range(callers)]
        failures = [error for future in done if (error := future.exception()) is not None]
    assert failures == []
    return [result for future in done for result in future.result()]


def test_batches_with_the_same_members_and_events_in_opposite_order(world: World, superuser: Any) -> None:
    rounds = 25
    batches = [
        [
            make_event("login", f"member-{number}", event_id=f"{turn}-{number}", at=START - timedelta(days=turn))
            for number in range(20)
        ]
        for turn in range(rounds)
    ]

    def send(number: int, turn: int) -> list[Result]:
        return world.record(*(batches[turn] if number % 2 else reversed(batches[turn])))

    together(4, rounds=rounds, call=send)

    assert deadlocks(superuser) == 0
    assert world.rows("select sum(balance), sum(version) from account") == [(2 * 20 * rounds, 20 * rounds)]


SLOWLY = """
create function slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(0.002); return new; end $$;
create trigger slowly before insert on event for each row execute function slowly();
"""


def test_batches_of_others_with_the_same_events_in_opposite_order(world: World, superuser: Any) -> None:
    """No account is shared: only the order in which events are written keeps these from waiting for each other."""
    rounds, size = 3, 20
    superuser.execute(SLOWLY)

    def send(number: int, turn: int) -> list[Result]:
        batch = [make_event("login", f"{number}-{each}", event_id=f"{turn}-{each}") for each in range(size)]
        return world.record(*(batch if number % 2 else reversed(batch)))

    results = together(4, rounds=rounds, call=send)

    assert deadlocks(superuser) == 0
    assert sum(isinstance(result, Recorded) for result in results) == rounds * size
    assert world.rows("select count(*) from event") == [(rounds * size,)]
