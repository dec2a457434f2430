"""What the market refuses, with the facts of it. Nothing here knows HTTP.

None is frozen: an exception that passes through a context manager gets its traceback assigned.
Each is raised before anything was written, or together with the caller's whole transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


class MarketError(Exception):
    """Any refusal of the market."""


@dataclass(eq=False)
class UnknownProduct(MarketError):
    """There is no such product; `product` is its id or its key."""

    product: UUID | str


@dataclass(eq=False)
class ProductKeyTaken(MarketError):
    """Another product has this key."""

    key: str


@dataclass(eq=False)
class ProductChanged(MarketError):
    """Somebody changed the product since the caller read it: its version is `have`, the caller read `given`."""

    product_id: UUID
    have: int
    given: int


@dataclass(eq=False)
class PriceNeeded(MarketError):
    """A product can be for sale only at a price of at least one point."""

    price: int


@dataclass(eq=False)
class StockNotCounted(MarketError):
    """The product's stock is no number, so it cannot be counted up or down by hand; or no codes, so it takes none."""

    product_id: UUID
    stock: str


@dataclass(eq=False)
class QuantityTooLow(MarketError):
    """Fewer are left than were to be taken away."""

    quantity: int
    by: int


@dataclass(eq=False)
class NotForSale(MarketError):
    """The product is not offered now: not at all, not yet (`on_sale_from`), or no longer (`on_sale_until`)."""

    product_id: UUID
    on_sale_from: datetime | None
    on_sale_until: datetime | None


@dataclass(eq=False)
class SoldOut(MarketError):
    """Nothing is left of the product."""

    product_id: UUID


@dataclass(eq=False)
class LimitReached(MarketError):
    """The member has had as many of the product as one may in a period: `times` since `since` (ever, when None)."""

    times: int
    period: str
    since: datetime | None


@dataclass(eq=False)
class OwesPoints(MarketError):
    """The balance is below zero, so the market is closed to the member until `owed` points are earned."""

    owed: int


@dataclass(eq=False)
class UnknownRedemption(MarketError):
    """There is no such redemption, or it is not the member's who asked."""

    redemption_id: UUID


@dataclass(eq=False)
class RedemptionIdTaken(MarketError):
    """The id belongs to another redemption already: of another product, or another member's."""

    redemption_id: UUID


@dataclass(eq=False)
class WrongState(MarketError):
    """The step starts from one of the states `wanted`, but the redemption is in `have`."""

    redemption_id: UUID
    have: str
    wanted: tuple[str, ...]


@dataclass(eq=False)
class NotClaimedByYou(MarketError):
    """Another staff member has claimed the redemption."""

    redemption_id: UUID
    claimed_by: str


@dataclass(eq=False)
class SecondStaffNeeded(MarketError):
    """Whoever approved a redemption may not be the one who fulfils it."""

    redemption_id: UUID
    approved_by: str


@dataclass(eq=False)
class ReasonNeeded(MarketError):
    """The step needs a reason in words."""


@dataclass(eq=False)
class BadCode(MarketError):
    """A typed-in code that cannot be one: `problem` as an import would name it. Never holds the code."""

    problem: str


@dataclass(eq=False)
class CodeDoubled(MarketError):
    """The code is in the stock already, or was issued before. Never holds the code."""


@dataclass(eq=False)
class NoCodeInStock(MarketError):
    """Nothing in stock to fulfil the redemption from: type a code in."""

    product_id: UUID


@dataclass(eq=False)
class CodeUnreadable(MarketError):
    """None of the keys at hand opens the code: one that was taken from the settings is missing."""

    code_id: UUID
