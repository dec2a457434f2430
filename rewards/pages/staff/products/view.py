"""One product as staff see it: its numbers, its form, its card as members see it, its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from market.limits import Periods
from market.outlook import open_redemptions, stock_outlook
from market.products import Left, ProductDetails, ProductRow, Stock
from rewards.access.audit import AuditLine
from rewards.exchange import periods_on
from rewards.http.surroundings import here, request_now
from rewards.pages.avatars import picture_of
from rewards.pages.forms import Filled
from rewards.pages.frame import Frame, present_frame
from rewards.pages.market.offers import Reading, offer_of
from rewards.pages.market.standing import Purse
from rewards.pages.market.view import Offer
from rewards.pages.staff.products.catalogue import name_of
from rewards.pages.staff.products.form import given_of
from rewards.pages.staff.products.words import (
    Difference,
    Status,
    details_in_words,
    outlook_words,
    runs_out_soon,
    status_of,
    step_words,
)
from rewards.staff.products import history_of_product

HISTORY_MAX = 10
PLENTY = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A line of a product's history."""

    actor: str
    said: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPage:
    """A product's page. `offer` is the card as a member with points enough sees it.

    `differences`: what somebody else has stored meanwhile, beside what was typed; `history` is none for whoever may
    not see the audit.
    """

    product_id: UUID
    name: str
    key: str
    stock: Stock
    status: Status
    left: Left
    outlook: str
    soon: bool
    lapsing: int
    lapses_on: date | None
    waiting: int
    price: int
    changed_at: datetime
    offer: Offer
    said: Sequence[tuple[str, str]]
    form: Filled
    picture: str | None
    differences: Sequence[Difference]
    history: Sequence[Step] | None


def product_page(
    session: Session,
    product: ProductRow,
    *,
    with_history: bool,
    form: Filled | None = None,
    typed: ProductDetails | None = None,
    differences: Sequence[Difference] = (),
) -> ProductPage:
    """The page of a product: its form as stored, or as it came in (`form`), the card as `typed`."""
    frame, now = present_frame(), request_now()
    outlooks = stock_outlook(session, today=frame.today, now=now)
    outlook = next((line for line in outlooks if line.product_id == product.product_id), None)
    shown = form or Filled(given_of(product, timezone=frame.timezone))
    return ProductPage(
        product_id=product.product_id,
        name=name_of(product, locale=frame.locale),
        key=product.key,
        stock=product.stock,
        status=status_of(product, now=now),
        left=product.left,
        outlook=outlook_words(outlook, today=frame.today),
        soon=runs_out_soon(outlook, today=frame.today),
        lapsing=outlook.lapsing if outlook else 0,
        lapses_on=outlook.lapses_on if outlook else None,
        waiting=open_redemptions(session).get(product.product_id, 0),
        price=product.details.price,
        changed_at=product.updated_at,
        offer=preview_of(session, product, details=typed or product.details),
        said=details_in_words(product.details, frame=frame),
        form=shown,
        picture=picture_of(shown.given.get("picture")),
        differences=differences,
        history=_steps(history_of_product(session, product.product_id, limit=HISTORY_MAX)) if with_history else None,
    )


def preview_of(session: Session, product: ProductRow, *, details: ProductDetails) -> Offer:
    """The product's card with these details, as a member sees it who has points enough."""
    return offer_of(_member_with_plenty(session, present_frame()), _with_details(product, details), whole=False)


def _with_details(product: ProductRow, details: ProductDetails) -> ProductRow:
    return ProductRow(
        product_id=product.product_id,
        key=product.key,
        stock=product.stock,
        details=details,
        left=product.left,
        version=product.version,
        created_at=product.created_at,
        updated_at=product.updated_at,
    )


def _member_with_plenty(session: Session, frame: Frame) -> Reading:
    calendar = here().calendar
    periods: Periods = periods_on(frame.today, calendar=calendar)
    purse = Purse(balance=PLENTY, held=0, suspended=False)
    return Reading(
        session=session,
        frame=frame,
        calendar=calendar,
        periods=periods,
        purse=purse,
        had={},
        worth=None,
        now=request_now(),
    )


def _steps(lines: Sequence[AuditLine]) -> list[Step]:
    return [
        Step(
            actor=line.actor.removeprefix("staff:"),
            said=step_words(line.action, detail=_numbers(line.detail)),
            at=line.recorded_at,
        )
        for line in lines
    ]


def _numbers(detail: Mapping[str, object]) -> dict[str, int]:
    return {name: value for name, value in detail.items() if isinstance(value, int)}
