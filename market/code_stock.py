"""What lies in the stock of codes: how many in which state, and when those that are left lapse."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """`codes` that may be redeemed up to and on a day (none: for ever)."""

    expires_on: date | None
    codes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeStock:
    """A product's codes by state; `lapsed` holds those too whose last day has passed but which lie there still."""

    available: int
    reserved: int
    issued: int
    lapsed: int
    by_expiry: tuple[Expiring, ...]


_STATES = text(
    "select case when state = 'available' and expires_on < :today then 'lapsed' else state end as state,"
    " count(*) as codes from code where product_id = :product_id group by 1"
)
_BY_EXPIRY = text(
    "select expires_on, count(*) as codes from code where product_id = :product_id and state = 'available'"
    " and (expires_on is null or expires_on >= :today) group by expires_on order by expires_on nulls last"
)


def code_stock(session: Session, product_id: UUID, *, today: date) -> CodeStock:
    """The stock of codes of a product on a day of the community; those that lapse first come first."""
    asked = {"product_id": product_id, "today": today}
    states = {row.state: row.codes for row in session.execute(_STATES, asked)}
    rows = session.execute(_BY_EXPIRY, asked)
    return CodeStock(
        available=states.get("available", 0),
        reserved=states.get("reserved", 0),
        issued=states.get("issued", 0),
        lapsed=states.get("lapsed", 0),
        by_expiry=tuple(Expiring(expires_on=row.expires_on, codes=row.codes) for row in rows),
    )
