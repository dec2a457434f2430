"""One member in many tabs: points, limits and ids hold whatever arrives at once."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.errors import NotEnoughPoints
from market.codes import import_codes
from market.errors import LimitReached
from market.limits import Limit
from market.verify import stock_errors
from rewards.runtime.database import transaction
from tests.support.market import NOW, PRICE, TODAY, account_of, ask, member_with, new_keys, prepare, product_with

TABS = 12


@pytest.fixture(autouse=True)
def prepared(engine: Engine) -> None:
    with transaction(engine) as session:
        prepare(session)


def at_once(engine: Engine, take: Callable[[Session], str]) -> Counter[str]:
    """Every tab at the same time, each in a transaction of its own: how it went."""
    barrier = threading.Barrier(TABS)

    def tab(_number: int) -> str:
        barrier.wait(timeout=30)
        try:
            with transaction(engine) as session:
                return take(session)
        except (LimitReached, NotEnoughPoints) as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(TABS) as pool:
        return Counter(pool.map(tab, range(TABS)))


def test_points_for_three_buy_three_however_many_ask_at_once(engine: Engine) -> None:
    with transaction(engine) as session:
        member, card = member_with(session, 3 * PRICE + 1), product_with(session, stock="number", quantity=TABS)

    outcomes = at_once(engine, lambda session: ask(session, member, card).state)

    assert outcomes == {"requested": 3, "NotEnoughPoints": TABS - 3}
    with Session(engine) as session:
        assert account_of(session, member).held == 3 * PRICE
        assert stock_errors(session) == []


def test_a_limit_of_one_lets_one_through_however_many_ask_at_once(engine: Engine) -> None:
    with transaction(engine) as session:
        member = member_with(session, TABS * PRICE)
        card = product_with(session, stock="unlimited", limit=Limit(1, "day"))

    outcomes = at_once(engine, lambda session: ask(session, member, card).state)

    assert outcomes == {"requested": 1, "LimitReached": TABS - 1}


def test_one_id_makes_one_redemption_however_often_it_is_sent_at_once(engine: Engine) -> None:
    redemption_id = uuid7()
    with transaction(engine) as session:
        member, card = member_with(session, TABS * PRICE), product_with(session, stock="number", quantity=TABS)

    outcomes = at_once(engine, lambda session: str(ask(session, member, card, redemption_id=redemption_id)))

    assert list(outcomes.values()) == [TABS]
    with Session(engine) as session:
        assert session.execute(text("select count(*) from redemption")).scalar() == 1
        assert account_of(session, member).held == PRICE
        assert stock_errors(session) == []


def test_the_same_codes_imported_at_once_are_in_the_stock_once(engine: Engine) -> None:
    keys, lines = new_keys(), [f"CODE-{number}" for number in range(50)]
    with transaction(engine) as session:
        card = product_with(session)

    def bring(session: Session) -> str:
        given = lines if threading.get_ident() % 2 else lines[::-1]
        return str(import_codes(session, card.product_id, lines=given, keys=keys, today=TODAY, now=NOW).codes)

    outcomes = at_once(engine, bring)

    assert outcomes == {"50": 1, "0": TABS - 1}
