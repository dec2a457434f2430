"""What staff do with redemptions, as API and page both call it."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from market.errors import NotClaimedByYou, SecondStaffNeeded, WrongState
from market.issuing import CodeAhead, code_ahead, readings_of
from market.queue import QueueFilter, count_queue, count_redemptions, cursor_of, next_waiting, read_queue
from rewards.access.audit import read_audit
from rewards.access.scopes import ROLES, Caller, Role
from rewards.errors import PrizeNotReturned
from rewards.staff import redemptions
from rewards.staff.redemptions import AtWork
from tests.support.shop import Shop
from tests.support.village import NOW, TODAY, WEEK, name_them, open_week, settle_past_weeks, villagers
from tests.support.world import World

LAST_WEEK = WEEK - timedelta(weeks=1)


def at_work(shop: Shop, name: str = "jun", role: Role = "fulfiller") -> AtWork:
    caller = Caller(kind="staff", id=f"staff:{name}", actor=f"staff:{name}", scopes=ROLES[role])
    return AtWork(caller=caller, keys=shop.keys, today=TODAY, now=NOW)


def test_the_next_is_the_oldest_that_waits_and_none_where_nothing_does(shop: Shop) -> None:
    oldest, jun = shop.redeem("minji", "card", at=NOW - timedelta(hours=1)), at_work(shop)
    shop.redeem("minji", "card")

    taken = [
        shop.world.run(lambda session: redemptions.claim_next(session, by=jun, only=QueueFilter())) for _ in range(3)
    ]

    assert taken[0] is not None
    assert taken[0].redemption_id == oldest
    assert [row and row.state for row in taken] == ["claimed", "claimed", None]


def test_the_next_is_of_what_was_asked_for_whatever_its_states_say(shop: Shop) -> None:
    other = shop.offer("other")
    shop.redeem("minji", "card", at=NOW - timedelta(hours=1))
    wanted = shop.redeem("minji", "other")
    only = QueueFilter(product_id=other.product_id, states=("fulfilled",), claimed_by="staff:jun")

    assert shop.world.run(lambda session: next_waiting(session, actor="staff:jun", only=only)) == wanted


def test_fulfilling_at_once_takes_in_hand_what_nobody_has_and_nothing_else(shop: Shop) -> None:
    free, held = shop.redeem("minji", "card"), shop.redeem("minji", "card")
    shop.claim(held)

    row = shop.world.run(lambda session: redemptions.fulfil_at_once(session, free, by=at_work(shop)))
    with pytest.raises(NotClaimedByYou):
        shop.world.run(lambda session: redemptions.fulfil_at_once(session, held, by=at_work(shop)))
    with pytest.raises(WrongState):
        shop.world.run(lambda session: redemptions.fulfil_at_once(session, free, by=at_work(shop)))

    assert (row.state, row.claimed_by) == ("fulfilled", "staff:jun")


def test_fulfilling_at_once_is_not_for_whoever_approved_it(shop: Shop) -> None:
    shop.offer("dear", needs_approval=True)
    asked, mina = shop.redeem("minji", "dear"), at_work(shop, "mina", "manager")
    shop.world.run(lambda session: redemptions.approve(session, asked, by=mina))

    with pytest.raises(SecondStaffNeeded):
        shop.world.run(lambda session: redemptions.fulfil_at_once(session, asked, by=mina, code="T-1"))


def test_only_a_manager_lays_anybodys_back(shop: Shop) -> None:
    asked = shop.redeem("minji", "card")
    shop.claim(asked)

    with pytest.raises(NotClaimedByYou):
        shop.world.run(lambda session: redemptions.release(session, asked, by=at_work(shop)))
    row = shop.world.run(lambda session: redemptions.release(session, asked, by=at_work(shop, "sora", "manager")))

    assert row.state == "requested"


def test_a_prize_that_came_back_goes_on_and_the_audit_says_who_sent_it(shop: Shop, world: World) -> None:
    won = prize_of_last_week(shop)
    mina = at_work(shop, "mina", "manager")
    world.run(lambda session: redemptions.reject(session, won, reason="two accounts", by=mina))

    row = world.run(lambda session: redemptions.pass_on(session, won, by=mina))
    with pytest.raises(PrizeNotReturned):
        world.run(lambda session: redemptions.pass_on(session, won, by=mina))

    assert row is not None
    assert (row.origin, row.state, row.points) == ("prize", "requested", 0)
    (line,) = world.run(lambda session: read_audit(session, limit=5))
    assert (line.actor, line.action, line.about) == ("staff:mina", "prize.pass-on", f"redemption:{won}")
    assert line.detail == {"season": str(LAST_WEEK), "place": 1, "redemption": str(row.redemption_id)}


def prize_of_last_week(shop: Shop) -> UUID:
    """The first one's prize of a week that the whole village was in."""
    world, people = shop.world, villagers()
    open_week(world)
    name_them(world, people)
    settle_past_weeks(world, people, weeks=1)
    return shop.win(people[1].member_id, season=LAST_WEEK, place=1)


def test_nobody_left_in_the_standing_gets_nothing(shop: Shop, world: World) -> None:
    won, mina = prize_of_last_week(shop), at_work(shop, "mina", "manager")
    world.run(lambda session: redemptions.reject(session, won, reason="two accounts", by=mina))
    world.execute("update member set suspended_at = :now", now=NOW)

    assert world.run(lambda session: redemptions.pass_on(session, won, by=mina)) is None
    assert world.run(lambda session: read_audit(session, limit=5)) == []


def test_the_code_ahead_is_the_one_that_goes_out(shop: Shop, world: World) -> None:
    asked, typed = shop.redeem("minji", "card"), shop.offer("typed")
    wished = shop.redeem("minji", "typed")
    assert typed.stock == "unlimited"

    ahead = world.run(lambda session: code_ahead(session, asked, today=TODAY))
    lapsed = world.run(lambda session: code_ahead(session, asked, today=date(2027, 2, 1)))
    world.run(lambda session: redemptions.fulfil_at_once(session, asked, by=at_work(shop)))
    code = world.run(lambda session: redemptions.read_code(session, asked, reason="why", by=at_work(shop)))

    assert ahead == CodeAhead(date(2027, 1, 31))
    assert lapsed == CodeAhead(None)
    assert (code.code, code.expires_on) == ("CARD-1", date(2027, 1, 31))
    assert world.run(lambda session: code_ahead(session, wished, today=TODAY)) is None
    (reading,) = world.run(lambda session: readings_of(session, asked))
    assert (reading.actor, reading.reason) == ("staff:jun", "why")


def test_counts_are_of_what_is_asked_for(shop: Shop, world: World) -> None:
    shop.offer("dear", needs_approval=True)
    shop.give("haneul", 1000)
    oldest = NOW - timedelta(hours=4)
    shop.redeem("haneul", "card", at=oldest)
    mine = shop.redeem("minji", "dear", at=NOW - timedelta(hours=3))
    shop.redeem("minji", "card")
    haneul = QueueFilter(account_ids=(world.account_id("haneul"),))
    late = QueueFilter(since=NOW - timedelta(hours=3), until=NOW)

    everything = world.run(lambda session: count_queue(session, actor="staff:jun"))
    narrowed = world.run(lambda session: count_queue(session, actor="staff:jun", only=haneul))
    rows = world.run(lambda session: read_queue(session, limit=9, only=late, newest_first=True))

    assert (everything.waiting, everything.to_approve, everything.oldest_at) == (2, 1, oldest)
    assert (narrowed.waiting, narrowed.to_approve) == (1, 0)
    assert [row.redemption_id for row in rows] == [mine]
    assert world.run(lambda session: count_redemptions(session, only=QueueFilter(), at_most=2)) == 2
    nobody = QueueFilter(account_ids=())
    assert world.run(lambda session: read_queue(session, limit=9, only=nobody)) == []


def test_pages_of_what_is_newest_first_hold_each_once(shop: Shop, world: World) -> None:
    made = {
        shop.offer(f"p{n}").product_id and shop.redeem("minji", f"p{n}", at=NOW - timedelta(minutes=n // 2))
        for n in range(5)
    }
    seen: list[UUID] = []
    after = None
    while True:
        page = world.run(lambda session, after=after: read_queue(session, limit=2, after=after, newest_first=True))
        if not page:
            break
        seen += [row.redemption_id for row in page]
        after = cursor_of(page[-1])

    assert len(seen) == len(made)
    assert set(seen) == made
