"""Redemptions: points set aside and stock taken at once, then one step after the other to a code or back.

Every step locks the member's account first and the product last. Each answers the redemption after it.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts
from ledger.errors import NotEnoughPoints
from ledger.holds import capture_hold, place_hold
from ledger.postings import AccountState
from market.codes import CodeKeys, store_typed
from market.errors import (
    LimitReached,
    NoCodeInStock,
    NotClaimedByYou,
    OwesPoints,
    ReasonNeeded,
    RedemptionIdTaken,
    SecondStaffNeeded,
)
from market.limits import Periods, counts_since, is_reached
from market.products import ProductRow, check_on_sale, find_product, find_product_by_key
from market.queue import RedemptionRow, find_redemption
from market.states import GIVEN_BACK, WAITING
from market.steps import COLUMNS, SYSTEM, Opened, begin, move, open_for, read_redemption, record, release, tell
from market.stock import first_to_lapse, is_good, move_code, take_stock

MEMBER = "member"
CONTRA = "redemption"

_HAD = text(
    "select count(*) from redemption where account_id = any(cast(:accounts as uuid[])) and product_id = :product_id"
    " and origin = 'market'"
    " and state <> all(cast(:given_back as text[]))"
    " and requested_at >= coalesce(cast(:since as timestamptz), '-infinity')"
)
_APPROVED_BY = text(
    "select actor from redemption_history where redemption_id = :redemption_id and action = 'approve'"
    " order by step desc limit 1"
)
_OVERDUE = text(
    "select redemption_id, account_id from redemption where state = any(cast(:states as text[])) and origin = 'market'"
    " and requested_at < :before order by requested_at, redemption_id limit :limit"
)
_STILL_WAITING = text(
    f"select {COLUMNS} from redemption where redemption_id = any(cast(:ids as uuid[]))"
    " and state = any(cast(:states as text[])) order by product_id, redemption_id"
)


def request(
    session: Session,
    *,
    redemption_id: UUID,
    account_id: UUID,
    product_id: UUID,
    periods: Periods,
    now: datetime,
    actor: str = MEMBER,
    merged: Sequence[UUID] = (),
) -> RedemptionRow:
    """Set the product's price aside and take one of its stock; the same id again answers the first redemption.

    `merged` are further accounts that are the same member's: limits count what was redeemed there, too.

    Every refusal comes before anything is written. Raises UnknownProduct, NotForSale, OwesPoints, LimitReached,
    NotEnoughPoints, SoldOut, RedemptionIdTaken. Whether a member is suspended is the caller's to know.
    """
    account = lock_accounts(session, [account_id], now=now)[account_id]
    accounts = (account_id, *merged)
    if _is_repeated(session, redemption_id, accounts=accounts, product_id=product_id):
        return find_redemption(session, redemption_id)
    product = find_product(session, product_id, today=periods.today)
    check_on_sale(product, now=now)
    _check_member(session, account, accounts=accounts, product=product, periods=periods)
    code_id = take_stock(session, product, today=periods.today)
    hold_id, price = uuid7(), product.details.price
    place_hold(session, account, hold_id=hold_id, points=price, purpose=f"redemption:{redemption_id}", now=now)
    taken = {"hold_id": hold_id, "points": price, "code_id": code_id, "origin": "market"}
    ids = {"redemption_id": redemption_id, "account_id": account_id, "product_id": product_id}
    return begin(session, ids | taken, needs_approval=product.details.needs_approval, actor=actor, now=now)


def request_prize(
    session: Session, *, redemption_id: UUID, account_id: UUID, product_key: str, today: date, now: datetime
) -> RedemptionRow:
    """Put a prize into the queue: price 0, so no hold and no entry, and no stock, so that it never fails on it.

    Needs no lock; the account must exist. Raises UnknownProduct.
    """
    product = find_product_by_key(session, product_key, today=today)
    ids = {"redemption_id": redemption_id, "account_id": account_id, "product_id": product.product_id}
    taken = {"hold_id": None, "points": 0, "code_id": None, "origin": "prize"}
    return begin(session, ids | taken, needs_approval=product.details.needs_approval, actor=SYSTEM, now=now)


def approve(session: Session, redemption_id: UUID, *, actor: str, now: datetime) -> RedemptionRow:
    """Let a redemption on to the queue; another staff member fulfils it. Raises UnknownRedemption, WrongState."""
    opened = open_for(session, redemption_id, action="approve", now=now)
    return move(session, opened, action="approve", actor=actor, code_id=opened.redemption.code_id, now=now)


def claim(session: Session, redemption_id: UUID, *, actor: str, now: datetime) -> RedemptionRow:
    """Take a redemption in hand. Raises UnknownRedemption, WrongState, SecondStaffNeeded."""
    opened = open_for(session, redemption_id, action="claim", now=now)
    approved_by = session.execute(_APPROVED_BY, {"redemption_id": redemption_id}).scalar()
    if approved_by == actor:
        raise SecondStaffNeeded(redemption_id=redemption_id, approved_by=actor)
    code_id = opened.redemption.code_id
    return move(session, opened, action="claim", actor=actor, claimed_by=actor, code_id=code_id, now=now)


def release_claim(
    session: Session, redemption_id: UUID, *, actor: str, now: datetime, of_anybody: bool = False
) -> RedemptionRow:
    """Lay a claimed redemption back, one's own or (`of_anybody`, for managers) another's.

    Raises UnknownRedemption, WrongState, NotClaimedByYou.
    """
    opened = open_for(session, redemption_id, action="release", now=now)
    if not of_anybody:
        _check_claim(opened, actor=actor)
    return move(session, opened, action="release", actor=actor, code_id=opened.redemption.code_id, now=now)


def fulfil(
    session: Session,
    redemption_id: UUID,
    *,
    actor: str,
    keys: CodeKeys,
    today: date,
    now: datetime,
    code: str | None = None,
) -> RedemptionRow:
    """Issue a code, typed in or from the stock, and spend the points that were set aside.

    `today` is the community's: no code is issued after its last day. A typed-in code sends the reserved one back to
    the stock. Raises UnknownRedemption, WrongState, NotClaimedByYou, NoCodeInStock, BadCode, CodeDoubled.
    """
    opened = open_for(session, redemption_id, action="fulfil", now=now)
    _check_claim(opened, actor=actor)
    if code is None:
        code_id = _issue_from_stock(session, opened.redemption, today=today)
    else:
        code_id = _issue_typed(session, opened.redemption, code=code, keys=keys, now=now)
    if opened.redemption.hold_id is not None:
        hold_id = opened.redemption.hold_id
        capture_hold(session, opened.account, hold_id=hold_id, transfer_id=redemption_id, contra=CONTRA, now=now)
    return move(session, opened, action="fulfil", actor=actor, claimed_by=actor, code_id=code_id, now=now)


def reject(session: Session, redemption_id: UUID, *, actor: str, reason: str, now: datetime) -> RedemptionRow:
    """Refuse a redemption for a reason that the member is shown: points and stock go back.

    Raises ReasonNeeded, UnknownRedemption, WrongState, NotClaimedByYou.
    """
    if not reason.strip():
        raise ReasonNeeded
    opened = open_for(session, redemption_id, action="reject", now=now)
    if opened.redemption.claimed_by is not None:
        _check_claim(opened, actor=actor)
    release(session, opened, action="reject", now=now)
    claimed_by, clean = opened.redemption.claimed_by, reason.strip()
    return move(
        session, opened, action="reject", actor=actor, claimed_by=claimed_by, code_id=None, reason=clean, now=now
    )


def cancel(
    session: Session, redemption_id: UUID, *, account_id: UUID, now: datetime, actor: str = MEMBER
) -> RedemptionRow:
    """Give points and stock back as the member asks, until staff have claimed it.

    Raises UnknownRedemption (also when it is another member's), WrongState.
    """
    opened = open_for(session, redemption_id, action="cancel", now=now, account_id=account_id)
    release(session, opened, action="cancel", now=now)
    return move(session, opened, action="cancel", actor=actor, code_id=None, now=now)


def expire_waiting(session: Session, *, older_than: timedelta, limit: int, now: datetime) -> list[UUID]:
    """Expire up to `limit` redemptions that waited longer than `older_than`; points and stock go back.

    Never a prize: its winner does not pay for staff who are late. Answers which; call again while it answers `limit`.
    """
    overdue = {"states": list(WAITING), "before": now - older_than, "limit": limit}
    found = session.execute(_OVERDUE, overdue).all()
    accounts = lock_accounts(session, {row.account_id for row in found}, now=now)
    ids = [row.redemption_id for row in found]
    # By product, so that two that expire at once lock the products in one order.
    waiting = session.execute(_STILL_WAITING, {"ids": ids, "states": list(WAITING)}).all()
    for redemption in waiting:
        opened = Opened(redemption, accounts[redemption.account_id])
        accounts[redemption.account_id] = release(session, opened, action="expire", now=now)
        record(session, redemption, action="expire", actor=SYSTEM, code_id=None, now=now)
    tell(session, waiting, state="expired", now=now)
    return [redemption.redemption_id for redemption in waiting]


def _is_repeated(session: Session, redemption_id: UUID, *, accounts: Sequence[UUID], product_id: UUID) -> bool:
    first = read_redemption(session, redemption_id)
    if first is None:
        return False
    if first.account_id not in accounts or first.product_id != product_id:
        raise RedemptionIdTaken(redemption_id=redemption_id)
    return True


def _check_member(
    session: Session, account: AccountState, *, accounts: Sequence[UUID], product: ProductRow, periods: Periods
) -> None:
    if account.balance < 0:
        raise OwesPoints(owed=-account.balance)
    limit = product.details.limit
    if limit is not None:
        since = counts_since(limit, periods=periods)
        whose = {"accounts": list(accounts), "product_id": product.product_id}
        had = session.execute(_HAD, {**whose, "since": since, "given_back": list(GIVEN_BACK)}).scalar_one()
        if is_reached(limit, had=had):
            raise LimitReached(times=limit.times, period=limit.period, since=since)
    if account.available < product.details.price:
        raise NotEnoughPoints(available=account.available, needed=product.details.price)


def _check_claim(opened: Opened, *, actor: str) -> None:
    claimed_by = opened.redemption.claimed_by
    if claimed_by != actor:
        raise NotClaimedByYou(redemption_id=opened.redemption.redemption_id, claimed_by=claimed_by)


def _issue_from_stock(session: Session, redemption: Row[Any], *, today: date) -> UUID:
    reserved = redemption.code_id
    if reserved is not None and is_good(session, reserved, today=today):
        move_code(session, reserved, have="reserved", state="issued")
        return reserved
    if reserved is not None:
        # It lapsed while it waited: nobody is given a dead code.
        move_code(session, reserved, have="reserved", state="lapsed")
    fresh = first_to_lapse(session, redemption.product_id, today=today)
    if fresh is None:
        raise NoCodeInStock(product_id=redemption.product_id)
    move_code(session, fresh, have="available", state="issued")
    return fresh


def _issue_typed(session: Session, redemption: Row[Any], *, code: str, keys: CodeKeys, now: datetime) -> UUID:
    typed = store_typed(session, redemption.product_id, code=code, keys=keys, now=now)
    move_code(session, typed, have="available", state="issued")
    if redemption.code_id is not None:
        move_code(session, redemption.code_id, have="reserved", state="available")
    return typed
