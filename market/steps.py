"""A redemption's steps as they are written: its member's account locked, the state moved, a line of history, a notice.

So of steps that race exactly one wins, and the others are told the state that they found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ledger.accounts import lock_accounts
from ledger.holds import release_hold
from ledger.outbox import Notice, emit
from ledger.postings import AccountState
from market.errors import UnknownRedemption, WrongState
from market.queue import RedemptionRow, find_redemption
from market.states import BEGIN, STEPS, Action, target_of
from market.stock import put_back

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Opened:
    """A redemption under the lock of its member's account."""

    redemption: Row[Any]
    account: AccountState


COLUMNS = "redemption_id, account_id, product_id, hold_id, origin, state, claimed_by, code_id"
_READ = text(f"select {COLUMNS} from redemption where redemption_id = :redemption_id")
_INSERT = text(
    "insert into redemption"
    " (redemption_id, account_id, product_id, hold_id, origin, points, state, code_id, requested_at) values"
    " (:redemption_id, :account_id, :product_id, :hold_id, :origin, :points, :state, :code_id, :now)"
)
_MOVE = text(
    "update redemption set state = :state, claimed_by = :claimed_by, code_id = :code_id"
    " where redemption_id = :redemption_id and state = :have returning redemption_id"
)
_HISTORY = text(
    "insert into redemption_history (redemption_id, action, state, actor, recorded_at)"
    " values (:redemption_id, :action, :state, :actor, :now) returning step"
)
_REASON = text("insert into redemption_reason (step, reason) values (:step, :reason)")


def read_redemption(session: Session, redemption_id: UUID) -> Row[Any] | None:
    """The stored row, without a lock."""
    return session.execute(_READ, {"redemption_id": redemption_id}).one_or_none()


def begin(
    session: Session, values: Mapping[str, Any], *, needs_approval: bool, actor: str, now: datetime
) -> RedemptionRow:
    """Write a new redemption, which waits for approval first where its product says so."""
    redemption_id = values["redemption_id"]
    session.execute(_INSERT, {**values, "state": BEGIN, "now": now})
    line = {"redemption_id": redemption_id, "action": "request", "state": BEGIN, "actor": actor, "now": now}
    session.execute(_HISTORY, line)
    begun = session.execute(_READ, {"redemption_id": redemption_id}).one()
    if needs_approval:
        record(session, begun, action="ask_approval", actor=SYSTEM, code_id=begun.code_id, now=now)
    tell(session, [begun], state=STEPS["ask_approval"].target if needs_approval else BEGIN, now=now)
    return find_redemption(session, redemption_id)


def open_for(
    session: Session, redemption_id: UUID, *, action: Action, now: datetime, account_id: UUID | None = None
) -> Opened:
    """Lock the account (of that member only, when given), then look at the redemption.

    Raises UnknownRedemption, and WrongState where the action may not be taken.
    """
    first = read_redemption(session, redemption_id)
    if first is None or account_id not in (None, first.account_id):
        raise UnknownRedemption(redemption_id=redemption_id)
    account = lock_accounts(session, [first.account_id], now=now)[first.account_id]
    redemption = session.execute(_READ, {"redemption_id": redemption_id}).one()
    if target_of(redemption.state, action) is None:
        raise WrongState(redemption_id=redemption_id, have=redemption.state, wanted=STEPS[action].sources)
    return Opened(redemption, account)


def move(
    session: Session,
    opened: Opened,
    *,
    action: Action,
    actor: str,
    code_id: UUID | None,
    now: datetime,
    claimed_by: str | None = None,
    reason: str | None = None,
) -> RedemptionRow:
    """Take the step, and tell of it."""
    redemption = opened.redemption
    line = {"action": action, "actor": actor, "reason": reason}
    record(session, redemption, **line, claimed_by=claimed_by, code_id=code_id, now=now)
    tell(session, [redemption], state=STEPS[action].target, now=now)
    return find_redemption(session, redemption.redemption_id)


def record(
    session: Session,
    redemption: Row[Any],
    *,
    action: Action,
    actor: str,
    code_id: UUID | None,
    now: datetime,
    claimed_by: str | None = None,
    reason: str | None = None,
) -> None:
    """Move the redemption and write its line of history. Its account must be locked."""
    ids = {"redemption_id": redemption.redemption_id, "state": STEPS[action].target}
    changes = {"have": redemption.state, "claimed_by": claimed_by, "code_id": code_id}
    moved = session.execute(_MOVE, ids | changes).first()
    assert moved is not None, "the account's lock keeps its redemptions from moving meanwhile"
    step = session.execute(_HISTORY, ids | {"action": action, "actor": actor, "now": now}).scalar_one()
    if reason is not None:
        session.execute(_REASON, {"step": step, "reason": reason})


def release(session: Session, opened: Opened, *, action: Action, now: datetime) -> AccountState:
    """Give points and stock back; a prize has taken neither. Answers the account after it."""
    redemption = opened.redemption
    if redemption.hold_id is None:
        return opened.account
    state: Literal["expired", "released"] = "expired" if action == "expire" else "released"
    account = release_hold(session, opened.account, hold_id=redemption.hold_id, state=state, now=now)
    put_back(session, product_id=redemption.product_id, code_id=redemption.code_id)
    return account


def tell(session: Session, redemptions: Sequence[Row[Any]], *, state: str, now: datetime) -> None:
    """Write a notice for each redemption that came into `state`."""
    notices = [
        Notice("redemption", row.account_id, {"redemption_id": str(row.redemption_id), "state": state})
        for row in redemptions
    ]
    emit(session, notices, now=now)
