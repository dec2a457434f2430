"""How stock will last at the pace of the last days: for the staff's front page and their list of products."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from market.pace import days_watched, runs_out_on
from market.states import GIVEN_BACK, OPEN, STEPS

DAYS_WATCHED_MAX = 14
LAPSES_WITHIN_DAYS = 30
_STANDING = sorted({step.target for step in STEPS.values()} - set(GIVEN_BACK))


@dataclass(frozen=True, slots=True, kw_only=True)
class StockOutlook:
    """How many are `left`, how many go a day, and the day of the community on which the last one goes at that pace.

    `runs_out_on` is today where nothing is left, and none where nothing goes. `lapsing`: codes that lapse within
    LAPSES_WITHIN_DAYS days, the first of them after `lapses_on`, its last day.
    """

    product_id: UUID
    key: str
    name_ko: str
    name_en: str
    left: int
    per_day: float
    runs_out_on: date | None
    lapsing: int
    lapses_on: date | None


_OUTLOOK = text(
    "select p.product_id, p.key, p.name_ko, p.name_en, coalesce(p.quantity, c.left_over, 0) as left_over,"
    " coalesce(r.taken, 0) as taken, greatest(p.created_at, p.on_sale_from) as offered_at,"
    " coalesce(c.lapsing, 0) as lapsing, c.lapses_on"
    " from product p left join (select product_id, count(*) as left_over,"
    " count(*) filter (where expires_on <= :lapses_by) as lapsing,"
    " min(expires_on) filter (where expires_on <= :lapses_by) as lapses_on from code where state = 'available'"
    " and (expires_on is null or expires_on >= :today) group by product_id) c"
    " on c.product_id = p.product_id and p.stock = 'codes'"
    " left join (select product_id, count(*) as taken from redemption where state = any(cast(:standing as text[]))"
    " and requested_at > :since and requested_at <= :now group by product_id) r on r.product_id = p.product_id"
    " where p.stock <> 'unlimited' and p.for_sale and coalesce(p.on_sale_from, '-infinity') <= :now"
    " and coalesce(p.on_sale_until, 'infinity') > :now order by p.position, p.price, p.key"
)
_WAITING = text(
    "select product_id, count(*) as waiting from redemption where state = any(cast(:states as text[]))"
    " group by product_id"
)


def stock_outlook(session: Session, *, today: date, now: datetime) -> list[StockOutlook]:
    """Every product on sale whose stock is counted, in the order that staff chose.

    The pace is that of the last DAYS_WATCHED_MAX days, or of the days since the product was offered if those are
    fewer; redemptions that were given back don't count.
    """
    parameters = {
        "today": today,
        "now": now,
        "since": now - timedelta(days=DAYS_WATCHED_MAX),
        "lapses_by": today + timedelta(days=LAPSES_WITHIN_DAYS),
        "standing": _STANDING,
    }
    return [_outlook(row, today=today, now=now) for row in session.execute(_OUTLOOK, parameters)]


def open_redemptions(session: Session) -> dict[UUID, int]:
    """How many redemptions of each product wait for staff; products without any are not named."""
    return {row.product_id: row.waiting for row in session.execute(_WAITING, {"states": list(OPEN)})}


def _outlook(row: Row[Any], *, today: date, now: datetime) -> StockOutlook:
    days = days_watched(offered_for_s=(now - row.offered_at).total_seconds(), at_most=DAYS_WATCHED_MAX)
    return StockOutlook(
        product_id=row.product_id,
        key=row.key,
        name_ko=row.name_ko,
        name_en=row.name_en,
        left=row.left_over,
        per_day=row.taken / days,
        runs_out_on=runs_out_on(row.left_over, taken=row.taken, days=days, today=today),
        lapsing=row.lapsing,
        lapses_on=row.lapses_on,
    )
