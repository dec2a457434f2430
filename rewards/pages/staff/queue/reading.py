"""The staff's queue as its page reads it: tabs with their counts, a page of the list, and the one that is opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from market.errors import UnknownRedemption
from market.products import all_products
from market.queue import (
    QueueFilter,
    RedemptionRow,
    count_queue,
    count_redemptions,
    find_redemption,
    next_waiting,
    read_queue,
)
from rewards.access.scopes import Caller
from rewards.errors import UnknownThing
from rewards.pages.faces import Face
from rewards.pages.frame import Frame
from rewards.pages.staff.queue.asked import TABS, Asked, Tab, begins_after, filter_of, next_page
from rewards.pages.staff.queue.hand import read_hand
from rewards.pages.staff.queue.members import faces_of, product_of
from rewards.pages.staff.queue.view import Badge, HandShown, QueueView, RowShown, TabShown
from rewards.pages.staff.queue.words import age, badge_of, ready_reasons
from rewards.pages.words import number

ROWS = 40
COUNTED_MAX = 999

_PLACES = text("select redemption_id, place from prize where redemption_id = any(cast(:ids as uuid[]))")
_APPROVED = text(
    "select redemption_id from redemption_history where redemption_id = any(cast(:ids as uuid[]))"
    " and action = 'approve' and actor = :actor"
)


@dataclass(frozen=True, slots=True)
class Looking:
    """Who looks at the queue, at what, and when."""

    asked: Asked
    caller: Caller
    frame: Frame
    now: datetime


def read_queue_page(session: Session, looking: Looking) -> QueueView:
    """The whole page. Raises UnknownThing where the redemption that was asked for is not there."""
    asked, now = looking.asked, looking.now
    only = filter_of(session, asked, actor=looking.caller.actor)
    listed = read_queue(session, limit=ROWS + 1, only=only, after=begins_after(asked), newest_first=asked.newest_first)
    rows = listed[:ROWS]
    counts = count_queue(session, actor=looking.caller.actor, only=only)
    opened = asked.opened or _default(session, rows, only=only, looking=looking)
    return QueueView(
        asked=asked,
        tabs=_tabs(
            session, counts={tab: getattr(counts, tab) for tab in TABS if tab != "closed"}, only=only, asked=asked
        ),
        rows=_rows(session, rows, opened=opened, looking=looking),
        next_address=_next(asked, rows) if len(listed) > ROWS else None,
        waiting=counts.waiting,
        oldest_at=counts.oldest_at,
        oldest_age=age(counts.oldest_at, now=now) if counts.oldest_at else "",
        products=_products(session, looking=looking),
        kinds=(("", gettext("All")), ("market", gettext("Market")), ("prize", gettext("Prizes of the ranking"))),
        hand=None if opened is None else _hand(session, opened, looking=looking),
        reasons=ready_reasons(),
        today=looking.frame.today,
    )


def _default(session: Session, rows: Sequence[RedemptionRow], *, only: QueueFilter, looking: Looking) -> UUID | None:
    """What is opened without being asked for: what the reader has in hand, else the oldest that they may work on."""
    asked, actor = looking.asked, looking.caller.actor
    if asked.tab == "waiting" and asked.cursor is None and "staff:fulfil" in looking.caller.scopes:
        own = read_queue(session, limit=1, only=replace(only, states=TABS["mine"], claimed_by=actor))
        found = own[0].redemption_id if own else next_waiting(session, actor=actor, only=only)
        if found is not None:
            return found
    return rows[0].redemption_id if rows else None


def _hand(session: Session, redemption_id: UUID, *, looking: Looking) -> HandShown:
    try:
        row = find_redemption(session, redemption_id)
    except UnknownRedemption as error:
        raise UnknownThing("redemption", str(redemption_id)) from error
    return read_hand(session, row, asked=looking.asked, caller=looking.caller, frame=looking.frame, now=looking.now)


def _tabs(session: Session, *, counts: Mapping[str, int], only: QueueFilter, asked: Asked) -> tuple[TabShown, ...]:
    closed = count_redemptions(
        session, only=replace(only, states=TABS["closed"], claimed_by=None), at_most=COUNTED_MAX + 1
    )
    numbers = {**counts, "closed": closed}
    return tuple(
        TabShown(
            key=tab,
            words=words,
            count=f"{COUNTED_MAX}+" if tab == "closed" and closed > COUNTED_MAX else number(numbers[tab]),
            address=asked.address(tab=tab, cursor=None, opened=None),
            is_current=tab == asked.tab,
        )
        for tab, words in _tab_words().items()
    )


def _tab_words() -> Mapping[Tab, str]:
    return {
        "waiting": gettext("Waiting"),
        "mine": gettext("In my hand"),
        "in_hand": gettext("In hand"),
        "to_approve": gettext("To approve"),
        "closed": gettext("Done"),
    }


def _next(asked: Asked, rows: Sequence[RedemptionRow]) -> str:
    return asked.address(cursor=next_page(asked, rows[-1]), opened=None)


def _products(session: Session, *, looking: Looking) -> tuple[tuple[str, str], ...]:
    products = all_products(session, today=looking.frame.today)
    korean = looking.frame.locale == "ko"
    named = (
        (str(product.product_id), product.details.name_ko if korean else product.details.name_en)
        for product in products
    )
    return (("", gettext("All products")), *named)


def _rows(
    session: Session, rows: Sequence[RedemptionRow], *, opened: UUID | None, looking: Looking
) -> tuple[RowShown, ...]:
    ids = {"ids": [row.redemption_id for row in rows]}
    faces = faces_of(session, [row.account_id for row in rows])
    places = {won.redemption_id: won.place for won in session.execute(_PLACES, ids)}
    approved = set(session.execute(_APPROVED, {**ids, "actor": looking.caller.actor}).scalars())
    return tuple(
        _row(
            row,
            face=faces[row.account_id],
            place=places.get(row.redemption_id),
            is_open=row.redemption_id == opened,
            not_by_reader=row.state == "requested" and row.redemption_id in approved,
            looking=looking,
        )
        for row in rows
    )


def _row(
    row: RedemptionRow, *, face: Face, place: int | None, is_open: bool, not_by_reader: bool, looking: Looking
) -> RowShown:
    return RowShown(
        redemption_id=row.redemption_id,
        address=looking.asked.address(opened=row.redemption_id),
        face=face,
        product=product_of(row, frame=looking.frame),
        points=row.points,
        place=place,
        requested_at=row.requested_at,
        age=age(row.requested_at, now=looking.now),
        badge=Badge("warns", gettext("for somebody else"))
        if not_by_reader
        else badge_of(row, actor=looking.caller.actor),
        is_open=is_open,
        not_by_reader=not_by_reader,
    )
