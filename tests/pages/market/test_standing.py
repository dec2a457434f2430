from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from market.limits import Limit
from market.products import Left, ProductDetails, ProductRow
from rewards.exchange import Had
from rewards.pages.market.standing import ORDER, Purse, missing_for, order_of, standing_of

NOW = datetime(2026, 11, 24, 4, 18, tzinfo=UTC)
TIMES = st.none() | st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days))
PURSES = st.builds(Purse, balance=st.integers(-200, 400), held=st.integers(0, 300), suspended=st.booleans())
HAD = st.integers(0, 3).map(lambda had: Had(day=had, week=had, month=had, ever=had))


def product(*, left: Left, price: int = 100, position: int = 0, **details: object) -> ProductRow:
    usual: dict[str, object] = {"name_ko": "상품권", "name_en": "Card", "face_value": 1, "currency": "KRW"}
    usual |= {"price": price, "for_sale": True, "position": position}
    return ProductRow(
        product_id=UUID(int=1),
        key="card",
        stock="unlimited",
        details=ProductDetails(**usual | details),  # type: ignore[arg-type] -- the names are those of the fields
        left=left,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )


@st.composite
def products(draw: st.DrawFn) -> ProductRow:
    left: Left = draw(st.sampled_from(("unlimited", 0, 1, 2)))
    return product(
        left=left,
        price=draw(st.integers(1, 300)),
        for_sale=draw(st.booleans()),
        on_sale_from=draw(TIMES),
        on_sale_until=draw(TIMES),
        limit=draw(st.none() | st.builds(Limit, st.integers(1, 3), st.sampled_from(["day", "week", "month", "ever"]))),
    )


@given(products(), PURSES, HAD)
def test_what_stands_as_available_has_nothing_against_it(row: ProductRow, purse: Purse, had: Had) -> None:
    standing = standing_of(row, purse=purse, had=had, now=NOW)

    details = row.details
    nothing_against = (
        details.for_sale
        and (details.on_sale_from is None or details.on_sale_from <= NOW)
        and (details.on_sale_until is None or details.on_sale_until > NOW)
        and row.left != 0
        and not purse.suspended
        and purse.balance >= 0
        and (details.limit is None or had.ever < details.limit.times)
        and purse.balance - purse.held >= details.price
    )
    assert (standing == "available") == nothing_against


@given(products(), PURSES, HAD)
def test_who_lacks_points_lacks_exactly_what_is_missing(row: ProductRow, purse: Purse, had: Had) -> None:
    missing = missing_for(row, purse=purse)

    if standing_of(row, purse=purse, had=had, now=NOW) == "lacking":
        richer = Purse(balance=purse.balance + missing, held=purse.held, suspended=False)
        assert missing > 0
        assert standing_of(row, purse=richer, had=had, now=NOW) == "available"


@given(products(), HAD)
def test_a_visitor_is_told_of_the_product_only(row: ProductRow, had: Had) -> None:
    assert standing_of(row, purse=None, had=had, now=NOW) in {"visitor", "not_yet", "sold_out", "ended", "withdrawn"}


def test_what_can_be_had_comes_first_and_then_what_is_nearest() -> None:
    purse = Purse(balance=250, held=0, suspended=False)
    rows = [
        product(left=0, price=10),
        product(left=5, price=900),
        product(left=5, price=300),
        product(left=5, price=200, position=2),
        product(left=5, price=250, position=1),
    ]

    ordered = sorted(rows, key=lambda row: order_of(row, standing=standing_of(row, purse=purse, had=Had(), now=NOW)))

    assert [row.details.price for row in ordered] == [250, 200, 300, 900, 10]
    assert min(ORDER.values()) == ORDER["available"]
