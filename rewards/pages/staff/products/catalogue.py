"""The catalogue as staff see it: how each product stands, what is left, what waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from market.outlook import StockOutlook, open_redemptions, stock_outlook
from market.products import Left, ProductRow, all_products
from rewards.pages.market.offers import card_of
from rewards.pages.market.view import Card
from rewards.pages.staff.products.words import STATUSES, Status, outlook_words, runs_out_soon, status_of

PAGE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductLine:
    """One product of the list. `outlook` says when it runs out, `soon` that this is near."""

    product_id: UUID
    name: str
    key: str
    card: Card
    price: int
    status: Status
    left: Left
    outlook: str
    soon: bool
    lapsing: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the page was asked for: a status (none: all), words that a name holds, the key to go on behind."""

    show: Status | None = None
    words: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A page of the list, with the numbers above it. `first_out` is the product that runs out first."""

    lines: tuple[ProductLine, ...]
    asked: Asked
    counts: Mapping[Status, int]
    soon: int
    first_out: ProductLine | None
    lapsing: int
    waiting: int
    next_key: str | None

    @property
    def total(self) -> int:
        """All products."""
        return sum(self.counts.values())


def read_catalogue(session: Session, asked: Asked, *, locale: str, today: date, now: datetime) -> Catalogue:
    """What staff are shown, in the order that members see."""
    outlooks = {line.product_id: line for line in stock_outlook(session, today=today, now=now)}
    waiting = open_redemptions(session)
    products = all_products(session, today=today)
    status: dict[UUID, Status] = {product.product_id: status_of(product, now=now) for product in products}
    soon = [out for out in outlooks.values() if runs_out_soon(out, today=today)]
    first = min(soon, key=lambda out: out.runs_out_on or today, default=None)

    def line_of(product: ProductRow) -> ProductLine:
        outlook = outlooks.get(product.product_id)
        return _line(
            product,
            status=status[product.product_id],
            outlook=outlook,
            waiting=waiting.get(product.product_id, 0),
            locale=locale,
            today=today,
        )

    wanted = [
        product
        for product in _behind(products, asked.after)
        if asked.show in (None, status[product.product_id]) and _says(product, asked.words)
    ]
    page = wanted[:PAGE]
    return Catalogue(
        lines=tuple(line_of(product) for product in page),
        asked=asked,
        counts={kind: list(status.values()).count(kind) for kind in STATUSES},
        soon=len(soon),
        first_out=next((line_of(one) for one in products if first and one.product_id == first.product_id), None),
        lapsing=sum(out.lapsing for out in outlooks.values()),
        waiting=sum(waiting.values()),
        next_key=page[-1].key if len(wanted) > PAGE else None,
    )


def _behind(products: Sequence[ProductRow], key: str) -> Sequence[ProductRow]:
    """The products behind the one of that key; all of them where there is none."""
    place = next((place for place, product in enumerate(products, start=1) if key and product.key == key), 0)
    return products[place:]


def _says(product: ProductRow, wanted: str) -> bool:
    details = product.details
    said = f"{details.name_ko}\n{details.name_en}\n{details.brand}\n{product.key}".casefold()
    return all(word in said for word in wanted.casefold().split())


def _line(
    product: ProductRow, *, status: Status, outlook: StockOutlook | None, waiting: int, locale: str, today: date
) -> ProductLine:
    details = product.details
    return ProductLine(
        product_id=product.product_id,
        name=name_of(product, locale=locale),
        key=product.key,
        card=card_of(brand=details.brand, name=details.name_ko, picture=details.picture),
        price=details.price,
        status=status,
        left=product.left,
        outlook=outlook_words(outlook, today=today),
        soon=runs_out_soon(outlook, today=today),
        lapsing=outlook.lapsing if outlook else 0,
        waiting=waiting,
    )


def name_of(product: ProductRow, *, locale: str) -> str:
    """What the product is called in the page's language."""
    return product.details.name_ko if locale == "ko" else product.details.name_en
