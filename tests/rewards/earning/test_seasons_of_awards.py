"""In which season and month an award counts, to the second and on both sides of every edge."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from tests.support.factories import make_comment, make_event
from tests.support.world import GRACE_S, World, open_world

MONDAY = datetime(2026, 3, 1, 15, tzinfo=UTC)
"""Monday 2026-03-02 00:00 in Seoul."""
RESET = MONDAY + timedelta(days=7)
APRIL = datetime(2026, 3, 31, 15, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
GRACE = timedelta(seconds=GRACE_S)
THIS_WEEK, NEXT_WEEK = date(2026, 3, 2), date(2026, 3, 9)


@pytest.fixture
def world(engine: Engine) -> World:
    """A community that has run since the first second of a week."""
    world = open_world(engine, at=MONDAY)
    world.record(make_event("login", "first", at=MONDAY), now=MONDAY)
    return world


def season_of(world: World, *, at: datetime, now: datetime) -> date | None:
    decision = world.record_one(make_comment(at=at), now=now).decision
    (entry,) = world.rows("select season from entry order by recorded_at desc, seq desc limit 1")
    assert entry.season == decision.season
    return decision.season


@pytest.mark.parametrize(
    "at, expected",
    [
        (MONDAY - INSTANT, None),
        (MONDAY, THIS_WEEK),
        (RESET - INSTANT, THIS_WEEK),
        (RESET, NEXT_WEEK),
    ],
)
def test_an_award_counts_in_the_season_in_which_it_occurred(world: World, at: datetime, expected: date | None) -> None:
    assert season_of(world, at=at, now=RESET + timedelta(minutes=1)) == expected


@pytest.mark.parametrize(
    "late_by, expected",
    [(timedelta(0), THIS_WEEK), (GRACE - INSTANT, THIS_WEEK), (GRACE, None), (GRACE + timedelta(days=1), None)],
)
def test_a_late_award_counts_until_the_grace_ends(world: World, late_by: timedelta, expected: date | None) -> None:
    assert season_of(world, at=RESET - INSTANT, now=RESET + late_by) == expected


@pytest.mark.parametrize(
    "states, expected",
    [
        (("closing",), THIS_WEEK),
        (("closing", "provisional"), None),
        (("closing", "provisional", "final"), None),
    ],
)
def test_an_award_enters_a_season_until_it_is_provisional(
    world: World, states: tuple[str, ...], expected: date | None
) -> None:
    world.move_season(THIS_WEEK, *states)

    assert season_of(world, at=RESET - INSTANT, now=RESET + timedelta(seconds=1)) == expected


def test_a_late_award_counts_in_no_season_and_still_for_all_time(world: World) -> None:
    world.record_one(make_comment(at=RESET - INSTANT), now=RESET + GRACE)

    rows = world.rows(
        "select leaderboard, points from leaderboard_points join member using (account_id)"
        " where member_id = 'mina' order by 1"
    )
    assert [tuple(row) for row in rows] == [("all-time", 10), ("month", 10)]
    assert world.account("mina").balance == 10


@pytest.mark.parametrize(
    "now, expected",
    [
        (APRIL - INSTANT, date(2026, 3, 1)),
        (APRIL + GRACE - INSTANT, date(2026, 3, 1)),
        (APRIL + GRACE, None),
    ],
)
def test_a_month_closes_its_grace_after_its_end(world: World, now: datetime, expected: date | None) -> None:
    world.record_one(make_comment(at=APRIL - INSTANT), now=now)

    (entry,) = world.rows("select month from entry join member using (account_id) where member_id = 'mina'")
    assert entry.month == expected


def test_a_clock_ahead_of_ours_at_the_reset_puts_an_award_into_the_season_that_is_about_to_begin(world: World) -> None:
    assert season_of(world, at=RESET + timedelta(minutes=1), now=RESET - timedelta(minutes=3)) == NEXT_WEEK


def test_the_first_dry_run_of_a_week_names_the_season_that_recording_would_open(world: World) -> None:
    event = make_comment(at=RESET)

    (advised,) = world.preview(event, now=RESET)
    done = world.record_one(event, now=RESET)

    assert done.decision.season == NEXT_WEEK
    assert advised.decision.season == NEXT_WEEK  # pyright: ignore[reportAttributeAccessIssue] -- it is a decision
    assert advised.decision.season_points == done.decision.season_points  # pyright: ignore[reportAttributeAccessIssue] -- the same


def test_a_reversal_counts_in_a_provisional_season_and_not_in_a_final_one(world: World) -> None:
    world.record(
        make_comment("early", subject="comment:1", at=MONDAY), make_comment("late", subject="comment:2", at=MONDAY)
    )
    world.move_season(THIS_WEEK, "closing", "provisional")
    world.record(make_event("comment.deleted", "early", subject="comment:1", at=RESET), now=RESET)
    world.move_season(THIS_WEEK, "final")
    world.record(make_event("comment.deleted", "late", subject="comment:2", at=RESET), now=RESET)

    rows = world.rows(
        "select member_id, leaderboard, points from leaderboard_points join member using (account_id)"
        " where leaderboard in ('season', 'all-time') and member_id <> 'first' order by 1, 2"
    )
    assert [tuple(row) for row in rows] == [
        ("early", "all-time", 0),
        ("early", "season", 0),
        ("late", "all-time", 0),
        ("late", "season", 10),
    ]
    assert [world.account(member).balance for member in ("early", "late")] == [0, 0]


def test_a_final_season_is_left_alone_by_a_restore(world: World) -> None:
    comment, changes = make_comment(subject="comment:1", at=MONDAY), {"subject": "comment:1", "at": RESET}
    world.record(comment, make_event("comment.deleted", **changes), now=RESET)
    world.move_season(THIS_WEEK, "closing", "provisional", "final")

    restored = world.record_one(make_event("comment.restored", **changes), now=RESET)

    assert (restored.decision.outcome, restored.decision.points, restored.decision.season) == ("restored", 10, None)
    assert world.rows("select points from leaderboard_points where leaderboard = 'season' and points <> 2") == [(0,)]


def test_a_new_season_begins_empty_without_anybody_resetting_it(world: World) -> None:
    world.record_one(make_comment(at=RESET - INSTANT), now=RESET - INSTANT)

    first = world.record_one(make_comment(at=RESET + timedelta(seconds=20)), now=RESET + timedelta(seconds=20))

    assert (first.decision.season, first.decision.season_points) == (NEXT_WEEK, 10)
    assert [row.season_id for row in world.rows("select season_id from season order by 1")] == [THIS_WEEK, NEXT_WEEK]


def test_weeks_in_which_nobody_came_are_opened_with_the_next_one(world: World) -> None:
    later = RESET + timedelta(days=15)

    world.record_one(make_comment(at=later), now=later)

    seasons = [row.season_id for row in world.rows("select season_id from season order by 1")]
    assert seasons == [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 23)]
