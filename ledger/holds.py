"""Holds: points set aside for a redemption, resolved at most once under any race.

A hold takes points that lapse first; while it is open they don't, and what comes back goes into its lots again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.accounts import with_lots, write_accounts
from ledger.errors import HoldResolved, NotEnoughPoints, UnknownHold
from ledger.lot_rows import read_held, read_open_lots, write_lots
from ledger.lots import Cause, resolve_hold, take_hold
from ledger.postings import AccountState, EntryRow, Posting, post, with_held

_INSERT = text(
    "insert into hold (hold_id, account_id, points, state, purpose, available_after, placed_at)"
    " values (:hold_id, :account_id, :points, 'placed', :purpose, :available_after, :now)"
)
_RESOLVE = text(
    "update hold set state = :state, captured = :captured where hold_id = :hold_id and account_id ="
    " :account_id and state = 'placed'"
    " returning points"
)
_FIND = text(
    "select points, state, exists (select from lot_use u where u.hold_id = h.hold_id) as has_lots from hold h"
    " where hold_id = :hold_id and account_id = :account_id"
)
_HISTORY = text("insert into hold_history (hold_id, state, recorded_at) values (:hold_id, :state, :now)")


def place_hold(
    session: Session, account: AccountState, *, hold_id: UUID, points: int, purpose: str, now: datetime
) -> AccountState:
    """Set `points` aside. The account must be locked. Raises NotEnoughPoints."""
    if account.available < points:
        raise NotEnoughPoints(available=account.available, needed=points)
    after = with_held(account, account.held + points, now=now)
    parameters = {
        "hold_id": hold_id,
        "account_id": account.account_id,
        "points": points,
        "purpose": purpose,
        "now": after.recorded_at,
    }
    session.execute(_INSERT, {**parameters, "available_after": after.available})
    session.execute(_HISTORY, {"hold_id": hold_id, "state": "placed", "now": after.recorded_at})
    if account.lapsing:
        cause = Cause(account.account_id, None, hold_id, max(now, account.recorded_at))
        outcome = take_hold(read_open_lots(session, [account.account_id]), points, cause=cause)
        write_lots(session, outcome)
        (after,) = with_lots([after], outcome)
    (written,) = write_accounts(session, [after])
    return written


def capture_hold(
    session: Session,
    account: AccountState,
    *,
    hold_id: UUID,
    transfer_id: UUID,
    contra: str,
    now: datetime,
    points: int | None = None,
) -> tuple[AccountState, EntryRow]:
    """Spend what was set aside (`points` of it; the rest is released with it). The account must be locked.

    Raises HoldResolved, UnknownHold.
    """
    hold = _placed(session, account, hold_id=hold_id)
    spent = hold.points if points is None else points
    assert 0 < spent <= hold.points, "a capture takes some or all of its hold"
    free = _resolve(session, account, hold=hold, state="captured", captured=spent, now=now)
    posting = Posting(points=-spent, kind="capture", contra=contra, transfer_id=transfer_id, occurred_at=now)
    after, entry = post(free, posting, now=now)
    (written,) = write_accounts(session, [after], entries=[entry])
    return written, entry


def release_hold(
    session: Session,
    account: AccountState,
    *,
    hold_id: UUID,
    now: datetime,
    state: Literal["released", "expired"] = "released",
) -> AccountState:
    """Give back what was set aside. The account must be locked. Raises HoldResolved, UnknownHold."""
    hold = _placed(session, account, hold_id=hold_id)
    free = _resolve(session, account, hold=hold, state=state, captured=0, now=now)
    (written,) = write_accounts(session, [free])
    return written


@dataclass(frozen=True, slots=True)
class _Hold:
    """A hold that is open; `has_lots` where it took points that lapse."""

    hold_id: UUID
    points: int
    has_lots: bool


def _placed(session: Session, account: AccountState, *, hold_id: UUID) -> _Hold:
    hold = session.execute(_FIND, {"hold_id": hold_id, "account_id": account.account_id}).one_or_none()
    if hold is None:
        raise UnknownHold(hold_id=hold_id)
    if hold.state != "placed":
        raise HoldResolved(hold_id=hold_id, state=hold.state)
    return _Hold(hold_id, hold.points, hold.has_lots)


def _resolve(
    session: Session, account: AccountState, *, hold: _Hold, state: str, captured: int, now: datetime
) -> AccountState:
    """The account without what was set aside, `captured` points of which are about to be taken."""
    parameters = {"hold_id": hold.hold_id, "account_id": account.account_id, "state": state, "captured": captured}
    resolved = session.execute(_RESOLVE, parameters).one_or_none()
    assert resolved is not None, "the account's lock keeps its holds from being resolved meanwhile"
    free = with_held(account, account.held - hold.points, now=now)
    session.execute(_HISTORY, {"hold_id": hold.hold_id, "state": state, "now": free.recorded_at})
    if not hold.has_lots:
        return free
    cause = Cause(account.account_id, None, hold.hold_id, max(now, account.recorded_at))
    owed = max(0, -account.available)
    outcome = resolve_hold(read_held(session, hold.hold_id), spent=captured, owed=owed, cause=cause)
    write_lots(session, outcome)
    (back,) = with_lots([free], outcome)
    return back
