"""Caps of the default policy, to the last point and second, and that no sequence of events gets past them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.model.earning import POLICY
from tests.rewards.earning.histories import BASE, Namespace, Said, saids, several
from tests.support.clock import START
from tests.support.factories import make_comment, make_event
from tests.support.world import World, decided, open_world

MIDNIGHT = datetime(2026, 3, 4, 15, tzinfo=UTC)
"""Between Wednesday and Thursday in Seoul."""


@pytest.fixture
def world(engine: Engine) -> World:
    return open_world(engine)


def outcomes(world: World, *events: Any, now: datetime = START) -> list[tuple[str, str | None, int]]:
    return [
        (result.decision.outcome, result.decision.reason, result.decision.points)
        for result in decided(world.record(*events, now=now))
    ]


def test_the_eleventh_comment_of_a_day_is_capped_and_the_first_of_the_next_day_is_not(world: World) -> None:
    day = [make_comment(at=MIDNIGHT - timedelta(seconds=20 * (11 - number))) for number in range(11)]
    next_day = make_comment(at=MIDNIGHT)

    told = outcomes(world, *day, next_day, now=MIDNIGHT)

    assert told == [("awarded", None, 10)] * 10 + [("capped", "daily_times", 0), ("awarded", None, 10)]


def test_the_last_award_of_a_day_is_trimmed_to_what_is_left(world: World) -> None:
    replies = [make_event("reply.received", subject=f"comment:{number}") for number in range(8)]

    told = outcomes(world, *replies)

    assert told == [("awarded", None, 3)] * 6 + [("awarded", None, 2), ("capped", "daily_points", 0)]


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(
    "apart_s, outcome",
    [(0, "capped"), (14.999999, "capped"), (15, "awarded")],
)
def test_the_cooldown_holds_in_both_directions_of_time(
    world: World, direction: int, apart_s: float, outcome: str
) -> None:
    first = make_comment(at=START - timedelta(minutes=1))
    second = make_comment(at=first.occurred_at + direction * timedelta(seconds=apart_s))

    assert [told[0] for told in outcomes(world, first, second)] == ["awarded", outcome]


def test_what_is_capped_does_not_move_the_cooldown(world: World) -> None:
    comments = [make_comment(at=START + timedelta(seconds=offset)) for offset in (0, 10, 16)]

    assert [told[0] for told in outcomes(world, *comments)] == ["awarded", "capped", "awarded"]


def test_a_reversal_gives_no_cap_back(world: World) -> None:
    joined = make_event("member.joined", subject="member:mina")
    deleted = make_event("member.deleted", subject="member:mina")
    again = make_event("member.joined", subject="member:again")

    told = outcomes(world, joined, deleted, again)

    assert told == [("awarded", None, 100), ("reversed", None, -100), ("capped", "once_ever", 0)]


def test_an_event_that_was_capped_stays_capped_the_next_day(world: World) -> None:
    first, second = make_event("login"), make_event("login")
    told = outcomes(world, first, second)

    tomorrow = world.record_one(second, now=START + timedelta(days=1))

    assert told == [("awarded", None, 2), ("capped", "daily_times", 0)]
    assert (tomorrow.repeated, tomorrow.decision.outcome) == (True, "capped")
    assert world.account("mina").balance == 2


def test_a_subject_earns_once_for_each_member_and_type(world: World) -> None:
    told = outcomes(
        world,
        make_event("reply.received", "mina", subject="comment:1"),
        make_event("reply.received", "mina", subject="comment:1"),
        make_event("reply.received", "jun", subject="comment:1"),
        make_event("reply.received", "mina", subject="comment:2"),
    )

    assert [outcome for outcome, _, _ in told] == ["awarded", "capped", "awarded", "awarded"]


@pytest.fixture
def small(engine: Engine) -> World:
    return open_world(engine, policy=POLICY, at=BASE)


@settings(several, max_examples=40)
@given(parts=st.lists(st.lists(saids, min_size=1, max_size=12), min_size=1, max_size=4), namespace=st.uuids())
def test_no_sequence_gets_past_a_cap(small: World, parts: list[list[Said]], namespace: Any) -> None:
    names = Namespace(namespace.hex[:16])
    for part in parts:
        small.record(*names.events(part, now=BASE), now=BASE)

    awards = small.rows(
        "select account_id, type, subject, points, occurred_at, decision_no, cast(occurred_at + interval '9 hours' as"
        " date) as day from event where outcome = 'awarded' and event_id like :mine order by decision_no",
        mine=f"{names.name}%",
    )
    for key, rule in POLICY["rules"].items():
        for member in {award.account_id for award in awards}:
            mine = [award for award in awards if (award.account_id, award.type) == (member, key)]
            for day in {award.day for award in mine}:
                today = [award.points for award in mine if award.day == day]
                assert len(today) <= rule.get("times_per_day", 10**6)
                assert sum(today) <= rule.get("points_per_day", 10**6)
            subjects = [award.subject for award in mine if award.subject is not None]
            assert not rule.get("once_per_subject") or len(subjects) == len(set(subjects))
            assert not rule.get("once_ever") or len(mine) <= 1
            for number, award in enumerate(mine):
                latest = max((before.occurred_at for before in mine[:number]), default=None)
                apart = timedelta(days=999) if latest is None else abs(award.occurred_at - latest)
                assert apart >= timedelta(seconds=rule.get("cooldown_s", 0))
