"""Two members who turn out to be one: what each had becomes one member's, and goes on as if it had always been."""

from datetime import timedelta
from typing import Any

import pytest

from rewards.archive.person import everything_of
from rewards.earning.correct import Corrected, adjust, restore_award, reverse_award
from rewards.errors import MergeRefused, UnknownThing
from rewards.members.erase import erase
from rewards.members.profile import read_profile, suspend
from rewards.runtime.database import snapshot
from tests.rewards.merging.steps import LATER, comment, merge_old
from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.world import World


def places(world: World) -> dict[tuple[str, str], int]:
    rows = world.rows(
        "select leaderboard, member_id, points from leaderboard_points join member using (account_id)"
        " where leaderboard <> 'streak'"
    )
    return {(row.leaderboard, row.member_id): row.points for row in rows}


def test_the_balance_goes_over_in_a_pair_of_entries(world: World) -> None:
    world.record(comment("old"), comment("new", 2))

    done = merge_old(world)

    assert (done.member_id, done.points) == ("new", 10)
    pair = world.rows("select account_id, points, transfer_id, contra from entry where kind = 'merge' order by points")
    assert [(row.account_id, row.points) for row in pair] == [(done.account_id, -10), (done.into_account, 10)]
    assert {row.contra for row in pair} == {"merge"}
    assert len({row.transfer_id for row in pair}) == 1
    assert (world.account("old").balance, world.account("new").balance) == (0, 20)


def test_what_was_owed_goes_over_too(world: World) -> None:
    world.record(comment("old"), comment("new", 2))
    world.run(
        lambda session: adjust(
            session, "old", points=-40, reason="counted twice", actor="staff:mina", overdraft=True, now=START
        )
    )

    done = merge_old(world)

    assert done.points == -30
    assert (world.account("old").balance, world.account("new").balance) == (0, -20)


def test_leaderboards_show_the_sum_and_the_old_one_nothing(world: World) -> None:
    world.record(comment("old"), comment("old", 3), comment("new", 2))

    merge_old(world)

    assert places(world) == {
        (leaderboard, member): points
        for leaderboard in ("season", "month", "all-time")
        for member, points in (("old", 0), ("new", 30))
    }


def test_the_old_id_answers_and_earns_as_the_new_one(world: World) -> None:
    world.record(comment("old"), comment("new", 2))
    merge_old(world)

    answer = world.record_one(comment("old", 3, at=LATER), now=LATER)

    assert answer.decision.account_id == world.account_id("new")
    assert (answer.decision.balance, answer.decision.season_points) == (30, 30)
    with snapshot(world.engine) as session:
        profile = read_profile(session, "old")
    assert (profile.member_id, profile.balance, profile.lifetime) == ("new", 30, 30)


def test_a_deletion_takes_back_what_the_old_id_earned(world: World) -> None:
    world.record(comment("old"), comment("new", 2))
    merge_old(world)

    deleted = world.record_one(make_event("comment.deleted", "new", subject="comment:1", at=LATER), now=LATER)
    restored = world.record_one(make_event("comment.restored", "old", subject="comment:1", at=LATER), now=LATER)

    assert (deleted.decision.outcome, deleted.decision.points, deleted.decision.balance) == ("reversed", -10, 10)
    assert (restored.decision.outcome, restored.decision.points, restored.decision.balance) == ("restored", 10, 20)
    assert (world.account("old").balance, world.account("new").balance) == (0, 20)
    assert {points for (_, member), points in places(world).items() if member == "new"} == {20}


def test_caps_that_both_have_used_count_together(world: World) -> None:
    rule = world.policy.rules.rule_for("comment.created")
    assert rule is not None
    assert rule.times_per_day is not None
    half = rule.times_per_day // 2
    world.record(*(comment("old", number) for number in range(half)))
    world.record(*(comment("new", number + 100) for number in range(rule.times_per_day - half)))
    merge_old(world)

    one_more = world.record_one(comment("new", 999), now=LATER)

    assert (one_more.decision.outcome, one_more.decision.reason) == ("capped", "daily_times")


def test_what_is_once_per_subject_was_had_by_either(world: World) -> None:
    world.record(make_event("post.created", "old", subject="post:1"))
    merge_old_into_new(world)

    again = world.record_one(make_event("post.created", "new", subject="post:1", at=LATER), now=LATER)

    assert (again.decision.outcome, again.decision.reason) == ("capped", "once_per_subject")


def merge_old_into_new(world: World) -> None:
    world.record(comment("new", 77))
    merge_old(world)


def test_days_of_both_are_one_streak_and_todays_check_in_counts_once(world: World) -> None:
    yesterday = START - timedelta(days=1)
    world.check_in("old", now=yesterday, greeting="하루 전")
    first = world.check_in("old", now=START, greeting="먼저")
    world.check_in("new", now=START + timedelta(seconds=1))
    merge_old(world)

    again = world.check_in("new", now=LATER)

    assert (again.repeated, again.greeting, again.place) == (True, "먼저", first.place)
    assert (again.member_id, again.longest_streak) == ("new", 2)
    tomorrow = world.check_in("old", now=START + timedelta(days=1))
    assert (tomorrow.member_id, tomorrow.streak) == ("new", 3)


@pytest.mark.parametrize(
    "gone, into, why", [("new", "new", "itself"), ("old", "other", "merged"), ("new", "old", "itself")]
)
def test_a_merge_that_makes_no_sense_is_refused(world: World, gone: str, into: str, why: str) -> None:
    world.record(comment("old"), comment("new", 2), comment("other", 3))
    merge_old(world)

    with pytest.raises(MergeRefused) as refused:
        merge_old(world, gone=gone, into=into)

    assert refused.value.why == why


@pytest.mark.parametrize("gone, into", [("nobody", "new"), ("new", "nobody")])
def test_nobody_can_be_merged(world: World, gone: str, into: str) -> None:
    world.record(comment("new"))

    with pytest.raises(UnknownThing):
        merge_old(world, gone=gone, into=into)


def test_a_line_of_merges_ends_at_its_last_member(world: World) -> None:
    world.record(comment("first"), comment("old", 2), comment("new", 3))
    merge_old(world, gone="first", into="old")

    merge_old(world, gone="old", into="new")

    answer = world.record_one(comment("first", 4, at=LATER), now=LATER)
    assert (answer.decision.account_id, answer.decision.balance) == (world.account_id("new"), 40)
    assert {points for (_, member), points in places(world).items() if member == "new"} == {40}


def test_staff_take_back_what_the_old_id_earned_under_the_old_id(world: World) -> None:
    world.record(comment("old"), comment("new", 2))
    merge_old(world)

    taken = correct(world, reverse_award, seq=1)
    given = correct(world, restore_award, seq=taken.entry.seq)

    assert (taken.entry.account_id, taken.balance, given.balance) == (world.account_id("old"), 10, 20)
    assert (world.account("old").balance, world.account("new").balance) == (0, 20)
    assert {points for (_, member), points in places(world).items() if member == "new"} == {20}


def correct(world: World, step: Any, *, seq: int) -> Corrected:
    return world.run(
        lambda session: step(session, "old", seq=seq, reason="twice", actor="staff:mina", terms=world.terms, now=LATER)
    )


def test_an_adjustment_of_the_old_id_is_the_new_ones(world: World) -> None:
    world.record(comment("old"), comment("new", 2))
    merge_old(world)

    done = world.run(lambda session: adjust(session, "old", points=5, reason="sorry", actor="staff:mina", now=LATER))

    assert (done.account_id, done.balance) == (world.account_id("new"), 25)


def test_whoever_was_suspended_stays_so(world: World) -> None:
    world.record(comment("old"), comment("new", 2))
    world.run(lambda session: suspend(session, "old", suspended=True, reason="spam", now=START))

    merge_old(world)

    with snapshot(world.engine) as session:
        profile = read_profile(session, "new")
    assert (profile.suspended_at, profile.suspended_for) == (START, "spam")


def test_erasing_the_survivor_forgets_the_old_one_too(world: World) -> None:
    world.record(comment("old", data={"text": "민지"}), comment("new", 2))
    merge_old(world)

    world.run(lambda session: erase(session, "new", now=LATER))

    assert world.rows("select 1 from member where member_id is not null or salt is not null") == []
    assert world.rows("select 1 from event_data") == []
    assert world.record_one(comment("old", 5, at=LATER), now=LATER).decision.balance == 10


def test_everything_of_both_is_given_to_the_one_person(world: World) -> None:
    world.record(comment("old"), comment("new", 2))
    merge_old(world)

    with snapshot(world.engine) as session:
        kept = everything_of(session, "new")["kept"]

    assert {row["points"] for row in kept["entry"]} == {10, -10}
    assert len(kept["event"]) == len(kept["member"]) == 2
    assert len(kept["member_merge"]) == 1
