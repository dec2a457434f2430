"""The catalogue in the hands of staff, each step with its line in the audit. The caller commits."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.products import ProductDetails, ProductRow, Stock, add_quantity, change_product, create_product
from rewards.access.audit import AuditLine, note
from rewards.pictures.redraw import Drawing
from rewards.pictures.store import Picture, keep_picture

NAME_LENGTH_MAX = 200
BRAND_LENGTH_MAX = 100
DESCRIPTION_LENGTH_MAX = 4000
FACE_VALUE_MAX = 1_000_000_000
LIMIT_TIMES_MAX = 1000
POSITION_MAX = 100_000

_HISTORY = text(
    "select audit_id, actor, action, about, detail, recorded_at from audit where about = :about"
    " order by audit_id desc limit :limit"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """What staff say of a product that is not on the list yet; `quantity` exactly for a stock that is a number."""

    key: str
    stock: Stock
    quantity: int | None
    details: ProductDetails


def make_product(session: Session, new: NewProduct, *, actor: str, now: datetime) -> ProductRow:
    """Put a product on the list. Raises ProductKeyTaken, PriceNeeded."""
    product = create_product(session, key=new.key, details=new.details, stock=new.stock, quantity=new.quantity, now=now)
    note_product(session, product, action="product.create", actor=actor, now=now)
    return product


def edit_product(
    session: Session,
    product_id: UUID,
    *,
    details: ProductDetails,
    version: int,
    actor: str,
    today: date,
    now: datetime,
) -> ProductRow:
    """Replace the details of the version that was read. Raises UnknownProduct, ProductChanged, PriceNeeded."""
    product = change_product(session, product_id, details=details, version=version, today=today, now=now)
    note_product(session, product, action="product.change", actor=actor, now=now)
    return product


def restock(session: Session, product_id: UUID, *, by: int, actor: str, today: date, now: datetime) -> ProductRow:
    """Count a stock up or down, relative to what is left. Raises UnknownProduct, StockNotCounted, QuantityTooLow."""
    product = add_quantity(session, product_id, by=by, today=today)
    note_product(session, product, action="product.quantity", actor=actor, now=now, by=by)
    return product


def add_picture(session: Session, drawing: Drawing, *, actor: str, now: datetime) -> Picture:
    """Keep a picture that was drawn anew."""
    picture = keep_picture(session, drawing, by=actor, now=now)
    size = {"width": picture.width, "height": picture.height}
    note(session, actor=actor, action="picture.add", about=f"picture:{picture.address}", detail=size, now=now)
    return picture


def history_of_product(session: Session, product_id: UUID, *, limit: int) -> list[AuditLine]:
    """What staff did with the product, newest first."""
    return [AuditLine(*row) for row in session.execute(_HISTORY, {"about": about(product_id), "limit": limit})]


def note_product(
    session: Session, product: ProductRow, *, action: str, actor: str, now: datetime, **detail: Any
) -> None:
    """Add the line to the audit that tells of a step with a product."""
    told = {"key": product.key, "version": product.version, **detail}
    note(session, actor=actor, action=action, about=about(product.product_id), detail=told, now=now)


def about(product_id: UUID) -> str:
    """How the audit names a product."""
    return f"product:{product_id}"
