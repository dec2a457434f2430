"""Limits per member and period of the community."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from market.errors import LimitReached
from market.limits import Limit, LimitPeriod, Periods, counts_since, is_reached
from market.redemptions import cancel
from tests.support.market import NOW, PERIODS, ask, member_with, product_with


@given(times=st.integers(1, 5), had=st.integers(0, 10))
def test_a_limit_of_n_lets_exactly_n_through(times: int, had: int) -> None:
    assert is_reached(Limit(times, "ever"), had=had) == (had >= times)


@pytest.mark.parametrize(
    "period, since",
    [("day", PERIODS.day), ("week", PERIODS.week), ("month", PERIODS.month), ("ever", None)],
)
def test_a_period_begins_when_the_community_says(period: LimitPeriod, since: datetime | None) -> None:
    assert counts_since(Limit(1, period), periods=PERIODS) == since


def test_the_first_second_of_the_next_day_has_a_limit_of_its_own(session: Session) -> None:
    member, card = member_with(session, 1000), product_with(session, stock="unlimited", limit=Limit(1, "day"))
    yesterday = Periods(today=PERIODS.today, day=NOW.replace(day=2, hour=15), week=PERIODS.week, month=PERIODS.month)

    first = ask(session, member, card, periods=yesterday, now=NOW.replace(day=3, hour=14))
    second = ask(session, member, card, now=PERIODS.day)

    assert (first.state, second.state) == ("requested", "requested")
    with pytest.raises(LimitReached) as refused:
        ask(session, member, card)
    assert (refused.value.times, refused.value.period, refused.value.since) == (1, "day", PERIODS.day)


def test_a_redemption_that_was_given_back_does_not_count(session: Session) -> None:
    member, card = member_with(session, 1000), product_with(session, stock="unlimited", limit=Limit(1, "ever"))

    first = ask(session, member, card)
    cancel(session, first.redemption_id, account_id=member, now=NOW)

    assert ask(session, member, card).state == "requested"


def test_another_member_has_a_limit_of_their_own(session: Session) -> None:
    card = product_with(session, stock="unlimited", limit=Limit(1, "ever"))

    states = [ask(session, member_with(session, 1000), card).state for _ in range(3)]

    assert states == ["requested"] * 3
