"""What was settled or redeemed before a merge stays where it was, and is the survivor's to use and be limited by."""

from datetime import date, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from uuid_utils.compat import uuid7

from market.errors import LimitReached
from market.limits import Limit
from market.products import ensure_prize_products
from market.redemptions import reject
from rewards.errors import MergeRefused
from rewards.exchange import had_by, own_redemption, periods_on, redeem
from rewards.members.accounts import accounts_of
from rewards.ranking.late_reversals import late_reversals
from rewards.ranking.read import around
from rewards.runtime.database import snapshot
from rewards.settlement import disqualify, pass_prize_on, settle
from tests.rewards.merging.steps import comment, merge_old
from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.shop import Shop, open_shop
from tests.support.world import World

WEEK = date(2026, 3, 2)
NEXT = START + timedelta(days=7)
LATER = START + timedelta(minutes=1)


def settle_week(world: World, *, review: bool = False) -> None:
    """Take the week to final, or as far as the review."""
    today = world.terms.calendar.day_of(NEXT)
    world.run(lambda session: ensure_prize_products(session, now=START))
    world.run(lambda session: settle(session, WEEK, review=review, today=today, now=NEXT))


def rows(world: World) -> dict[str, int]:
    found = world.rows(
        "select member_id, points from leaderboard_points join member using (account_id)"
        " where leaderboard = 'season' and period = :week",
        week=WEEK,
    )
    return {row.member_id: row.points for row in found}


def test_a_final_week_keeps_both_and_later_weeks_are_one(world: World) -> None:
    world.record(comment("old"), comment("new", 2), comment("new", 3))
    settle_week(world)
    world.record(comment("old", 4, at=NEXT), now=NEXT)

    merge_old(world, now=NEXT)

    assert rows(world) == {"old": 10, "new": 20}
    taken = world.record_one(make_event("comment.deleted", "new", subject="comment:1", at=NEXT), now=NEXT)
    assert (taken.decision.points, rows(world)) == (-10, {"old": 10, "new": 20})
    with snapshot(world.engine) as session:
        own = around(session, None, leaderboard="season", period=WEEK, member_id="old", n=0, now=NEXT).own
    assert own is not None
    assert (own.rank, own.points) == (1, 20)
    assert world.account("new").balance == 30


def test_a_week_under_review_is_one_and_whoever_was_taken_out_stays_out(world: World) -> None:
    world.record(comment("old"), comment("new", 2), comment("jun", 3))
    settle_week(world, review=True)
    gone = world.account_id("old")
    world.run(
        lambda session: disqualify(session, WEEK, account_id=gone, actor="staff:mina", reason="two ids", now=NEXT)
    )

    merge_old(world, now=NEXT)
    settle_week(world)

    standing = world.rows("select account_id, points, place from standing order by position")
    assert [(row.account_id, row.points, row.place) for row in standing] == [
        (world.account_id("new"), 20, None),
        (world.account_id("jun"), 10, 1),
    ]


def test_what_comes_too_late_is_weighed_in_the_line_that_both_had(world: World) -> None:
    world.record(comment("old"), comment("new", 2), comment("jun", 3), comment("jun", 4, at=START))
    merge_old(world)
    settle_week(world)
    world.record(make_event("comment.deleted", "new", subject="comment:1", at=NEXT), now=NEXT)

    with snapshot(world.engine) as session:
        late = late_reversals(session, WEEK, winners=1)

    assert [(one.member_id, one.points, one.changes_winners) for one in late] == [("old", -10, True)]


def test_a_prize_follows_and_goes_on_to_nobody_twice(world: World) -> None:
    world.record(*(comment(name, number) for number, name in enumerate(("old", "hana", "jun", "new", "sol"))))
    settle_week(world)
    merge_old(world, now=NEXT)
    won = {
        row.member_id: row.redemption_id
        for row in world.rows("select m.member_id, p.redemption_id from prize p join member m using (account_id)")
    }
    given_back = won["sol"]
    world.run(lambda session: reject(session, given_back, actor="staff:jun", reason="gone", now=NEXT))

    today = world.terms.calendar.day_of(NEXT)
    passed = world.run(lambda session: pass_prize_on(session, given_back, today=today, now=NEXT))

    assert set(won) == {"sol", "new", "jun"}
    assert passed is not None
    assert passed.account_id == world.account_id("hana")
    again = passed.redemption_id
    world.run(lambda session: reject(session, again, actor="staff:jun", reason="gone", now=NEXT))
    assert world.run(lambda session: pass_prize_on(session, again, today=today, now=NEXT)) is None


@pytest.fixture
def shop(world: World) -> Shop:
    shop = open_shop(world, keys=[Fernet.generate_key().decode()])
    shop.offer("card", stock="codes", codes=["GIFT-1", "GIFT-2", "GIFT-3"], limit=Limit(1, "ever"))
    world.record(*(comment("old", number) for number in range(10)), *(comment("new", 20 + n) for n in range(10)))
    return shop


def ask(world: World, member_id: str) -> Any:
    periods = periods_on(world.terms.calendar.day_of(LATER), calendar=world.terms.calendar)
    return world.run(
        lambda session: redeem(
            session, redemption_id=uuid7(), member_id=member_id, product="card", periods=periods, actor="m", now=LATER
        )
    ).redemption


def test_while_points_are_set_aside_nobody_goes(shop: Shop) -> None:
    ask(shop.world, "old")

    with pytest.raises(MergeRefused) as refused:
        merge_old(shop.world)

    assert refused.value.why == "held"


def test_what_the_old_one_had_is_the_new_ones_and_counts_for_the_limit(shop: Shop) -> None:
    world = shop.world
    had = ask(world, "old")
    shop.fulfil(had.redemption_id, at=LATER)
    merge_old(world)

    with pytest.raises(LimitReached):
        ask(world, "new")

    with snapshot(world.engine) as session:
        assert own_redemption(session, had.redemption_id, member_id="new").account_id == world.account_id("old")
        periods = periods_on(world.terms.calendar.day_of(LATER), calendar=world.terms.calendar)
        counted = had_by(session, accounts_of(session, "new")[0], periods=periods)
    assert [one.ever for one in counted.values()] == [1]
