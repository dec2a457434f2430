"""Line 4: a week delivered twice, members interleaved anyhow, a tenth of it again the next day: as once, in order."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rewards.earning.desk import Recorded
from rewards.earning.events import Event
from rewards.runtime.database import create_engine_from, snapshot
from rewards.verify import findings
from tests.model.earning import POLICY
from tests.support.database import copied_database
from tests.support.factories import make_event
from tests.support.servers import Servers
from tests.support.world import World, open_world

MONDAY = datetime(2026, 3, 1, 15, tzinfo=UTC)
AFTERWARDS = MONDAY + timedelta(days=7)
MEMBERS = 15
EVENTS = 1500
KINDS = (
    ["comment.created"] * 6
    + ["post.created"] * 3
    + ["like.received"] * 3
    + ["reply.received"] * 3
    + [
        "login",
        "member.joined",
        "warning.given",
        "comment.deleted",
        "comment.restored",
        "post.deleted",
    ]
)


def week_of_events(chance: random.Random) -> list[Event]:
    """In the order of time. Each member's subjects are its own, so that nobody's deletion reaches another member."""
    seconds = sorted(chance.randrange(7 * 86400) for _ in range(EVENTS))
    events: list[Event] = []
    for number, second in enumerate(seconds):
        member = f"member-{chance.randrange(MEMBERS)}"
        events.append(
            make_event(
                chance.choice(KINDS),
                member,
                event_id=f"event-{number}",
                subject=f"{member}:{chance.randrange(40)}",
                board=chance.choice([None, None, "qna", "market", "notice"]),
                at=MONDAY + timedelta(seconds=second),
            )
        )
    return events


def interleaved(events: Iterable[Event], *, chance: random.Random) -> list[Event]:
    """Members anyhow among each other, each one's own events in their order."""
    waiting: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        waiting[event.member_id].append(event)
    order = [member for member, theirs in waiting.items() for _ in theirs]
    chance.shuffle(order)
    return [waiting[member].pop(0) for member in order]


def deliver(world: World, events: Sequence[Event], *, now: datetime, chance: random.Random) -> list[Any]:
    """In micro-batches of any size."""
    results: list[Any] = []
    left = list(events)
    while left:
        size = chance.choice([1, 7, 50, 250])
        results += world.record(*left[:size], now=now)
        left = left[size:]
    return results


def outcome(world: World) -> list[Any]:
    """Everything that a member can see, without ids."""
    queries = (
        "select member_id, balance, held, lifetime, version, decisions from account join member using (account_id)",
        "select event_id, outcome, reason, points, balance, season, season_points, level, decision_no from event",
        "select member_id, seq, points, contra from entry join member using (account_id)",
        "select member_id, leaderboard, period, points, reached_at from leaderboard_points natural join member",
        "select member_id, rule_key, period, times, points, last_at from cap_usage join member using (account_id)",
    )
    return [sorted(map(repr, world.rows(query))) for query in queries]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_week_delivered_twice_equals_one_delivered_once(servers: Servers, worker_number: int, seed: int) -> None:
    chance = random.Random(seed)
    events = week_of_events(chance)
    with (
        copied_database(servers, worker=str(worker_number)) as one,
        copied_database(servers, worker=str(worker_number)) as other,
    ):
        engines = [create_engine_from(database.service_url, application_name="tests") for database in (one, other)]
        once, twice = [open_world(engine, policy=POLICY, at=MONDAY) for engine in engines]
        for world in (once, twice):
            world.record(make_event("poll.closed", "first", event_id="first", at=MONDAY), now=MONDAY)
        now = AFTERWARDS - timedelta(seconds=1)

        deliver(once, events, now=now, chance=chance)
        first = deliver(twice, interleaved(events, chance=chance), now=now, chance=chance)
        second = deliver(twice, interleaved(events, chance=chance), now=now, chance=chance)
        next_day = chance.sample(events, EVENTS // 10)
        third = deliver(twice, next_day, now=AFTERWARDS + timedelta(days=1), chance=chance)

        decisions = {result.decision.event_id: result.decision for result in first if isinstance(result, Recorded)}
        assert len(decisions) == EVENTS
        assert not any(result.repeated for result in first)
        for again in (second, third):
            assert all(result.repeated for result in again)
            assert all(result.decision == decisions[result.decision.event_id] for result in again)
        assert outcome(twice) == outcome(once)
        for engine in engines:
            with snapshot(engine) as session:
                assert list(findings(session, calendar=once.terms.calendar, now=AFTERWARDS)) == []
        for engine in engines:
            engine.dispose()
