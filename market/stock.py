"""Stock: one piece taken for each redemption, given back or issued with it. The hot row, locked last."""

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.errors import SoldOut
from market.products import ProductRow

_LOCK = text("select from product where product_id = :product_id for no key update")
_FIRST_TO_LAPSE = text(
    "select code_id from code where product_id = :product_id and state = 'available'"
    " and (expires_on is null or expires_on >= :today) order by expires_on nulls last, code_id limit 1 for update"
)
_MOVE = text("update code set state = :state where code_id = :code_id and state = :have returning code_id")
_TAKE_ONE = text(
    "update product set quantity = quantity - 1 where product_id = :product_id and quantity > 0 returning product_id"
)
_PUT_ONE = text("update product set quantity = quantity + 1 where product_id = :product_id and stock = 'number'")
_IS_GOOD = text("select expires_on is null or expires_on >= :today from code where code_id = :code_id")
_LAPSE = text(
    "update code set state = 'lapsed' where code_id in (select code_id from code where state = 'available'"
    " and expires_on < :today order by code_id limit :limit for update skip locked) returning code_id"
)


def take_stock(session: Session, product: ProductRow, *, today: date) -> UUID | None:
    """Take one piece: the reserved code's id, or none where the stock is a number or unlimited. Raises SoldOut.

    The member's account must be locked before. Holds the product's row until the transaction ends.
    """
    # Most of a rush at the last card comes too late: they need not wait in line to learn it.
    if product.left == 0:
        raise SoldOut(product_id=product.product_id)
    if product.stock == "codes":
        code_id = first_to_lapse(session, product.product_id, today=today)
        if code_id is None:
            raise SoldOut(product_id=product.product_id)
        move_code(session, code_id, have="available", state="reserved")
        return code_id
    if product.stock == "number" and session.execute(_TAKE_ONE, {"product_id": product.product_id}).first() is None:
        raise SoldOut(product_id=product.product_id)
    return None


def put_back(session: Session, *, product_id: UUID, code_id: UUID | None) -> None:
    """Give a taken piece back. The member's account must be locked before."""
    if code_id is not None:
        move_code(session, code_id, have="reserved", state="available")
    else:
        session.execute(_PUT_ONE, {"product_id": product_id})


def first_to_lapse(session: Session, product_id: UUID, *, today: date) -> UUID | None:
    """The available code that lapses first, locked with its product's row."""
    session.execute(_LOCK, {"product_id": product_id})
    return session.execute(_FIRST_TO_LAPSE, {"product_id": product_id, "today": today}).scalar()


def move_code(session: Session, code_id: UUID, *, have: str, state: str) -> None:
    """Move a code along one of its edges. Its redemption's account, or its product's row, must be locked."""
    moved = session.execute(_MOVE, {"code_id": code_id, "have": have, "state": state}).first()
    assert moved is not None, "a code's state changes under the lock of its redemption's account or its product"


def is_good(session: Session, code_id: UUID, *, today: date) -> bool:
    """Whether the code can still be redeemed on that day of the community."""
    return bool(session.execute(_IS_GOOD, {"code_id": code_id, "today": today}).scalar())


def lapse_codes(session: Session, *, today: date, limit: int) -> int:
    """Take codes whose last day has passed out of the stock; answers how many, `limit` at most."""
    return len(session.execute(_LAPSE, {"today": today, "limit": limit}).all())
