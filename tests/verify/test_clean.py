"""What is right is found to be right, also while others write."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.support.checker import broken_rows
from tests.support.everything import LATER
from tests.support.factories import make_comment, make_event
from tests.support.world import World


def test_a_database_in_which_everything_has_happened_is_clean(world: World, engine: Engine) -> None:
    # given
    kinds = {row.kind for row in world.rows("select distinct kind from entry")}
    outcomes = {row.outcome for row in world.rows("select distinct outcome from event")}
    states = {row.state for row in world.rows("select distinct state from season")}
    assert kinds == {"award", "charge", "reversal", "restore", "capture", "adjustment", "grant"}
    assert outcomes == {"awarded", "charged", "capped", "declined", "ignored", "reversed", "restored"}
    assert states == {"final", "open"}

    # when, then
    assert broken_rows(engine, now=LATER) == []


def test_writers_beside_it_are_no_finding(world: World, engine: Engine) -> None:
    # given
    def write(writer: int) -> None:
        for number in range(40):
            subject = f"comment:{writer}:{number}"
            member_id = f"writer-{(writer + number) % 3}"
            world.record(make_comment(member_id, subject=subject, at=LATER), now=LATER)
            world.record(make_event("comment.deleted", member_id, subject=subject, at=LATER), now=LATER)

    # when
    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, number) for number in range(3)]
        looks = 0
        while looks == 0 or not all(writer.done() for writer in writers):
            assert broken_rows(engine, now=LATER) == []
            looks += 1
        for writer in writers:
            writer.result()

    # then
    assert looks > 1
    assert broken_rows(engine, now=LATER + timedelta(days=1)) == []


@given(
    moves=st.lists(
        st.tuples(
            st.sampled_from(["mina", "jun", "sora"]),
            st.sampled_from(["comment.created", "reply.received", "comment.deleted", "comment.restored"]),
            st.integers(0, 3),
        ),
        max_size=30,
    )
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_is_clean(world: World, moves: list[tuple[str, str, int]]) -> None:
    """The same database all along: each example adds to what the ones before it left."""
    # when
    for member_id, event_type, subject in moves:
        world.record(make_event(event_type, member_id, subject=f"subject:{subject}", at=LATER), now=LATER)

    # then
    assert broken_rows(world.engine, now=LATER) == []
