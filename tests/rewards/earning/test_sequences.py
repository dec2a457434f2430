"""Properties of recording that hold for every sequence of events: replays, batches, dry runs."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from ledger.tables import Base
from rewards.earning.events import Event
from rewards.earning.record import preview
from rewards.ranking.season_rows import ensure_current
from rewards.runtime.database import transaction
from tests.model.earning import POLICY
from tests.rewards.earning.histories import BASE, Namespace, Said, answered, sequences, several
from tests.support.factories import make_event
from tests.support.world import GRACE_S, World, open_world

_numbers = itertools.count(1)


@pytest.fixture
def world(engine: Engine) -> World:
    """A community with small caps, in its first week."""
    world = open_world(engine, policy=POLICY, at=BASE)
    world.run(
        lambda session: ensure_current(session, calendar=world.terms.calendar, now=BASE, grace_s=GRACE_S, prizes=[])
    )
    return world


def lived(said: Sequence[Said]) -> tuple[Namespace, list[Event]]:
    """A community of its own in which everybody has joined, and what is said there."""
    names = Namespace(f"q{next(_numbers)}")
    joined = [make_event("member.joined", member, event_id=f"{member}-joins", at=BASE) for member in names.members]
    return names, [*joined, *names.events(said, now=BASE)]


def split(events: Sequence[Event], cuts: Sequence[int]) -> list[list[Event]]:
    """The events in micro-batches, cut where the numbers say."""
    places = sorted({cut % (len(events) + 1) for cut in cuts} | {0, len(events)})
    return [list(events[start:end]) for start, end in itertools.pairwise(places)]


def record_all(world: World, parts: Sequence[Sequence[Event]]) -> list[Any]:
    return [result for part in parts if part for result in world.record(*part, now=BASE)]


def kept(world: World, names: Namespace) -> list[Any]:
    """Everything that stays of a community, without ids, times and hashes, by member."""
    kept_rows: list[Any] = []
    for query in (
        "select balance, held, lifetime, version, decisions from account join member using (account_id)",
        "select seq, points, kind, contra, season, month, award_seq from entry join member using (account_id)",
        "select leaderboard, period, points, reached_at from leaderboard_points join member using (account_id)",
        "select rule_key, period, times, points, last_at from cap_usage join member using (account_id)",
        "select decision_no, outcome, points, seq, balance from event join member using (account_id)",
    ):
        for member in names.members:
            rows = world.rows(f"{query} where member_id = :member order by 1, 2", member=member)
            kept_rows.append([tuple(row) for row in rows])
    return kept_rows


def whole_database(world: World) -> dict[str, Any]:
    """Number and content of the rows of every table there is."""
    query = "select count(*), coalesce(sum(hashtextextended(cast(t as text), 0)), 0) from {} t"
    with transaction(world.engine) as session:
        return {name: tuple(session.execute(text(query.format(name))).one()) for name in sorted(Base.metadata.tables)}


@settings(several, max_examples=40)
@given(said=sequences, cuts=st.lists(st.integers(0, 40), max_size=6))
def test_any_split_into_micro_batches_decides_the_same(world: World, said: list[Said], cuts: list[int]) -> None:
    together, events_together = lived(said)
    apart, events_apart = lived(said)

    at_once = record_all(world, [events_together])
    in_parts = record_all(world, split(events_apart, cuts))

    assert [answered(one, namespace=together) for one in at_once] == [
        answered(one, namespace=apart) for one in in_parts
    ]
    assert kept(world, together) == kept(world, apart)


@settings(several, max_examples=15)
@given(said=sequences)
def test_a_batch_decides_as_its_events_do_one_by_one(world: World, said: list[Said]) -> None:
    together, events_together = lived(said)
    alone, events_alone = lived(said)

    at_once = record_all(world, [events_together])
    one_by_one = record_all(world, [[event] for event in events_alone])

    assert [answered(one, namespace=together) for one in at_once] == [
        answered(one, namespace=alone) for one in one_by_one
    ]
    assert kept(world, together) == kept(world, alone)


@settings(several, max_examples=30)
@given(said=sequences, cuts=st.lists(st.integers(0, 40), max_size=4))
def test_recording_twice_is_recording_once_word_for_word(world: World, said: list[Said], cuts: list[int]) -> None:
    said = [one for one in said if not one.changed]
    names, events = lived(said)
    first = record_all(world, [events])
    before = whole_database(world)

    again = record_all(world, split(events, cuts))

    assert whole_database(world) == before
    stored = [result for result in again if hasattr(result, "decision")]
    assert all(result.repeated for result in stored)
    by_id = {result.decision.event_id: result.decision for result in first if hasattr(result, "decision")}
    assert [result.decision for result in stored] == [by_id[event.id] for event in events if event.id in by_id], names


@settings(several, max_examples=40)
@given(said=sequences, cut=st.integers(0, 24))
def test_a_dry_run_says_what_recording_does(world: World, said: list[Said], cut: int) -> None:
    names, events = lived(said)
    head, tail = events[:cut], events[cut:]
    record_all(world, [head])
    if not tail:
        return

    advised = world.preview(*tail, now=BASE)
    done = world.record(*tail, now=BASE)

    assert [answered(one, namespace=names) for one in advised] == [answered(one, namespace=names) for one in done]


@settings(several, max_examples=10)
@given(said=sequences, cut=st.integers(0, 24))
def test_a_dry_run_writes_nothing_even_where_it_could(world: World, said: list[Said], cut: int) -> None:
    _, events = lived(said)
    record_all(world, [events[:cut]])
    before = whole_database(world)

    with transaction(world.engine) as session:
        preview(session, events, terms=world.terms, now=BASE)

    assert whole_database(world) == before
