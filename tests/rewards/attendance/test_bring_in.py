"""Past check-ins that a forum brings along: in the order of their time, once, with or without an award."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from rewards.attendance.attend import Arrival
from tests.support.clock import START
from tests.support.world import World, open_world


@pytest.fixture
def world(engine: Engine) -> World:
    return open_world(engine)


def arrivals(member: str, *, days_ago: range, minute: int = 0) -> list[Arrival]:
    return [Arrival(member, START - timedelta(days=ago) + timedelta(minutes=minute)) for ago in days_ago]


def test_places_are_those_of_the_time_whatever_the_order_of_the_lines(world: World) -> None:
    lines = [
        Arrival("third", START - timedelta(days=1, minutes=-9)),
        Arrival("first", START - timedelta(days=1, minutes=-1)),
        Arrival("second", START - timedelta(days=1, minutes=-5)),
    ]

    done = world.bring_in(*lines)

    assert [(one.arrival.member_id, one.place) for one in done] == [("first", 1), ("second", 2), ("third", 3)]
    assert [one.parts[1].points for one in done] == [80, 50, 30]


def test_twice_is_once(world: World) -> None:
    lines = arrivals("mina", days_ago=range(10, 0, -1))
    done = world.bring_in(*lines)
    before = world.account("mina")

    assert world.bring_in(*lines) == []
    assert world.bring_in(*reversed(lines), *lines) == []

    assert len(done) == 10
    assert [one.streak for one in done] == list(range(1, 11))
    assert world.account("mina") == before


def test_two_lines_of_one_day_are_one_check_in_at_the_earlier_time(world: World) -> None:
    lines = [*arrivals("mina", days_ago=range(1, 2), minute=30), *arrivals("mina", days_ago=range(1, 2))]

    (done,) = world.bring_in(*lines)

    assert done.arrival.checked_in_at == START - timedelta(days=1)


def test_without_an_award_the_days_count_and_nothing_is_earned(world: World) -> None:
    done = world.bring_in(*arrivals("mina", days_ago=range(6, 0, -1)), award=False)

    assert [one.decision for one in done] == [None] * 6
    assert (world.account("mina").balance, world.account("mina").decisions) == (0, 0)
    today = world.check_in("mina")
    assert today.streak == 7
    assert "attendance.streak.7" in {part.rule for part in today.parts}


def test_history_wins_nothing_in_seasons_and_months_that_are_over(world: World) -> None:
    world.bring_in(*arrivals("mina", days_ago=range(80, 60, -1)))

    boards = world.rows("select leaderboard from leaderboard_points where points > 0")
    assert [row.leaderboard for row in boards] == ["all-time"]
    assert [row.season_id for row in world.rows("select season_id from season")] == [date(2026, 3, 2)]


def test_what_was_brought_along_until_yesterday_stands_on_todays_streak_board(world: World) -> None:
    world.bring_in(*arrivals("mina", days_ago=range(3, 0, -1)))

    rows = world.rows("select period, points from leaderboard_points where leaderboard = 'streak'")
    assert [tuple(row) for row in rows] == [(date(2026, 3, 4), 3)]
