"""The counts beside the lines are what the caps did: compared with decisions and with the caps' own numbers."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from rewards.members.explanations import Behind, refusals, what_stands_behind
from rewards.members.statement import StatementLine, statement, statement_as_it_occurred
from rewards.policy.document import DEFAULT_POLICY, read_document
from rewards.runtime.database import snapshot
from tests.support.factories import make_event
from tests.support.village import NOW
from tests.support.world import World, open_world

TYPES = ("comment.created", "reply.received", "like.received", "login", "both.capped", "member.joined")
DAYS = 3
_members = count(1)

moments = st.integers(min_value=0, max_value=DAYS * 24 * 60 - 1).map(lambda minute: timedelta(minutes=minute))
happenings = st.lists(st.tuples(st.sampled_from(TYPES), moments), min_size=1, max_size=60)


@pytest.fixture
def world(engine: Engine) -> World:
    """Tight caps, so that a few events reach them."""
    document = read_document(DEFAULT_POLICY)
    document["rules"] |= {
        "comment.created": {"points": 10, "times_per_day": 4},
        "reply.received": {"points": 3, "points_per_day": 8},
        "like.received": {"points": 5, "times_per_day": 3},
        "both.capped": {"points": 4, "times_per_day": 3, "points_per_day": 10},
    }
    return open_world(engine, policy=document, at=NOW - timedelta(days=30))


def told(world: World, member_id: str) -> tuple[list[StatementLine], dict[int, Behind]]:
    account_id = world.account_id(member_id)
    with snapshot(world.engine) as session:
        lines = statement(session, account_id, limit=1000)
        return lines, what_stands_behind(session, lines, account_id=account_id, calendar=world.terms.calendar)


def usage_of(world: World, member_id: str) -> dict[tuple[str, str], tuple[int, int]]:
    """What the caps themselves have counted, by rule and day."""
    rows = world.rows(
        "select rule_key, period, times, points from cap_usage where account_id = :id and period <> 'ever'",
        id=world.account_id(member_id),
    )
    return {(row.rule_key, row.period): (row.times, row.points) for row in rows}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=happenings)
def test_counts_rise_one_by_one_to_what_the_caps_have_counted(
    world: World, happened: list[tuple[str, timedelta]]
) -> None:
    member_id = f"member-{next(_members)}"
    events = [make_event(kind, member_id, at=NOW - timedelta(days=DAYS) + after) for kind, after in happened]
    world.record(*events, now=NOW)

    lines, behind = told(world, member_id)

    counted: dict[tuple[str, date], list[tuple[int, int]]] = defaultdict(list)
    for line in reversed(lines):
        assert line.event
        times, points = behind[line.seq].times, behind[line.seq].points
        assert times is None or times.used <= times.most
        assert points is None or points.used <= points.most
        key = (line.event.type, world.terms.calendar.day_of(line.occurred_at))
        if times or points:
            counted[key].append((times.used if times else 0, points.used if points else 0))
    used = usage_of(world, member_id)
    for (kind, day), numbers in counted.items():
        times_used, points_used = used[kind, day.isoformat()]
        assert numbers[-1] in ((times_used, points_used), (times_used, 0), (0, points_used))
        if numbers[0][0]:
            assert [times for times, _ in numbers] == list(range(1, len(numbers) + 1))
    assert {(kind, day.isoformat()) for kind, day in counted} == used.keys()


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=happenings)
def test_whatever_moved_nothing_is_among_the_refusals(world: World, happened: list[tuple[str, timedelta]]) -> None:
    member_id = f"member-{next(_members)}"
    events = [make_event(kind, member_id, at=NOW - timedelta(days=DAYS) + after) for kind, after in happened]
    world.record(*events, now=NOW)

    account_id, calendar = world.account_id(member_id), world.terms.calendar
    with snapshot(world.engine) as session:
        found = refusals(session, account_id, since=None, until=None, calendar=calendar)
        lines = statement(session, account_id, limit=1000)

    assert sum(refusal.events for refusal in found) + len(lines) == len(happened)
    assert len({(one.day, one.type, one.outcome, one.reason, one.board) for one in found}) == len(found)


def test_a_trimmed_award_says_that_the_day_is_used_up(world: World) -> None:
    world.record(*[make_event("reply.received", at=NOW - timedelta(minutes=n)) for n in range(4)], now=NOW)

    lines, behind = told(world, "mina")

    assert [line.points for line in lines] == [2, 3, 3]
    assert [behind[line.seq].points for line in lines] == [(8, 8), (6, 8), (3, 8)]


def test_a_cap_that_came_later_counts_from_then_on(engine: Engine) -> None:
    document = read_document(DEFAULT_POLICY)
    document["rules"]["login"] = {"points": 2}
    before = open_world(engine, policy=document, at=NOW - timedelta(days=30))
    before.record(make_event("login", at=NOW - timedelta(hours=2)), now=NOW)
    capped: dict[str, Any] = {**document, "rules": {**document["rules"], "login": {"points": 2, "times_per_day": 2}}}
    after = open_world(engine, policy=capped, at=NOW)
    after.record(*[make_event("login", at=NOW - timedelta(minutes=n)) for n in (3, 2, 1)], now=NOW)

    lines, behind = told(after, "mina")

    assert [behind[line.seq].times for line in lines] == [(2, 2), (1, 2), None]
    assert usage_of(after, "mina")["login", "2026-11-24"] == (2, 4)


def test_deleting_and_restoring_neither_counts_nor_takes_away_from_a_count(world: World) -> None:
    for number, kind in enumerate(("comment.created", "comment.deleted", "comment.restored", "comment.created")):
        subject = "comment:1" if number < 3 else "comment:2"
        world.record(make_event(kind, subject=subject, board="free", at=NOW + timedelta(minutes=number - 9)), now=NOW)

    lines, behind = told(world, "mina")

    assert [line.kind for line in lines] == ["award", "restore", "reversal", "award"]
    assert [behind[line.seq].times for line in lines] == [(2, 4), None, None, (1, 4)]
    assert [behind[line.seq].board for line in lines] == ["free"] * 4
    assert behind[lines[1].seq].award_at == NOW - timedelta(minutes=9)


def test_late_lines_lie_in_the_day_that_they_are_of(world: World) -> None:
    world.record(make_event("login", at=NOW - timedelta(hours=1)), now=NOW)
    world.record(make_event("login", at=NOW - timedelta(days=2)), now=NOW)

    account_id = world.account_id("mina")
    with snapshot(world.engine) as session:
        written = statement(session, account_id, limit=9)
        occurred = statement_as_it_occurred(session, account_id, limit=9)

    assert [line.seq for line in written] == [2, 1]
    assert [line.seq for line in occurred] == [1, 2]


def test_what_another_member_deleted_names_the_award_all_the_same(world: World) -> None:
    world.record(make_event("post.created", "jun", subject="post:1", at=NOW - timedelta(hours=2)), now=NOW)
    world.record(make_event("like.received", subject="post:1", board="free", at=NOW - timedelta(hours=1)), now=NOW)
    world.record(make_event("post.deleted", "jun", subject="post:1", at=NOW), now=NOW)

    lines, behind = told(world, "mina")

    assert [line.kind for line in lines] == ["reversal", "award"]
    assert behind[lines[0].seq].award_at == NOW - timedelta(hours=1)
    assert behind[lines[0].seq].board == "free"


def test_nobodys_events_are_anybody_elses(world: World) -> None:
    instant: datetime = NOW - timedelta(hours=1)
    world.record(make_event("login", "jun", at=instant), make_event("login", "mina", at=instant), now=NOW)

    lines, behind = told(world, "mina")

    assert [behind[line.seq].times for line in lines] == [(1, 1)]
