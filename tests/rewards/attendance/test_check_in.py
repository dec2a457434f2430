"""Checking in: once a day, for now only, with a place that nobody else has."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, create_engine

from rewards.attendance.check_in import check_in
from rewards.errors import MemberMoved, MemberSuspended, NotToday
from rewards.runtime.database import psycopg_url, transaction
from tests.support.clock import START
from tests.support.database import Database
from tests.support.factories import make_event
from tests.support.world import World, open_world

TODAY = date(2026, 3, 4)
RUSH = 200
CONNECTIONS = 30


@pytest.fixture
def world(engine: Engine) -> World:
    return open_world(engine)


def parts_of(checked: object) -> dict[str, int]:
    return {part.rule.removeprefix("attendance."): part.points for part in checked.parts}  # pyright: ignore[reportAttributeAccessIssue] -- a CheckIn


def test_the_first_three_of_a_day_get_what_their_place_earns(world: World) -> None:
    came = [world.check_in(f"member-{number}") for number in range(5)]

    assert [checked.place for checked in came] == [1, 2, 3, 4, 5]
    assert [checked.points for checked in came] == [100, 70, 50, 20, 20]
    assert parts_of(came[0]) == {"base": 20, "place.1": 80}


def test_each_part_is_an_entry_of_its_own(world: World) -> None:
    world.check_in("mina")

    entries = world.rows("select contra, points, kind from entry order by seq")
    assert [tuple(entry) for entry in entries] == [
        ("issuance:attendance.base", 20, "award"),
        ("issuance:attendance.place.1", 80, "award"),
    ]


def test_a_second_check_in_of_a_day_answers_with_the_first(world: World) -> None:
    first = world.check_in("mina", greeting="안녕하세요")
    world.record(make_event("member.joined"))

    again = world.check_in("mina", greeting="또 왔어요", now=START + timedelta(hours=5))

    assert again.repeated
    assert not first.repeated
    for name in ("place", "points", "parts", "greeting", "balance", "streak", "checked_in_at"):
        assert getattr(again, name) == getattr(first, name), name
    assert world.account("mina").balance == 200
    assert world.rows("select members from attendance_day") == [(1,)]


@pytest.mark.parametrize(
    "timezone, midnight",
    [
        ("Asia/Seoul", datetime(2026, 3, 5, 0, 0)),  # noqa: DTZ001 -- a wall clock; the zone comes next
        ("America/New_York", datetime(2026, 3, 9, 0, 0)),  # noqa: DTZ001 -- the night after the clock went forward
        ("America/New_York", datetime(2026, 11, 2, 0, 0)),  # noqa: DTZ001 -- the night after it went back
        ("Africa/Cairo", datetime(2026, 4, 24, 1, 0)),  # noqa: DTZ001 -- 00:00 does not exist on that day
    ],
)
def test_a_retry_across_midnight_does_not_become_the_next_days(
    engine: Engine, timezone: str, midnight: datetime
) -> None:
    starts_at = midnight.replace(tzinfo=ZoneInfo(timezone))
    starts_at = starts_at.astimezone(ZoneInfo("UTC"))
    day, day_before = midnight.date(), midnight.date() - timedelta(days=1)
    world = open_world(engine, timezone=timezone, at=starts_at - timedelta(days=1))

    last = world.check_in("mina", day=day_before, now=starts_at - timedelta(microseconds=1))
    with pytest.raises(NotToday) as refused:
        world.check_in("mina", day=day_before, now=starts_at)
    with pytest.raises(NotToday):
        world.check_in("mina", day=day, now=starts_at - timedelta(microseconds=1))
    first = world.check_in("mina", day=day, now=starts_at)

    assert (refused.value.day, refused.value.today) == (day_before, day)
    assert (last.day, first.day, first.streak) == (day_before, day, 2)


def test_a_check_in_that_waited_past_midnight_is_not_put_before_that_of_the_next_day(world: World) -> None:
    world.check_in("mina", now=START + timedelta(days=1))
    told = {"greeting": None, "day": None, "terms": world.terms, "rules": world.policy.attendance, "now": START}

    with pytest.raises(MemberMoved), transaction(world.engine) as session:
        check_in(session, "mina", **told)


def test_a_suspended_member_may_not_check_in_and_takes_no_place(world: World) -> None:
    world.record(make_event("member.joined"))
    world.execute("update member set suspended_at = :at", at=START)

    with pytest.raises(MemberSuspended):
        world.check_in("mina")

    assert world.check_in("jun").place == 1


def test_a_week_without_a_gap_earns_the_streak_and_the_perfect_week(world: World) -> None:
    monday = START - timedelta(days=2)
    world.check_in("early", now=monday - timedelta(days=5))

    week = [world.check_in("mina", now=monday + timedelta(days=number)) for number in range(7)]

    assert [checked.streak for checked in week] == [1, 2, 3, 4, 5, 6, 7]
    assert parts_of(week[6]) == {"base": 20, "place.1": 80, "streak.7": 70, "perfect-week": 50}
    assert "perfect-week" not in parts_of(week[5])


def test_a_perfect_month_is_paid_with_its_last_day(world: World) -> None:
    first = datetime(2026, 2, 1, 3, tzinfo=ZoneInfo("UTC"))

    month = [world.check_in("mina", now=first + timedelta(days=number)) for number in range(28)]

    assert parts_of(month[27])["perfect-month"] == 300
    assert sum("perfect-month" in parts_of(checked) for checked in month) == 1


def test_a_missed_day_ends_the_streak_and_the_longest_stays(world: World) -> None:
    for offset in (0, 1, 2):
        world.check_in("mina", now=START + timedelta(days=offset))

    back = world.check_in("mina", now=START + timedelta(days=4))

    assert (back.streak, back.longest_streak) == (1, 3)


def test_the_streak_board_of_tomorrow_is_there_today(world: World) -> None:
    world.check_in("mina")
    world.check_in("mina", now=START + timedelta(days=1, microseconds=5))

    rows = world.rows(
        "select period, points, reached_at from leaderboard_points where leaderboard = 'streak' order by 1"
    )

    assert [tuple(row) for row in rows] == [
        (TODAY, 1, START),
        (TODAY + timedelta(days=1), 2, START + timedelta(days=1)),
        (TODAY + timedelta(days=2), 2, START + timedelta(days=1)),
    ]


@pytest.fixture
def crowded(database: Database) -> Iterator[World]:
    """A community whose members wait patiently for one of its connections."""
    engine = create_engine(psycopg_url(database.service_url), pool_size=CONNECTIONS, max_overflow=0, pool_timeout=60)
    yield open_world(engine)
    engine.dispose()


def test_200_members_at_once_get_200_places_without_a_gap(crowded: World) -> None:
    barrier = Barrier(RUSH)

    def come(number: int) -> int:
        barrier.wait(timeout=60)
        return crowded.check_in(f"member-{number}").place

    with ThreadPoolExecutor(RUSH) as threads:
        places = list(threads.map(come, range(RUSH)))

    assert sorted(places) == list(range(1, RUSH + 1))
    assert crowded.rows("select members from attendance_day") == [(RUSH,)]
    assert crowded.rows("select sum(balance) from account") == [(RUSH * 20 + 80 + 50 + 30,)]


def test_one_member_checking_in_from_everywhere_at_once_is_there_once(crowded: World) -> None:
    barrier = Barrier(CONNECTIONS)

    def come(_: int) -> bool:
        barrier.wait(timeout=60)
        return crowded.check_in("mina").repeated

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        repeated = list(threads.map(come, range(CONNECTIONS)))

    assert sorted(repeated) == [False] + [True] * (CONNECTIONS - 1)
    assert crowded.account("mina").balance == 100
