"""Products: what is on offer, at which price, and how many are left."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, text
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

Stock = Literal["codes", "number", "unlimited"]
Left = int | Literal["unlimited"]
"""How many may still be had. Sold out is 0, and never the same as unlimited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDetails:
    """What staff may change. `price` in points, `face_value` in whole units of `currency`, times in UTC."""

    name_ko: str
    name_en: str
    face_value: int
    currency: str
    price: int
    for_sale: bool
    description_ko: str = ""
    description_en: str = ""
    brand: str = ""
    picture: str | None = None
    on_sale_from: datetime | None = None
    on_sale_until: datetime | None = None
    limit: Limit | None = None
    needs_approval: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """A product as stored. `version` rises with each change of its details, not with its stock."""

    product_id: UUID
    key: str
    stock: Stock
    details: ProductDetails
    left: Left
    version: int
    created_at: datetime
    updated_at: datetime


_DETAILS = (
    "name_ko, name_en, description_ko, description_en, brand, face_value, currency, price, picture, for_sale,"
    " on_sale_from, on_sale_until, limit_times, limit_period, needs_approval, position"
)
_DETAILS_GIVEN = ", ".join(f":{name}" for name in _DETAILS.split(", "))
_DETAILS_SET = ", ".join(f"{name} = :{name}" for name in _DETAILS.split(", "))

_LEFT = (
    "case stock when 'number' then quantity when 'codes' then (select count(*) from code c"
    " where c.product_id = p.product_id and c.state = 'available'"
    " and (c.expires_on is null or c.expires_on >= :today)) end"
)
_SELECT = (
    f"select product_id, key, stock, {_DETAILS}, version, created_at, updated_at, {_LEFT} as left_over from product p"
)
_BY_ID = text(f"{_SELECT} where product_id = :product_id")
_BY_KEY = text(f"{_SELECT} where key = :key")
_ALL = text(f"{_SELECT} order by position, price, key")
_ON_SALE = text(
    f"{_SELECT} where for_sale and coalesce(on_sale_from, '-infinity') <= :now"
    " and coalesce(on_sale_until, 'infinity') > :now order by position, price, key"
)
_INSERT = text(
    f"insert into product (product_id, key, stock, quantity, {_DETAILS}, created_at, updated_at)"
    f" values (:product_id, :key, :stock, :quantity, {_DETAILS_GIVEN}, :now, :now)"
    " on conflict (key) do nothing returning product_id"
)
_CHANGE = text(
    f"update product set {_DETAILS_SET}, version = version + 1, updated_at = greatest(updated_at, :now)"
    " where product_id = :product_id and version = :version returning product_id"
)
_ADD = text(
    "update product set quantity = quantity + :by where product_id = :product_id and stock = 'number'"
    " and quantity + :by >= 0 returning product_id"
)

RESERVED_KEYS = ("redemptions",)
"""No product is called so: pages of the market are."""

PRIZES: tuple[tuple[str, ProductDetails], ...] = tuple(
    (
        f"prize-{value}",
        ProductDetails(
            name_ko=f"상품권 {value:,}원",
            name_en=f"{value:,} won gift card",
            face_value=value,
            currency="KRW",
            price=0,
            for_sale=False,
        ),
    )
    for value in (4000, 3000, 2000)
)
"""What the first three of a season win: never for sale, never sold out, their codes typed in by staff."""


def create_product(
    session: Session,
    *,
    key: str,
    details: ProductDetails,
    stock: Stock,
    now: datetime,
    quantity: int | None = None,
) -> ProductRow:
    """Put a product on the list. `quantity` is given exactly for stock 'number'. Raises ProductKeyTaken, PriceNeeded.

    Key and kind of stock stay: prizes name the key, and open redemptions hold a piece of that stock.
    """
    assert (stock == "number") == (quantity is not None), "a quantity belongs to a stock that is a number"
    _check_price(details)
    values = _values(details) | {"product_id": uuid7(), "key": key, "stock": stock, "quantity": quantity}
    if session.execute(_INSERT, {**values, "now": now}).first() is None:
        raise ProductKeyTaken(key=key)
    return find_product(session, values["product_id"], today=now.date())


def change_product(
    session: Session, product_id: UUID, *, details: ProductDetails, version: int, today: date, now: datetime
) -> ProductRow:
    """Replace the details of the version that the caller read. Raises UnknownProduct, ProductChanged, PriceNeeded."""
    _check_price(details)
    values = _values(details) | {"product_id": product_id, "version": version}
    changed = session.execute(_CHANGE, {**values, "now": now}).first()
    product = find_product(session, product_id, today=today)
    if changed is None:
        raise ProductChanged(product_id=product_id, have=product.version, given=version)
    return product


def add_quantity(session: Session, product_id: UUID, *, by: int, today: date) -> ProductRow:
    """Count a stock up or, with `by` below zero, down; relative, so that it never undoes a redemption meanwhile.

    Raises UnknownProduct, StockNotCounted, QuantityTooLow.
    """
    added = session.execute(_ADD, {"product_id": product_id, "by": by}).first()
    product = find_product(session, product_id, today=today)
    if product.left == "unlimited" or product.stock != "number":
        raise StockNotCounted(product_id=product_id, stock=product.stock)
    if added is None:
        raise QuantityTooLow(quantity=product.left, by=by)
    return product


def ensure_prize_products(session: Session, *, now: datetime) -> None:
    """Put the three prize products on the list where they are missing."""
    for key, details in PRIZES:
        values = _values(details) | {"product_id": uuid7(), "key": key, "stock": "unlimited", "quantity": None}
        session.execute(_INSERT, {**values, "now": now})


def find_product(session: Session, product_id: UUID, *, today: date) -> ProductRow:
    """The product; codes that lapsed before `today` (the community's) are not left. Raises UnknownProduct."""
    row = session.execute(_BY_ID, {"product_id": product_id, "today": today}).one_or_none()
    if row is None:
        raise UnknownProduct(product=product_id)
    return _product(row)


def find_product_by_key(session: Session, key: str, *, today: date) -> ProductRow:
    """The product of that key. Raises UnknownProduct."""
    row = session.execute(_BY_KEY, {"key": key, "today": today}).one_or_none()
    if row is None:
        raise UnknownProduct(product=key)
    return _product(row)


def products_on_sale(session: Session, *, today: date, now: datetime) -> list[ProductRow]:
    """What members see, sold out ones too, in the order that staff chose."""
    return [_product(row) for row in session.execute(_ON_SALE, {"today": today, "now": now})]


def all_products(session: Session, *, today: date) -> list[ProductRow]:
    """What staff see: every product, for sale or not."""
    return [_product(row) for row in session.execute(_ALL, {"today": today})]


def check_on_sale(product: ProductRow, *, now: datetime) -> None:
    """Raise NotForSale unless the product is offered at `now`."""
    offered = product.details
    begun = offered.on_sale_from is None or offered.on_sale_from <= now
    ended = offered.on_sale_until is not None and offered.on_sale_until <= now
    if offered.for_sale and begun and not ended:
        return
    raise NotForSale(
        product_id=product.product_id, on_sale_from=offered.on_sale_from, on_sale_until=offered.on_sale_until
    )


def _check_price(details: ProductDetails) -> None:
    if details.for_sale and details.price < 1:
        raise PriceNeeded(price=details.price)


def _values(details: ProductDetails) -> dict[str, Any]:
    values = asdict(details)
    del values["limit"]
    limit = details.limit
    return values | {"limit_times": limit and limit.times, "limit_period": limit and limit.period}


def _product(row: Row[Any]) -> ProductRow:
    stored = row._mapping  # noqa: SLF001 -- SQLAlchemy's own name for a row as a mapping
    limit = Limit(row.limit_times, row.limit_period) if row.limit_times is not None else None
    changeable = {name: stored[name] for name in _DETAILS.split(", ") if not name.startswith("limit_")}
    return ProductRow(
        product_id=row.product_id,
        key=row.key,
        stock=row.stock,
        details=ProductDetails(**changeable, limit=limit),
        left="unlimited" if row.stock == "unlimited" else row.left_over,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
