"""Products: made, changed with a version, on sale or not, and how many are left."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from market.errors import (
    NotForSale,
    PriceNeeded,
    ProductChanged,
    ProductKeyTaken,
    QuantityTooLow,
    StockNotCounted,
    UnknownProduct,
)
from market.limits import Limit
from market.products import (
    ProductDetails,
    add_quantity,
    all_products,
    change_product,
    check_on_sale,
    create_product,
    ensure_prize_products,
    find_product,
    find_product_by_key,
    products_on_sale,
)
from tests.support.market import NOW, TODAY, after, ask, member_with, product_with

DETAILS = ProductDetails(
    name_ko="커피 상품권",
    name_en="Coffee card",
    description_ko="아메리카노 한 잔",
    description_en="One americano",
    brand="Bean",
    face_value=4500,
    currency="KRW",
    price=450,
    picture="/coffee.webp",
    for_sale=True,
    on_sale_from=NOW,
    on_sale_until=NOW + timedelta(days=7),
    limit=Limit(2, "week"),
    needs_approval=True,
    position=3,
)


def test_a_product_comes_back_as_it_was_made(session: Session) -> None:
    made = create_product(session, key="coffee", details=DETAILS, stock="number", quantity=5, now=NOW)

    assert find_product(session, made.product_id, today=TODAY) == made
    assert find_product_by_key(session, "coffee", today=TODAY) == made
    assert (made.details, made.stock, made.left, made.version) == (DETAILS, "number", 5, 1)


def test_a_key_names_one_product(session: Session) -> None:
    create_product(session, key="coffee", details=DETAILS, stock="unlimited", now=NOW)

    with pytest.raises(ProductKeyTaken):
        create_product(session, key="coffee", details=DETAILS, stock="unlimited", now=NOW)


def test_a_product_for_sale_needs_a_price(session: Session) -> None:
    free = replace(DETAILS, price=0)
    made = create_product(session, key="coffee", details=DETAILS, stock="unlimited", now=NOW)

    with pytest.raises(PriceNeeded):
        create_product(session, key="free", details=free, stock="unlimited", now=NOW)
    with pytest.raises(PriceNeeded):
        change_product(session, made.product_id, details=free, version=1, today=TODAY, now=NOW)


def test_a_change_of_the_version_that_was_read_is_taken_and_of_an_older_one_refused(session: Session) -> None:
    made = create_product(session, key="coffee", details=DETAILS, stock="unlimited", now=NOW)
    dearer = replace(DETAILS, price=500, limit=None)

    changed = change_product(session, made.product_id, details=dearer, version=1, today=TODAY, now=after(hours=1))

    assert (changed.details, changed.version, changed.updated_at) == (dearer, 2, after(hours=1))
    with pytest.raises(ProductChanged) as refused:
        change_product(session, made.product_id, details=DETAILS, version=1, today=TODAY, now=after(hours=2))
    assert (refused.value.have, refused.value.given) == (2, 1)
    assert find_product(session, made.product_id, today=TODAY) == changed


def test_an_unknown_product_is_said_to_be_so(session: Session) -> None:
    with pytest.raises(UnknownProduct):
        find_product(session, uuid7(), today=TODAY)
    with pytest.raises(UnknownProduct):
        find_product_by_key(session, "none", today=TODAY)
    with pytest.raises(UnknownProduct):
        change_product(session, uuid7(), details=DETAILS, version=1, today=TODAY, now=NOW)
    with pytest.raises(UnknownProduct):
        add_quantity(session, uuid7(), by=1, today=TODAY)


@pytest.mark.parametrize(
    "moment_s, offered",
    [(-1, False), (0, True), (7 * 86400 - 1, True), (7 * 86400, False)],
    ids=["before", "first second", "last second", "end"],
)
def test_a_product_is_offered_from_its_first_second_until_its_end(
    session: Session, *, moment_s: int, offered: bool
) -> None:
    made = create_product(session, key="coffee", details=DETAILS, stock="unlimited", now=NOW)
    now = after(seconds=moment_s)

    listed = [product.key for product in products_on_sale(session, today=TODAY, now=now)]

    assert listed == (["coffee"] if offered else [])
    if offered:
        check_on_sale(made, now=now)
    else:
        with pytest.raises(NotForSale):
            check_on_sale(made, now=now)


def test_sold_out_is_nothing_left_and_never_the_same_as_unlimited(session: Session) -> None:
    numbered = product_with(session, stock="number", quantity=1)
    empty = product_with(session, stock="codes")
    endless = product_with(session, stock="unlimited")
    member = member_with(session, 1000)

    ask(session, member, numbered)
    ask(session, member, endless)

    left = {product.product_id: product.left for product in all_products(session, today=TODAY)}
    assert left == {numbered.product_id: 0, empty.product_id: 0, endless.product_id: "unlimited"}


def test_codes_past_their_last_day_are_not_left(session: Session) -> None:
    card = product_with(session, codes=["A,2026-03-04", "B,2026-03-05", "C"])

    left = [find_product(session, card.product_id, today=TODAY + timedelta(days=n)).left for n in range(3)]

    assert left == [3, 2, 1]


def test_a_quantity_is_counted_up_and_down_but_never_below_nothing(session: Session) -> None:
    card = product_with(session, stock="number", quantity=2)

    assert add_quantity(session, card.product_id, by=3, today=TODAY).left == 5
    assert add_quantity(session, card.product_id, by=-5, today=TODAY).left == 0
    with pytest.raises(QuantityTooLow):
        add_quantity(session, card.product_id, by=-1, today=TODAY)


@pytest.mark.parametrize("stock", ["codes", "unlimited"])
def test_only_a_stock_that_is_a_number_is_counted_by_hand(session: Session, stock: str) -> None:
    card = product_with(session, stock="codes" if stock == "codes" else "unlimited")

    with pytest.raises(StockNotCounted):
        add_quantity(session, card.product_id, by=1, today=TODAY)


def test_the_three_prize_products_are_there_once_and_not_for_sale(session: Session) -> None:
    ensure_prize_products(session, now=NOW)
    ensure_prize_products(session, now=after(days=1))

    prizes = all_products(session, today=TODAY)

    assert {prize.key: prize.details.face_value for prize in prizes} == {
        "prize-4000": 4000,
        "prize-3000": 3000,
        "prize-2000": 2000,
    }
    assert {(prize.left, prize.details.price, prize.details.for_sale) for prize in prizes} == {("unlimited", 0, False)}
    assert products_on_sale(session, today=TODAY, now=NOW) == []
