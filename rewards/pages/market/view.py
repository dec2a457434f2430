"""What the market's pages show, as values: everything is decided here, so that the templates only say it."""

from dataclasses import dataclass
from uuid import UUID

from market.limits import LimitPeriod
from rewards.pages.market.standing import Purse, Standing
from rewards.pages.market.times import Time
from rewards.pages.market.waiting import Wait

FEW = 5
"""From so few on, how many are left is said with emphasis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """How a product looks: a picture from this host, or a drawn card with a letter on one of the tints."""

    letter: str
    tint: int
    picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitShown:
    """At most `times` in a period; the reader (unless a visitor) has had `used`, and it opens again on a day."""

    times: int
    period: LimitPeriod
    used: int | None
    opens_on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A product as a reader finds it. `value` is what the gift card is worth; `left` is none where it never runs out.

    `missing` points, and the `comments` that bring them (none where they do not).
    """

    product_id: UUID
    key: str
    name: str
    description: str
    brand: str
    value: str
    card: Card
    price: int
    left: int | None
    begins: Time | None
    ends: Time | None
    limit: LimitShown | None
    needs_approval: bool
    standing: Standing
    missing: int
    comments: int | None

    @property
    def few(self) -> bool:
        """Whether hardly any are left."""
        return self.left is not None and 0 < self.left <= FEW

    @property
    def can(self) -> bool:
        """Whether the reader can have it now."""
        return self.standing == "available"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketView:
    """The market: offers from the nearest on. `waiting`: how many of the reader's redemptions are under way."""

    offers: tuple[Offer, ...]
    purse: Purse | None
    waiting: int
    refusal: str | None
    first_page: bool
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView:
    """One product, to be confirmed. `redemption_id` makes pressing twice redeem once."""

    offer: Offer
    purse: Purse
    redemption_id: UUID
    wait: Wait | None
    refusal: str | None

    @property
    def remains(self) -> int:
        """Points that may still be spent afterwards."""
        return self.purse.available - self.offer.price
