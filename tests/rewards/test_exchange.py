"""What a member does in the market, below the API and the pages."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from ledger.errors import NotEnoughPoints
from market.errors import LimitReached, RedemptionIdTaken, UnknownProduct, UnknownRedemption, WrongState
from market.limits import Limit, LimitPeriod
from rewards.errors import MemberSuspended, UnknownThing
from rewards.exchange import (
    Had,
    PriceChanged,
    Redeemed,
    had_by,
    own_redemption,
    pass_code_on,
    period_ends,
    periods_on,
    redeem,
    show_code,
)
from rewards.ranking.seasons import Calendar
from tests.support.shop import Shop, open_shop
from tests.support.village import NOW, TODAY
from tests.support.world import World, open_world

SEOUL = Calendar(ZoneInfo("Asia/Seoul"))
PERIODS: tuple[LimitPeriod, ...] = ("day", "week", "month", "ever")


@pytest.fixture
def shop(engine: Any) -> Shop:
    """A market with a product for 100 points, and a member with 1,000."""
    shop = open_shop(open_world(engine, at=NOW), keys=[Fernet.generate_key().decode()])
    shop.offer("card", stock="codes", codes=["GIFT-1", "GIFT-2", "GIFT-3"])
    shop.give("minji", 1000)
    return shop


@pytest.fixture
def world(shop: Shop) -> World:
    return shop.world


def ask(world: World, **given_by_test: Any) -> Redeemed:
    """The member redeems the product."""
    usual = {"redemption_id": uuid7(), "member_id": "minji", "product": "card", "actor": "member", "now": NOW}
    usual["periods"] = periods_on(TODAY, calendar=SEOUL)
    return world.run(lambda session: redeem(session, **usual | given_by_test))


def seen_by_owner(redemption_id: UUID) -> Callable[[Any, Shop, str], Any]:
    return lambda session, shop, member_id: show_code(
        session, redemption_id, member_id=member_id, keys=shop.keys, now=NOW
    )


def passed_on(redemption_id: UUID) -> Callable[[Any, Shop, str], Any]:
    return lambda session, shop, member_id: pass_code_on(
        session, redemption_id, member_id=member_id, keys=shop.keys, actor="key:1", now=NOW
    )


def jun(shop: Shop) -> str:
    """Another member with points."""
    shop.give("jun", 1000)
    return "jun"


def test_a_product_is_named_by_its_key_or_its_id(world: World) -> None:
    first = ask(world)

    second = ask(world, product=first.redemption.product_id)

    assert first.redemption.product_id == second.redemption.product_id
    assert (first.repeated, second.repeated) == (False, False)
    assert world.account("minji").held == 200


def test_the_same_redemption_again_is_said_to_be_that(world: World) -> None:
    first = ask(world)

    again = ask(world, redemption_id=first.redemption.redemption_id, price_shown=1)

    assert again == Redeemed(first.redemption, repeated=True)
    assert world.account("minji").held == 100


def test_a_price_that_was_not_shown_is_not_taken(world: World, shop: Shop) -> None:
    with pytest.raises(PriceChanged) as refused:
        ask(world, price_shown=90)

    assert (refused.value.shown, refused.value.price) == (90, 100)
    assert world.account("minji").held == 0
    assert shop.left_of("card") == 3


def test_who_is_suspended_or_unknown_redeems_nothing(world: World, shop: Shop) -> None:
    shop.suspend("minji")

    with pytest.raises(MemberSuspended):
        ask(world)
    with pytest.raises(UnknownThing):
        ask(world, member_id="nobody")
    with pytest.raises(UnknownProduct):
        ask(world, member_id=jun(shop), product="nothing")


def test_the_markets_own_refusals_come_through(world: World, shop: Shop) -> None:
    shop.offer("dear", price=1001)
    taken = ask(world).redemption.redemption_id

    with pytest.raises(NotEnoughPoints):
        ask(world, product="dear")
    with pytest.raises(RedemptionIdTaken):
        ask(world, product="dear", redemption_id=taken)


def test_a_redemption_is_its_members_or_to_be_found_by_the_backend(world: World, shop: Shop) -> None:
    asked = ask(world).redemption
    other = jun(shop)

    def read(member_id: str | None) -> UUID:
        return world.run(lambda session: own_redemption(session, asked.redemption_id, member_id=member_id)).account_id

    assert read("minji") == read(None) == asked.account_id
    for stranger in (other, "nobody"):
        with pytest.raises(UnknownRedemption):
            read(stranger)


@pytest.mark.parametrize("way", ["own", "passed on"])
def test_a_code_is_shown_to_its_owner_once_it_is_there_and_each_time_noted(world: World, shop: Shop, way: str) -> None:
    asked = ask(world).redemption.redemption_id
    look = seen_by_owner(asked) if way == "own" else passed_on(asked)
    stranger = jun(shop)
    with pytest.raises(WrongState):
        world.run(lambda session: look(session, shop, "minji"))
    shop.fulfil(asked)

    code = world.run(lambda session: look(session, shop, "minji"))
    with pytest.raises(UnknownRedemption):
        world.run(lambda session: look(session, shop, stranger))

    assert code.code == "GIFT-1"
    noted = world.rows("select d.actor, w.reason from code_reading d join code_reading_reason w using (reading_id)")
    expected = ("member", "the member's own") if way == "own" else ("key:1", "shown to its owner by the forum")
    assert [tuple(row) for row in noted] == [expected]


@pytest.mark.parametrize("period", PERIODS)
def test_what_a_member_has_had_is_counted_as_the_market_counts_it(
    world: World, shop: Shop, period: LimitPeriod
) -> None:
    shop.offer("many", price=1, limit=Limit(4, period))
    shop.cancel("minji", shop.redeem("minji", "many", at=NOW - timedelta(days=100)))
    for hours in (24 * 50, 24 * 9, 30, 0):
        shop.redeem("minji", "many", at=NOW - timedelta(hours=hours))

    def had() -> int:
        periods = periods_on(TODAY, calendar=SEOUL)
        found = world.run(lambda session: had_by(session, world.account_id("minji"), periods=periods))
        product_id = world.rows("select product_id from product where key = 'many'")[0].product_id
        return found.get(product_id, Had()).within(period)

    assert had() == {"day": 1, "week": 2, "month": 3, "ever": 4}[period]
    while had() < 4:
        ask(world, product="many")
    with pytest.raises(LimitReached):
        ask(world, product="many")


def since(period: LimitPeriod, day: date, *, calendar: Calendar) -> datetime:
    """From when on a limit of that period counts on a day."""
    periods = periods_on(day, calendar=calendar)
    return {"day": periods.day, "week": periods.week, "month": periods.month}[period]


@given(
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.sampled_from(PERIODS),
    st.sampled_from(["Asia/Seoul", "Europe/Berlin", "America/Sao_Paulo"]),
)
def test_a_limit_begins_anew_on_the_first_day_that_counts_none_of_the_days_before(
    today: date, period: LimitPeriod, timezone: str
) -> None:
    calendar = Calendar(ZoneInfo(timezone))

    ends = period_ends(period, today=today, calendar=calendar)

    if ends is None:
        assert period == "ever"
        return
    assert since(period, ends, calendar=calendar) == calendar.day_start(ends)
    assert since(period, ends - timedelta(days=1), calendar=calendar) == since(period, today, calendar=calendar)
