"""Deleted and restored: in any order, of whoever got the points, and against a writer who is not done yet."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from rewards.earning.events import Event
from rewards.earning.record import record
from rewards.runtime.database import transaction
from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.world import World, decided, open_world

PATIENCE_S = 10
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def world(engine: Engine) -> World:
    return open_world(engine)


def about(event_type: str, member_id: str = "mina", **said: Any) -> Event:
    return make_event(event_type, member_id, subject="comment:1", **said)


def outcomes(world: World, *events: Event) -> list[tuple[str, int]]:
    return [(one.decision.outcome, one.decision.points) for one in decided(world.record(*events))]


@pytest.mark.parametrize(
    "later_by, expected",
    [(-INSTANT, ("rejected", 0)), (0 * INSTANT, ("rejected", 0)), (INSTANT, ("awarded", 10))],
)
def test_a_deletion_that_arrives_first_rejects_what_occurred_no_later(
    world: World, later_by: timedelta, expected: tuple[str, int]
) -> None:
    told = outcomes(world, about("comment.deleted"), about("comment.created", at=START + later_by))

    assert told == [("ignored", 0), expected]


def test_a_deletion_that_arrives_first_rejects_what_others_would_get_for_it(world: World) -> None:
    world.record(about("comment.deleted"))

    told = outcomes(world, about("reply.received", "jun"), about("like.received", "hana"))

    assert told == [("rejected", 0), ("rejected", 0)]


def test_a_deletion_takes_back_once_from_everybody_who_got_points_for_it(world: World) -> None:
    world.record(about("comment.created"), about("reply.received", "jun"), about("like.received", "mina"))

    told = outcomes(world, about("comment.deleted"), about("comment.deleted"))

    assert told == [("reversed", -15), ("ignored", 0)]
    assert [world.account(member).balance for member in ("mina", "jun")] == [0, 0]


def test_back_and_forth_gives_and_takes_the_same_award_each_time(world: World) -> None:
    world.record(about("comment.created"), about("reply.received", "jun"))

    told = outcomes(world, *[about(f"comment.{what}") for what in ("deleted", "restored") * 3])

    assert told == [("reversed", -10), ("restored", 10)] * 3
    assert [world.account(member).balance for member in ("mina", "jun")] == [10, 3]
    line = world.rows("select seq, kind, reverses, award_seq from entry where contra like '%comment%' order by seq")
    assert [entry.reverses for entry in line] == [None, 1, 2, 3, 4, 5, 6]
    assert [entry.award_seq for entry in line] == [None, 1, 1, 1, 1, 1, 1]


def test_a_restoration_gives_again_only_what_its_own_deletion_took(world: World) -> None:
    world.record(about("comment.created"), about("like.received"), about("like.deleted"))

    told = outcomes(world, about("comment.deleted"), about("comment.restored"))

    assert told == [("reversed", -10), ("restored", 10)]
    assert world.account("mina").balance == 10


def test_a_deletion_by_somebody_else_leaves_the_authors_own_award_alone(world: World) -> None:
    world.record(about("comment.created"), about("reply.received", "jun"))

    assert outcomes(world, about("comment.deleted", "stranger")) == [("reversed", 0)]
    assert [world.account(member).balance for member in ("mina", "jun")] == [10, 0]


def test_a_suspended_members_points_are_taken_back_all_the_same(world: World) -> None:
    world.record(about("comment.created"))
    world.execute("update member set suspended_at = :at", at=START)

    told = outcomes(world, about("comment.deleted"), about("comment.restored"))

    assert told == [("reversed", -10), ("rejected", 0)]


@pytest.mark.parametrize("first", ["award", "deletion"])
def test_an_award_and_the_deletion_of_its_subject_never_pass_each_other_unseen(
    world: World, superuser: Any, first: str
) -> None:
    """Their members differ, so no account lock makes one wait for the other."""
    world.record(make_event("member.joined", "mina"), make_event("member.joined", "jun"))
    award, deletion = about("reply.received", "jun"), about("comment.deleted", "mina")
    earlier, later = (award, deletion) if first == "award" else (deletion, award)

    with ThreadPoolExecutor(1) as thread:
        with transaction(world.engine) as session:
            record(session, [earlier], terms=world.terms, now=START)
            waiting = thread.submit(world.record, later)
            wait_for_it(superuser, waiting)
        (told,) = decided(waiting.result(timeout=PATIENCE_S))

    assert told.decision.outcome == ("reversed" if first == "award" else "rejected")
    assert world.account("jun").balance == 100


def wait_for_it(superuser: Any, done: Future[Any]) -> None:
    """Until it waits for a lock, or is done because it waited for none."""
    query = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    deadline = time.monotonic() + PATIENCE_S
    while not done.done() and not superuser.execute(query).fetchone():
        assert time.monotonic() < deadline, "it neither waits nor ends"
        time.sleep(0.01)
