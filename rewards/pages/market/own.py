"""A member's own redemptions as the pages read them: names, prizes, places in the queue, steps."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from market.queue import Line, RedemptionRow, history_of
from market.states import OPEN, WAITING
from rewards.pages import words
from rewards.pages.frame import Frame
from rewards.pages.market.offers import card_of
from rewards.pages.market.own_view import Prize, RedemptionShown, StepShown
from rewards.pages.market.times import ago, to_the_minute

_LOOKS = text("select product_id, brand, picture from product where product_id = any(cast(:ids as uuid[]))")
_PRIZES = text(
    "select redemption_id, place, season_id, ends_at from prize join season using (season_id)"
    " where redemption_id = any(cast(:ids as uuid[]))"
)
_AHEAD = text(
    "select r.redemption_id, (select count(*) from redemption o where o.state = any(cast(:open as text[]))"
    " and (o.requested_at, o.redemption_id) < (r.requested_at, r.redemption_id)) as ahead"
    " from redemption r where r.redemption_id = any(cast(:ids as uuid[]))"
)


def shown_to_owner(
    session: Session, rows: Sequence[RedemptionRow], *, frame: Frame, now: datetime
) -> tuple[RedemptionShown, ...]:
    """Redemptions as their member sees them."""
    looks = {look.product_id: look for look in session.execute(_LOOKS, {"ids": [row.product_id for row in rows]})}
    prizes = {won.redemption_id: won for won in session.execute(_PRIZES, _ids(rows))}
    ahead = _ahead(session, [row for row in rows if row.state in WAITING])
    return tuple(
        RedemptionShown(
            redemption_id=row.redemption_id,
            name=row.product_name_ko if frame.locale == "ko" else row.product_name_en,
            brand=looks[row.product_id].brand,
            card=card_of(
                brand=looks[row.product_id].brand, name=row.product_name_ko, picture=looks[row.product_id].picture
            ),
            prize=_prize(prizes.get(row.redemption_id), frame=frame),
            points=row.points,
            state=row.state,
            ahead=ahead.get(row.redemption_id),
            requested=ago(row.requested_at, frame=frame, now=now),
        )
        for row in rows
    )


def steps_of(session: Session, redemption_id: UUID, *, frame: Frame) -> tuple[StepShown, ...]:
    """What has happened to a redemption so far; not who of the staff did it."""
    return tuple(_step(line, frame=frame) for line in history_of(session, redemption_id))


def _step(line: Line, *, frame: Frame) -> StepShown:
    return StepShown(line.action, line.state, to_the_minute(line.recorded_at, frame=frame), line.reason)


def _ids(rows: Iterable[RedemptionRow]) -> dict[str, list[UUID]]:
    return {"ids": [row.redemption_id for row in rows]}


def _ahead(session: Session, rows: Sequence[RedemptionRow]) -> dict[UUID, int]:
    """How many open redemptions come before each; as `market.queue.position_in_queue` counts, for several at once."""
    if not rows:
        return {}
    return {row.redemption_id: row.ahead for row in session.execute(_AHEAD, {**_ids(rows), "open": list(OPEN)})}


def _prize(won: Row[Any] | None, *, frame: Frame) -> Prize | None:
    if won is None:
        return None
    last = words.last_day(won.ends_at.astimezone(frame.timezone))
    return Prize(words.days(won.season_id, last, locale=frame.locale, today=frame.today), won.place)
