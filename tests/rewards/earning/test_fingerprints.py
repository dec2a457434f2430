"""The same id again: the first decision for the same content, a conflict for any other."""

from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine

from ledger.errors import EventConflict
from rewards.earning.desk import Recorded
from tests.support.clock import START
from tests.support.factories import make_comment, make_event
from tests.support.world import World, open_world

SEOUL = timezone(timedelta(hours=9))


@pytest.fixture
def world(engine: Engine) -> World:
    return open_world(engine)


def test_the_same_instant_in_another_zone_is_the_same_event(world: World) -> None:
    in_utc = make_comment(at=START + timedelta(microseconds=123456))
    in_seoul = replace(in_utc, occurred_at=in_utc.occurred_at.astimezone(SEOUL))

    first, again = world.record(in_utc, in_seoul)

    assert isinstance(again, Recorded)
    assert again.repeated
    assert isinstance(first, Recorded)
    assert again.decision == first.decision


def test_keys_in_another_order_are_the_same_event(world: World) -> None:
    said = make_comment(data={"length": 3, "tags": {"b": 1, "a": [1, None]}})
    reordered = replace(said, data={"tags": {"a": [1, None], "b": 1}, "length": 3})

    assert not world.record_one(said).repeated
    assert world.record_one(reordered).repeated


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "post.created"},
        {"member_id": "jun"},
        {"subject": "comment:other"},
        {"subject": None},
        {"board": ""},
        {"board": "free"},
        {"occurred_at": START - timedelta(microseconds=1)},
        {"data": {"length": 4}},
        {"data": {"length": "3"}},
        {"data": {}},
        {"data": {"length": 3, "more": None}},
    ],
)
def test_other_content_under_the_same_id_is_refused_with_the_first_ones_fingerprint(
    world: World, changed: dict[str, Any]
) -> None:
    first = make_comment(data={"length": 3})
    decision = world.record_one(first).decision
    before = world.account("mina")

    (refused,) = world.record(replace(first, **changed), now=START + timedelta(days=1))

    assert isinstance(refused, EventConflict)
    assert (refused.source, refused.event_id) == (first.source, first.id)
    assert refused.first_fingerprint == decision.fingerprint.hex()
    assert refused.first_recorded_at == decision.recorded_at
    assert world.account("mina") == before


def test_the_same_id_of_another_source_is_another_event(world: World) -> None:
    first = make_comment()

    other = world.record_one(replace(make_comment(at=START - timedelta(hours=1)), id=first.id, source="shop"))
    mine = world.record_one(first)

    assert not other.repeated
    assert not mine.repeated


def test_a_conflict_inside_a_batch_stops_nobody_else(world: World) -> None:
    first = make_comment("mina")
    results = world.record(first, replace(first, member_id="jun"), make_comment("jun"))

    assert [type(result) for result in results] == [Recorded, EventConflict, Recorded]
    assert world.account("jun").balance == 10


def test_the_salt_of_the_member_keys_the_fingerprint(world: World) -> None:
    """Two members who did the same, at the same moment, cannot be told to have done so."""
    one = world.record_one(make_event("login", "mina")).decision
    other = world.record_one(make_event("login", "jun")).decision

    assert one.fingerprint != other.fingerprint
    assert len(one.fingerprint) == 32


def test_what_lies_too_far_ahead_is_refused_and_can_be_sent_again(world: World) -> None:
    ahead = make_comment(at=START + timedelta(minutes=5, microseconds=1))

    (refused,) = world.record(ahead)
    later = world.record_one(ahead, now=START + timedelta(seconds=1))

    assert not isinstance(refused, Recorded)
    assert (later.repeated, later.decision.outcome) == (False, "awarded")


def test_what_lies_too_far_ahead_leaves_no_trace_of_a_member_who_was_never_seen(world: World) -> None:
    world.record(make_comment("too-early", at=START + timedelta(minutes=6)))

    assert world.rows("select member_id from member") == []
    assert world.rows("select account_id from account") == []
