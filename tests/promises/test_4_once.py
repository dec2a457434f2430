"""Promise 4: an event is decided once, and answered with that decision for ever, however many ask at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from ledger.errors import EventConflict
from rewards.earning.answer import answer_of
from rewards.earning.desk import Recorded, Result
from rewards.earning.events import Event
from rewards.ranking.season_rows import ensure_current
from rewards.runtime.database import create_engine_from
from tests.support.clock import START
from tests.support.database import Database
from tests.support.factories import make_comment, make_event
from tests.support.world import World, open_world

CALLERS = 50


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    """A community with enough connections for everybody to come at once, in a season that nobody has to open first."""
    engine = create_engine_from(database.service_url, pool_size=25, application_name="tests")
    world = open_world(engine)
    of_terms = {"calendar": world.terms.calendar, "grace_s": world.terms.grace_s, "prizes": world.terms.prizes}
    world.run(lambda session: ensure_current(session, now=START, **of_terms))
    yield world
    engine.dispose()


def all_at_once(world: World, batches: list[list[Event]]) -> list[list[Result]]:
    """Record each batch from a thread of its own; half of them hold a connection at the same time."""
    barrier = Barrier(25)

    def call(batch: list[Event]) -> list[Result]:
        barrier.wait(timeout=30)
        return world.record(*batch)

    with ThreadPoolExecutor(25) as threads:
        return list(threads.map(call, batches))


def test_fifty_callers_with_the_same_event_get_one_award_and_forty_nine_replays(world: World) -> None:
    event = make_comment()

    results = [result for (result,) in all_at_once(world, [[event]] * CALLERS) if isinstance(result, Recorded)]

    assert len(results) == CALLERS
    assert sorted(result.repeated for result in results) == [False] + [True] * 49
    assert len({result.decision for result in results}) == 1
    assert world.account("mina").balance == 10
    assert world.rows("select count(*) from entry") == [(1,)]
    assert world.rows("select count(*) from outbox where topic = 'points'") == [(1,)]


def test_of_fifty_callers_with_other_content_one_is_answered_and_the_rest_learn_of_it(world: World) -> None:
    event = make_comment()
    versions = [replace(event, member_id=f"member-{number}") for number in range(CALLERS)]

    results = [result for (result,) in all_at_once(world, [[one] for one in versions])]

    decisions = [result.decision for result in results if isinstance(result, Recorded)]
    conflicts = [result for result in results if isinstance(result, EventConflict)]
    assert (len(decisions), len(conflicts)) == (1, 49)
    assert {conflict.first_fingerprint for conflict in conflicts} == {decisions[0].fingerprint.hex()}
    assert world.rows("select sum(balance) from account") == [(10,)]


def test_batches_that_carry_the_same_events_in_any_order_decide_each_once(world: World) -> None:
    events = [make_comment(f"member-{number % 7}", at=START - timedelta(minutes=number)) for number in range(40)]
    batches = [events[turn:] + events[:turn] if turn % 2 else events[turn::-1] + events[:turn:-1] for turn in range(25)]

    results = [result for batch in all_at_once(world, batches) for result in batch]

    assert len(results) == 25 * 40
    assert sum(not result.repeated for result in results if isinstance(result, Recorded)) == 40
    assert world.rows("select count(*) from event") == [(40,)]
    assert world.rows("select sum(balance) from account") == [(400,)]


def test_the_answer_is_the_same_word_for_word_after_everything_has_changed(world: World) -> None:
    event = make_comment(subject="comment:1", data={"length": 3})
    first = world.record_one(event)
    world.record(make_event("member.joined"), make_event("comment.deleted", subject="comment:1"))
    world.execute("update member set suspended_at = :at, level_by_hand = 'VIP'", at=START)
    world.move_season(world.rows("select season_id from season")[0].season_id, "closing", "provisional", "final")

    again = world.record_one(event, now=START + timedelta(days=400))

    assert again.repeated
    assert again.decision == first.decision
    assert answer_of(again.decision) == answer_of(first.decision)
    assert answer_of(first.decision) == {
        "event": {"source": "forum", "id": event.id},
        "outcome": "awarded",
        "points": 10,
        "reason": None,
        "rule": "comment.created@1",
        "balance": 10,
        "available": 10,
        "season": {"id": "2026-03-02", "points": 10},
        "level": {"name": "새싹", "up": False},
        "recorded_at": "2026-03-04T03:00:00.000Z",
    }


def test_what_moved_no_points_is_stored_and_answered_again_too(world: World) -> None:
    for event, outcome in (
        (make_event("poll.closed"), "ignored"),
        (make_event("post.created", board="notice"), "ignored"),
        (make_event("post.created", board="market"), "declined"),
        (make_event("comment.deleted", subject="comment:9"), "ignored"),
    ):
        first = world.record_one(event)

        assert first.decision.outcome == outcome
        assert world.record_one(event, now=START + timedelta(days=1)) == Recorded(first.decision, repeated=True)
