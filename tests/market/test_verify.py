"""What does not agree is named: each check is turned red by the one thing that it looks for."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from market.codes import CodeKeys
from market.products import ensure_prize_products
from market.redemptions import cancel, claim, expire_waiting, fulfil, reject, request_prize
from market.verify import CHECKS, stock_errors
from rewards.runtime.database import create_engine_from
from tests.support.database import Database
from tests.support.market import NOW, PRICE, STAFF, TODAY, after, ask, member_with, product_with

WITHOUT_TRIGGERS = ("code", "redemption", "redemption_history", "hold", "entry", "account")

PLANTED: dict[str, str] = {
    "a code taken by nobody": "update code set state = 'reserved' where state = 'available'",
    "a reserved code that is on offer again": "update code set state = 'available' where state = 'reserved'",
    "an issued code that is on offer again": "update code set state = 'available' where state = 'issued'",
    "a fulfilled redemption without its code": "update redemption set code_id = null where state = 'fulfilled'",
    "a rejected one that kept a code": (
        "update redemption set code_id = (select min(code_id::text)::uuid from code where state = 'available')"
        " where state = 'rejected'"
    ),
    "a waiting one without the code it reserved": "update redemption set code_id = null where state = 'claimed'",
    "a code of another product": (
        "update code set product_id = (select product_id from product where stock = 'number') where state = 'issued'"
    ),
    "points that stayed held after a rejection": (
        "update hold set state = 'placed' where hold_id = (select hold_id from redemption where state = 'rejected')"
    ),
    "points that were given back while the redemption waits": (
        "update hold set state = 'released' where hold_id = (select hold_id from redemption where state = 'claimed')"
    ),
    "a hold of other points": "update hold set points = points + 1 where state = 'placed'",
    "a hold of a redemption that is gone": (
        "insert into hold (hold_id, account_id, points, state, purpose, available_after, placed_at)"
        " select gen_random_uuid(), account_id, points, 'placed', purpose, available_after, placed_at from hold"
    ),
    "held points without a hold": "update account set held = held + 5",
    "a fulfilled one that nobody paid": "delete from entry where kind = 'capture'",
    "one that was paid for twice": "update redemption set state = 'claimed' where state = 'fulfilled'",
    "a state that its history does not know": "update redemption set state = 'requested' where state = 'claimed'",
    "a history that leaps": "update redemption_history set state = 'requested' where state = 'claimed'",
    "a history without its end": "delete from redemption_history where state = 'fulfilled'",
    "a number below nothing": "update product set quantity = -1 where stock = 'number'",
    "a history that is gone": "delete from redemption_history",
}


@pytest.fixture
def every_kind(session: Session, keys: CodeKeys) -> None:
    """A redemption in every state, of every kind of stock, and a prize; codes in every state but lapsed."""
    member = member_with(session, 20 * PRICE)
    card = product_with(session, codes=[f"CODE-{n}" for n in range(8)], keys=keys)
    counted = product_with(session, stock="number", quantity=5)
    ensure_prize_products(session, now=NOW)
    ids = [ask(session, member, card).redemption_id for _ in range(3)]
    for redemption_id in ids:
        claim(session, redemption_id, actor=STAFF, now=NOW)
    fulfil(session, ids[0], actor=STAFF, keys=keys, today=TODAY, now=NOW)
    reject(session, ids[1], actor=STAFF, reason="no", now=NOW)
    cancel(session, ask(session, member, counted).redemption_id, account_id=member, now=NOW)
    ask(session, member, product_with(session, stock="unlimited", needs_approval=True))
    expire_waiting(session, older_than=after() - NOW, limit=10, now=after(days=1))
    ask(session, member, product_with(session, stock="unlimited", needs_approval=True), now=after(days=2))
    prize = request_prize(
        session, redemption_id=uuid7(), account_id=member, product_key="prize-4000", today=TODAY, now=NOW
    )
    claim(session, prize.redemption_id, actor=STAFF, now=NOW)
    fulfil(session, prize.redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW, code="TYPED")
    session.commit()


@pytest.mark.usefixtures("every_kind")
def test_a_market_that_went_its_ways_agrees_with_itself(session: Session) -> None:
    assert stock_errors(session) == []


@pytest.fixture
def tampering(database: Database, every_kind: None) -> Iterator[Session]:
    """A superuser's session that no trigger and no limit of the quantity hinders; rolled back at its end."""
    engine = create_engine_from(database.admin_url)
    with Session(engine) as session:
        for table in WITHOUT_TRIGGERS:
            session.execute(text(f"alter table {table} disable trigger all"))
        session.execute(text("alter table product drop constraint product_quantity_check"))
        yield session
    engine.dispose()


def red_checks(session: Session) -> set[str]:
    """The checks that find something."""
    patterns = {sentence: re.escape(sentence).replace(r"\{\}", ".+") for sentence in CHECKS}
    return {name for error in stock_errors(session) for name, shape in patterns.items() if re.fullmatch(shape, error)}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_what_does_not_agree_is_named(tampering: Session, planted: str) -> None:
    tampering.execute(text(planted))

    assert stock_errors(tampering) != []


def test_every_check_is_turned_red_by_something_planted(tampering: Session) -> None:
    found: set[str] = set()

    for planted in PLANTED.values():
        with tampering.begin_nested() as step:
            tampering.execute(text(planted))
            found |= red_checks(tampering)
            step.rollback()

    assert found == set(CHECKS)
    assert stock_errors(tampering) == []
