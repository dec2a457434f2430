"""How long stock lasts: the pace of the last two weeks, and the day on which the last piece goes."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from market.codes import CodeKeys
from market.outlook import DAYS_WATCHED_MAX, StockOutlook, stock_outlook
from market.pace import DAYS_AHEAD_MAX, days_watched, runs_out_on
from market.products import ProductRow, change_product
from market.redemptions import cancel, claim, fulfil, reject
from tests.support.market import NOW, PRICE, STAFF, TODAY, after, ask, member_with, product_with

LEFT = st.integers(0, 10**9)
TAKEN = st.integers(0, 10**6)
DAYS = st.integers(1, 14)


def outlook_of(session: Session, product: ProductRow, *, days: int = 0) -> StockOutlook:
    found = stock_outlook(session, today=TODAY + timedelta(days=days), now=after(days=days))
    return next(line for line in found if line.product_id == product.product_id)


@given(LEFT, TAKEN, DAYS)
def test_the_day_is_the_first_by_whose_end_the_pace_has_taken_all(left: int, taken: int, days: int) -> None:
    out_on = runs_out_on(left, taken=taken, days=days, today=TODAY)

    if out_on is None:
        assert taken == 0 or left * days > DAYS_AHEAD_MAX * taken
    else:
        ahead = (out_on - TODAY).days
        assert 0 <= ahead <= DAYS_AHEAD_MAX
        assert ahead * taken <= left * days
        assert left == 0 or (ahead + 1) * taken > left * days


@given(LEFT, st.integers(1, 10**6), DAYS)
def test_more_in_stock_never_runs_out_earlier_and_a_faster_pace_never_later(left: int, taken: int, days: int) -> None:
    def by(left: int, taken: int) -> date:
        return runs_out_on(left, taken=taken, days=days, today=TODAY) or date.max

    assert by(left + 1, taken) >= by(left, taken)
    assert by(left, taken + 1) <= by(left, taken)


@given(st.floats(0, 10**9, allow_nan=False))
def test_a_pace_is_that_of_one_day_at_least_and_two_weeks_at_most(offered_for_s: float) -> None:
    assert 1 <= days_watched(offered_for_s=offered_for_s, at_most=DAYS_WATCHED_MAX) <= DAYS_WATCHED_MAX


def test_stock_runs_out_at_the_pace_of_the_days_since_the_product_was_offered(session: Session) -> None:
    card, member = product_with(session, stock="number", quantity=14), member_with(session, 100 * PRICE)
    for hours in range(6):
        ask(session, member, card, now=after(hours=hours))

    outlook = outlook_of(session, card, days=3)

    assert (outlook.left, outlook.per_day, outlook.runs_out_on) == (8, 2.0, TODAY + timedelta(days=3 + 4))


def test_what_was_given_back_or_is_long_ago_is_no_part_of_the_pace(session: Session) -> None:
    card, member = product_with(session, stock="number", quantity=30), member_with(session, 100 * PRICE)
    ask(session, member, card)
    cancelled = ask(session, member, card, now=after(days=10))
    cancel(session, cancelled.redemption_id, account_id=member, now=after(days=10, hours=1))
    rejected = ask(session, member, card, now=after(days=10))
    reject(session, rejected.redemption_id, actor=STAFF, reason="no more", now=after(days=10, hours=1))
    for _ in range(7):
        ask(session, member, card, now=after(days=10))

    outlook = outlook_of(session, card, days=20)

    assert (outlook.left, outlook.per_day) == (22, 0.5)
    assert outlook.runs_out_on == TODAY + timedelta(days=20 + 44)


def test_codes_that_are_out_of_reach_are_not_left_and_those_about_to_lapse_are_named(
    session: Session, keys: CodeKeys
) -> None:
    soon, later = TODAY + timedelta(days=30), TODAY + timedelta(days=31)
    codes = [f"A-1,{TODAY + timedelta(days=2)}", f"A-2,{soon}", f"A-3,{soon}", f"A-4,{later}", "A-5"]
    card, member = product_with(session, codes=codes, keys=keys), member_with(session, 100 * PRICE)
    taken = ask(session, member, card)
    claim(session, taken.redemption_id, actor=STAFF, now=NOW)
    fulfil(session, taken.redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW)

    outlook = outlook_of(session, card)
    a_month_on = outlook_of(session, card, days=31)

    assert (outlook.left, outlook.per_day, outlook.runs_out_on) == (4, 1.0, TODAY + timedelta(days=4))
    assert (outlook.lapsing, outlook.lapses_on) == (2, soon)
    assert (a_month_on.left, a_month_on.lapsing, a_month_on.lapses_on) == (2, 1, later)


def test_sold_out_is_today_and_nothing_asked_for_runs_out_never(session: Session) -> None:
    empty, full = product_with(session), product_with(session, stock="number", quantity=1)

    assert (outlook_of(session, empty).left, outlook_of(session, empty).runs_out_on) == (0, TODAY)
    assert outlook_of(session, full).runs_out_on is None


@pytest.mark.parametrize(
    "changed", [{"for_sale": False}, {"on_sale_from": after(days=1)}, {"on_sale_until": NOW}], ids=str
)
def test_only_what_is_on_sale_and_counted_has_an_outlook(session: Session, changed: dict[str, object]) -> None:
    product_with(session, stock="unlimited")
    card = product_with(session, stock="number", quantity=1)
    details = replace(card.details, **changed)
    change_product(session, card.product_id, details=details, version=1, today=TODAY, now=NOW)

    assert stock_outlook(session, today=TODAY, now=NOW) == []
