"""Awards taken back and given again by staff: once each, in a line, beside what deletions do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine

from rewards.earning.correct import Corrected, restore_award, reverse_award
from rewards.errors import AwardReversed, NotRestorable, UnknownThing
from rewards.ranking.tally import ALL_TIME
from tests.support.checker import assert_whole
from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.world import World, open_world

LATER = START + timedelta(minutes=30)
WHO = {"reason": "looked at", "actor": "staff:sora"}


@pytest.fixture
def world(engine: Engine) -> World:
    """One post of mina, which earned 20 points."""
    world = open_world(engine)
    say(world, "created")
    return world


def say(world: World, what: str, *, at_s: int = 0) -> str:
    at = START + timedelta(seconds=at_s)
    event = make_event(f"post.{what}", "mina", subject="post:1", at=at)
    return world.record_one(event, now=LATER).decision.outcome


def take_back(world: World, seq: int) -> Corrected:
    return world.run(lambda session: reverse_award(session, "mina", seq=seq, terms=world.terms, now=LATER, **WHO))


def give_again(world: World, seq: int) -> Corrected:
    return world.run(lambda session: restore_award(session, "mina", seq=seq, terms=world.terms, now=LATER, **WHO))


def kinds(world: World) -> list[str]:
    return [row.kind for row in world.rows("select kind from entry order by seq")]


def test_a_reversal_is_taken_back_exactly_and_counts_where_the_award_did(world: World) -> None:
    before = world.rows("select leaderboard, points, reached_at from leaderboard_points order by 1")
    take_back(world, 1)

    done = give_again(world, 2)

    entry = done.entry
    assert (entry.kind, entry.points, entry.reverses, entry.award_seq) == ("restore", 20, 2, 1)
    assert (done.balance, done.season_is_final) == (20, False)
    assert world.rows("select leaderboard, points, reached_at from leaderboard_points order by 1") == before
    assert world.account("mina").lifetime == 20
    assert_whole(world.engine, now=LATER)


def test_a_reversal_is_taken_back_once(world: World) -> None:
    take_back(world, 1)
    give_again(world, 2)

    with pytest.raises(NotRestorable, match="taken back before"):
        give_again(world, 2)

    assert kinds(world) == ["award", "reversal", "restore"]


@pytest.mark.parametrize("seq,refusal", [(1, NotRestorable), (9, UnknownThing)])
def test_only_a_reversal_is_taken_back(world: World, seq: int, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        give_again(world, seq)


def test_what_was_given_again_can_be_taken_again_and_only_the_last_step_goes_on(world: World) -> None:
    take_back(world, 1)
    give_again(world, 2)
    take_back(world, 3)

    with pytest.raises(NotRestorable):
        give_again(world, 2)
    give_again(world, 4)

    assert kinds(world) == ["award", "reversal", "restore", "reversal", "restore"]
    assert world.account("mina").balance == 20
    assert_whole(world.engine, now=LATER)


def test_a_restoration_does_not_give_again_what_staff_took(world: World) -> None:
    take_back(world, 1)

    assert say(world, "deleted", at_s=1) == "ignored"
    assert say(world, "restored", at_s=2) == "ignored"
    assert world.account("mina").balance == 0


def test_staff_give_again_what_a_deletion_took_and_the_restoration_finds_nothing(world: World) -> None:
    assert say(world, "deleted", at_s=1) == "reversed"

    give_again(world, 2)

    assert say(world, "restored", at_s=2) == "ignored"
    assert world.account("mina").balance == 20
    assert_whole(world.engine, now=LATER)


def test_what_staff_gave_again_the_next_deletion_takes(world: World) -> None:
    say(world, "deleted", at_s=1)
    give_again(world, 2)

    assert say(world, "deleted", at_s=2) == "reversed"
    assert say(world, "restored", at_s=3) == "restored"
    assert kinds(world) == ["award", "reversal", "restore", "reversal", "restore"]
    assert_whole(world.engine, now=LATER)


def test_what_a_restoration_gave_again_staff_give_no_second_time(world: World) -> None:
    say(world, "deleted", at_s=1)
    say(world, "restored", at_s=2)

    with pytest.raises(NotRestorable):
        give_again(world, 2)
    take_back(world, 1)
    assert say(world, "restored", at_s=3) == "ignored"


def test_what_is_given_again_after_the_season_was_final_counts_for_the_balance_only(world: World) -> None:
    season = world.rows("select season_id from season")[0].season_id
    take_back(world, 1)
    world.move_season(season, "closing", "provisional", "final")

    done = give_again(world, 2)

    assert (done.season_is_final, done.entry.season, done.balance) == (True, None, 20)
    points = {row.leaderboard: row.points for row in world.rows("select leaderboard, points from leaderboard_points")}
    assert (points["season"], points["all-time"]) == (0, 20)
    assert world.rows("select 1 from leaderboard_points where period = :day", day=ALL_TIME)


def test_of_eight_who_give_it_again_at_once_one_does(world: World) -> None:
    take_back(world, 1)
    together = Barrier(8)

    def press(_: int) -> bool:
        together.wait()
        try:
            give_again(world, 2)
        except NotRestorable:
            return False
        return True

    with ThreadPoolExecutor(8) as staff:
        done = list(staff.map(press, range(8)))

    assert sum(done) == 1
    assert world.account("mina").balance == 20


def test_taking_back_twice_is_refused(world: World) -> None:
    take_back(world, 1)

    with pytest.raises(AwardReversed):
        take_back(world, 1)
