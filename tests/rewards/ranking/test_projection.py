"""The projection ends in the same state however its work arrives, and notices by itself what happened to Redis."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from ledger.tail import prune
from rewards.ranking.keys import suffix
from rewards.ranking.projection import Projected, apply, drop_past, project, rebuild
from rewards.ranking.projection import _cursor_from as cursor_from
from rewards.ranking.projection import _held as held_in
from rewards.ranking.read import count, top
from rewards.ranking.rows import ProjectedRow
from rewards.ranking.season_rows import SeasonRow
from rewards.ranking.tally import ALL_TIME, Place, set_points
from rewards.ranking.visibility import bump
from rewards.runtime.database import snapshot, transaction
from tests.support.clock import START
from tests.support.ranking import Standing, as_shown, give
from tests.support.seasons import open_week, prepare

Step = Callable[[], Projected]


@pytest.fixture
def week(session: Session) -> SeasonRow:
    """An open week; committed."""
    prepare(session, now=START)
    row = open_week(session, now=START)
    session.commit()
    return row


@pytest.fixture
def step(engine: Engine, redis_client: redis.Redis, week: SeasonRow) -> Step:
    """One step of the projection; the first has been made."""

    def step() -> Projected:
        with snapshot(engine) as session:
            return project(session, redis_client, now=START)

    step()
    return step


def add(session: Session, week: SeasonRow, **points: int) -> None:
    """Give members points in the week, committed."""
    standings = [Standing(member_id, number, START) for member_id, number in points.items()]
    give(session, standings, leaderboard="season", period=week.season_id, now=START)
    session.commit()


def seen(session: Session, client: redis.Redis, week: SeasonRow) -> list[tuple[int, str | None, int]]:
    """The week as read from Redis, which must be vouched for."""
    assert client.get("ranking:live") == client.get("ranking:current")
    session.rollback()
    lines = top(session, client, leaderboard="season", period=week.season_id, limit=99, now=START)
    session.rollback()
    return as_shown(lines)


def dump(client: redis.Redis, name: str) -> tuple[Any, Any]:
    """A set and its versions, as they lie in Redis."""
    held = held_in(client)
    assert held is not None
    key = f"ranking:{held.generation.decode()}:{name}"
    return client.zrange(key, 0, -1, withscores=True), client.hgetall(f"{key}:versions")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_twice_late_and_out_of_order_end_in_the_same_state(seed: int, step: Step, redis_client: redis.Redis) -> None:
    """Members come, go, rise, fall and change their names in the set; the newest version of each wins."""
    # given: the histories of six members, each version with another state
    chance = random.Random(seed)
    name = suffix("all-time", ALL_TIME)
    histories = [
        [
            ProjectedRow(name, b"%032x" % member, version, *_any_state(chance, member))
            for version in range(1, chance.randint(2, 7))
        ]
        for member in range(6)
    ]
    deliveries = [row for history in histories for row in history]
    redis_client.flushdb()
    step()
    # when: once in order, once anyhow, some of them several times
    _deliver(redis_client, deliveries)
    in_order = dump(redis_client, name)
    redis_client.flushdb()
    step()
    shuffled = deliveries + chance.choices(deliveries, k=len(deliveries))
    chance.shuffle(shuffled)
    for row in shuffled:
        _deliver(redis_client, [row])
    # then
    assert dump(redis_client, name) == in_order


def _any_state(chance: random.Random, member: int) -> tuple[bytes, bytes]:
    if chance.random() < 0.25:
        return b"", b""
    return b"%d" % -chance.randint(1, 4), b"%010x:member-%d" % (chance.randint(0, 3), member)


def _deliver(client: redis.Redis, rows: list[ProjectedRow]) -> None:
    held = held_in(client)
    assert held is not None
    cursor = cursor_from(held.cursor)
    assert cursor is not None
    assert apply(client, rows, held=held, cursor=cursor._replace(token=f"{random.getrandbits(64):x}"))


def test_changes_arrive_and_nothing_is_rebuilt_for_them(
    step: Step, session: Session, redis_client: redis.Redis, week: SeasonRow
) -> None:
    add(session, week, mina=5, jun=7)
    assert step() == Projected("applied", 2)
    add(session, week, mina=9)
    assert step() == Projected("applied", 1)
    assert step() == Projected("applied", 0)
    assert seen(session, redis_client, week) == [(1, "mina", 9), (2, "jun", 7)]


def test_a_transaction_left_open_holds_nothing_back_and_loses_nothing(
    step: Step, engine: Engine, session: Session, redis_client: redis.Redis, week: SeasonRow
) -> None:
    """What others commit meanwhile is shown at once, and once only; its own points when it commits, however old."""
    with transaction(engine) as slow:
        give(slow, [Standing("slow", 50, START)], leaderboard="season", period=week.season_id, now=START)
        for number in range(1, 4):
            add(session, week, mina=number)
            assert step() == Projected("applied", 1)
        assert step() == Projected("applied", 0)
        assert seen(session, redis_client, week) == [(1, "mina", 3)]
    assert step() == Projected("applied", 1)
    assert seen(session, redis_client, week) == [(1, "slow", 50), (2, "mina", 3)]


def test_a_member_who_is_hidden_leaves_and_comes_back(
    step: Step, session: Session, redis_client: redis.Redis, week: SeasonRow
) -> None:
    add(session, week, mina=5, jun=7)
    account_id = session.execute(text("select account_id from member where member_id = 'jun'")).scalar_one()
    for hidden, expected in ((True, [(1, "mina", 5)]), (False, [(1, "jun", 7), (2, "mina", 5)])):
        session.execute(text("update member set hidden = :hidden where member_id = 'jun'"), {"hidden": hidden})
        bump(session, account_id, change="hidden", now=START)
        session.commit()
        step()
        assert seen(session, redis_client, week) == expected


def test_somebody_erased_leaves_though_the_name_is_gone(
    step: Step, session: Session, redis_client: redis.Redis, week: SeasonRow
) -> None:
    """The set knows members by account too."""
    add(session, week, mina=5, jun=7)
    step()
    account_id = session.execute(text("select account_id from member where member_id = 'jun'")).scalar_one()
    session.execute(text("update member set member_id = null where member_id = 'jun'"))
    bump(session, account_id, change="erased", now=START)
    session.commit()
    step()
    assert seen(session, redis_client, week) == [(1, "mina", 5)]


def test_an_emptied_redis_is_rebuilt(step: Step, session: Session, redis_client: redis.Redis, week: SeasonRow) -> None:
    add(session, week, mina=5)
    redis_client.flushdb()
    assert step() == Projected("rebuilt", 1)
    step()
    assert seen(session, redis_client, week) == [(1, "mina", 5)]


def test_a_missing_cursor_is_noticed(step: Step, redis_client: redis.Redis, session: Session, week: SeasonRow) -> None:
    add(session, week, mina=5)
    held = held_in(redis_client)
    assert held is not None
    redis_client.delete(f"ranking:{held.generation.decode()}:cursor")
    assert step().outcome == "rebuilt"


@pytest.mark.parametrize("cursor", [b"", b"nonsense", b"1|5:3:|x|y", b"\xff\xfe"])
def test_a_cursor_that_nobody_wrote_is_not_believed(step: Step, redis_client: redis.Redis, cursor: bytes) -> None:
    held = held_in(redis_client)
    assert held is not None
    redis_client.set(f"ranking:{held.generation.decode()}:cursor", cursor)
    assert step().outcome == "rebuilt"


def test_another_generation_of_the_outbox_is_noticed(step: Step, session: Session, redis_client: redis.Redis) -> None:
    """As after a dump was restored into another cluster, whose transaction ids start anew."""
    session.execute(text("update outbox_generation set generation = generation + 1"))
    session.commit()
    assert step().outcome == "rebuilt"
    assert step().outcome == "applied"


def test_a_database_that_was_set_back_is_noticed(step: Step, redis_client: redis.Redis) -> None:
    """Its transactions have not come as far as Redis has seen."""
    held = held_in(redis_client)
    assert held is not None
    key = f"ranking:{held.generation.decode()}:cursor"
    generation, _, rest = held.cursor.split(b"|", 2)
    redis_client.set(key, b"|".join([generation, b"99999999:99999999:", rest]))
    assert step().outcome == "rebuilt"


def test_a_copy_older_than_the_outbox_is_noticed(
    step: Step, session: Session, redis_client: redis.Redis, week: SeasonRow
) -> None:
    """What it would have to catch up on may be gone."""
    add(session, week, mina=5)
    prune(session, before=START + timedelta(days=1))
    session.commit()
    assert step() == Projected("rebuilt", 1)


def test_an_old_copy_of_the_same_generation_catches_up(
    step: Step, session: Session, redis_client: redis.Redis, week: SeasonRow
) -> None:
    """Key by key as it was then: nothing is rebuilt, nothing is missing."""
    add(session, week, mina=5)
    step()
    redis_client.persist("ranking:live")
    yesterday = {key: redis_client.dump(key) or b"" for key in redis_client.keys("*")}
    add(session, week, mina=9, jun=7)
    step()
    redis_client.flushdb()
    for key, value in yesterday.items():
        redis_client.restore(key, 0, value)
    assert step() == Projected("applied", 2)
    assert seen(session, redis_client, week) == [(1, "mina", 9), (2, "jun", 7)]


def test_whoever_looked_at_another_copy_writes_nothing(step: Step, redis_client: redis.Redis) -> None:
    """Two schedulers, or a Redis exchanged between looking and writing."""
    held = held_in(redis_client)
    assert held is not None
    cursor = cursor_from(held.cursor)
    assert cursor is not None
    step()
    row = ProjectedRow(suffix("all-time", ALL_TIME), b"0" * 32, 1, b"-5", b"0000000000:ghost")
    assert not apply(redis_client, [row], held=held, cursor=cursor)
    assert dump(redis_client, row.set)[0] == []


def test_what_redis_cannot_hold_exactly_is_read_from_postgresql(
    step: Step, session: Session, redis_client: redis.Redis, week: SeasonRow
) -> None:
    """Nobody is rounded into another's place, and the others of that week are not left out."""
    add(session, week, mina=2**33, jun=2**33 + 1, sol=5)
    step()
    assert seen(session, redis_client, week) == [(1, "jun", 2**33 + 1), (2, "mina", 2**33), (3, "sol", 5)]
    assert count(session, redis_client, leaderboard="season", period=week.season_id, now=START) == 3


def test_a_rebuild_serves_the_old_generation_until_it_switches(
    step: Step, engine: Engine, session: Session, redis_client: redis.Redis, week: SeasonRow
) -> None:
    add(session, week, **{f"m{number}": number for number in range(1, 40)})
    step()
    before = redis_client.get("ranking:current")
    with snapshot(engine) as reading:
        assert rebuild(reading, redis_client, now=START) == 39
    assert redis_client.get("ranking:current") != before
    step()
    assert [line[1] for line in seen(session, redis_client, week)][:2] == ["m39", "m38"]
    assert isinstance(before, bytes)
    assert 0 < redis_client.ttl(f"ranking:{before.decode()}:sets") <= 60


def test_periods_long_past_leave_redis(
    step: Step, session: Session, redis_client: redis.Redis, week: SeasonRow
) -> None:
    day = date(2026, 3, 4)
    give(session, [Standing("mina", 3, START)], leaderboard="streak", period=day, now=START)
    give(session, [Standing("mina", 3, START)], leaderboard="month", period=day.replace(day=1), now=START)
    session.commit()
    add(session, week, mina=5)
    step()
    assert drop_past(redis_client, now=START) == 0
    assert drop_past(redis_client, now=START + timedelta(days=6)) == 1
    assert drop_past(redis_client, now=START + timedelta(days=40)) == 2
    assert list(redis_client.scan_iter("*:streak:*")) == []


def test_past_periods_are_read_from_postgresql(
    step: Step, session: Session, redis_client: redis.Redis, week: SeasonRow
) -> None:
    """However long ago they ended."""
    add(session, week, mina=5)
    step()
    later = START + timedelta(days=100)
    lines = top(session, redis_client, leaderboard="season", period=week.season_id, limit=9, now=later)
    assert as_shown(lines) == [(1, "mina", 5)]


def test_a_reversal_that_takes_all_points_takes_the_place(
    step: Step, session: Session, redis_client: redis.Redis, week: SeasonRow
) -> None:
    add(session, week, mina=5, jun=7)
    step()
    account_id = session.execute(text("select account_id from member where member_id = 'jun'")).scalar_one()
    set_points(session, {Place("season", week.season_id, account_id): (0, START)})
    bump(session, account_id, change="points", now=START)
    session.commit()
    step()
    assert seen(session, redis_client, week) == [(1, "mina", 5)]
