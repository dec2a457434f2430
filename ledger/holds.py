"""Holds: points set aside for a redemption, resolved at most once under any race."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.accounts import write_accounts
from ledger.errors import HoldResolved, NotEnoughPoints, UnknownHold
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
_FIND = text("select points, state from hold where hold_id = :hold_id and account_id = :account_id")
_HISTORY = text("insert into hold_history (hold_id, state, recorded_at) values (:hold_id, :state, :now)")


def place_hold(
    session: Session, account: AccountState, *, hold_id: UUID, points: int, purpose: str, now: datetime
) -> AccountState:
    """Set `points` aside. The account must be locked. Raises NotEnoughPoints."""
    if account.available < points:
        raise NotEnoughPoints(available=account.available, needed=points)
    after = with_held(account, account.held + points)
    parameters = {
        "hold_id": hold_id,
        "account_id": account.account_id,
        "points": points,
        "purpose": purpose,
        "now": now,
    }
    session.execute(_INSERT, {**parameters, "available_after": after.available})
    session.execute(_HISTORY, {"hold_id": hold_id, "state": "placed", "now": now})
    write_accounts(session, [after])
    return after


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
    held = _placed(session, account, hold_id=hold_id)
    spent = held if points is None else points
    assert 0 < spent <= held, "a capture takes some or all of its hold"
    _resolve(session, account, hold_id=hold_id, state="captured", captured=spent, now=now)
    posting = Posting(points=-spent, kind="capture", contra=contra, transfer_id=transfer_id, occurred_at=now)
    after, entry = post(with_held(account, account.held - held), posting, now=now)
    write_accounts(session, [after], entries=[entry])
    return after, entry


def release_hold(
    session: Session,
    account: AccountState,
    *,
    hold_id: UUID,
    now: datetime,
    state: Literal["released", "expired"] = "released",
) -> AccountState:
    """Give back what was set aside. The account must be locked. Raises HoldResolved, UnknownHold."""
    held = _placed(session, account, hold_id=hold_id)
    _resolve(session, account, hold_id=hold_id, state=state, captured=0, now=now)
    after = with_held(account, account.held - held)
    write_accounts(session, [after])
    return after


def _placed(session: Session, account: AccountState, *, hold_id: UUID) -> int:
    hold = session.execute(_FIND, {"hold_id": hold_id, "account_id": account.account_id}).one_or_none()
    if hold is None:
        raise UnknownHold(hold_id=hold_id)
    if hold.state != "placed":
        raise HoldResolved(hold_id=hold_id, state=hold.state)
    return hold.points


def _resolve(
    session: Session, account: AccountState, *, hold_id: UUID, state: str, captured: int, now: datetime
) -> None:
    parameters = {"hold_id": hold_id, "account_id": account.account_id, "state": state, "captured": captured}
    resolved = session.execute(_RESOLVE, parameters).one_or_none()
    assert resolved is not None, "the account's lock keeps its holds from being resolved meanwhile"
    session.execute(_HISTORY, {"hold_id": hold_id, "state": state, "now": now})
