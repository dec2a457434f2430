"""Whether a member can have a product now, and if not, why not and what is missing. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from market.limits import is_reached
from market.products import ProductRow
from rewards.exchange import Had

Standing = Literal[
    "visitor", "available", "lacking", "owes", "suspended", "limit", "not_yet", "sold_out", "ended", "withdrawn"
]
Order = tuple[int, int, int, int, str]
ORDER: dict[Standing, int] = {
    "visitor": 0,
    "available": 0,
    "lacking": 1,
    "owes": 1,
    "suspended": 1,
    "limit": 2,
    "not_yet": 3,
    "sold_out": 4,
    "ended": 5,
    "withdrawn": 5,
}
"""What can be had now comes first, then what more points bring, then what time brings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What a member has to exchange. `balance` may be below zero: then so much is owed."""

    balance: int
    held: int
    suspended: bool

    @property
    def available(self) -> int:
        """Points that may be spent."""
        return self.balance - self.held

    @property
    def owed(self) -> int:
        """Points that have to be earned before the market opens again."""
        return max(-self.balance, 0)


def standing_of(product: ProductRow, *, purse: Purse | None, had: Had, now: datetime) -> Standing:
    """How a member (a visitor without a purse) stands to a product. What nobody can have comes before what I cannot."""
    details = product.details
    if not details.for_sale:
        return "withdrawn"
    if details.on_sale_until is not None and details.on_sale_until <= now:
        return "ended"
    if details.on_sale_from is not None and details.on_sale_from > now:
        return "not_yet"
    if product.left == 0:
        return "sold_out"
    return "visitor" if purse is None else _standing_of_member(product, purse=purse, had=had)


def _standing_of_member(product: ProductRow, *, purse: Purse, had: Had) -> Standing:
    details = product.details
    if purse.suspended:
        return "suspended"
    if purse.owed:
        return "owes"
    if details.limit is not None and is_reached(details.limit, had=had.within(details.limit.period)):
        return "limit"
    return "lacking" if missing_for(product, purse=purse) else "available"


def missing_for(product: ProductRow, *, purse: Purse) -> int:
    """How many points are missing for the price; 0 if none."""
    return max(product.details.price - purse.available, 0)


def order_of(product: ProductRow, *, standing: Standing) -> Order:
    """Where a product stands in the market: by group, what is nearest first, then as staff chose."""
    nearest = product.details.price if standing == "lacking" else 0
    details = product.details
    return ORDER[standing], nearest, details.position, details.price, product.key
