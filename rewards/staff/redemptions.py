"""What staff do with redemptions: take them in hand, send them out, refuse them; and pass prizes on."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from market import codes, redemptions
from market.codes import CodeKeys, ReadCode
from market.queue import QueueFilter, RedemptionRow, find_redemption, next_waiting
from rewards.access.audit import note
from rewards.access.scopes import Caller
from rewards.settlement import pass_prize_on

BULK_MAX = 100
"""How many may be fulfilled by one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """Somebody of the staff at work, what they may do, and what they work with. `today` is the community's."""

    caller: Caller
    keys: CodeKeys = field(repr=False)
    today: date
    now: datetime

    @property
    def actor(self) -> str:
        """How histories name them."""
        return self.caller.actor


def claim(session: Session, redemption_id: UUID, *, by: AtWork) -> RedemptionRow:
    """Take a redemption in hand. Raises UnknownRedemption, WrongState, SecondStaffNeeded."""
    return redemptions.claim(session, redemption_id, actor=by.actor, now=by.now)


def claim_next(session: Session, *, by: AtWork, only: QueueFilter) -> RedemptionRow | None:
    """Take the oldest in hand that waits for anybody; none if nothing waits.

    Raises WrongState where somebody else was faster: run it again in a new transaction, so that no account stays
    locked while another's is waited for.
    """
    found = next_waiting(session, actor=by.actor, only=only)
    return None if found is None else claim(session, found, by=by)


def release(session: Session, redemption_id: UUID, *, by: AtWork) -> RedemptionRow:
    """Lay a claimed redemption back: one's own, or as a manager anybody's.

    Raises UnknownRedemption, WrongState, NotClaimedByYou.
    """
    of_anybody = "staff:manage" in by.caller.scopes
    return redemptions.release_claim(session, redemption_id, actor=by.actor, now=by.now, of_anybody=of_anybody)


def approve(session: Session, redemption_id: UUID, *, by: AtWork) -> RedemptionRow:
    """Let a redemption on to the queue; somebody else fulfils it. Raises UnknownRedemption, WrongState."""
    return redemptions.approve(session, redemption_id, actor=by.actor, now=by.now)


def fulfil(session: Session, redemption_id: UUID, *, by: AtWork, code: str | None = None) -> RedemptionRow:
    """Issue the code of a redemption in hand, typed in or from stock, and spend the points that were set aside.

    Raises UnknownRedemption, WrongState, NotClaimedByYou, NoCodeInStock, BadCode, CodeDoubled.
    """
    return redemptions.fulfil(
        session, redemption_id, actor=by.actor, keys=by.keys, today=by.today, now=by.now, code=code
    )


def fulfil_at_once(session: Session, redemption_id: UUID, *, by: AtWork, code: str | None = None) -> RedemptionRow:
    """Fulfil it, and take it in hand first where nobody has. Raises what `claim` and `fulfil` raise."""
    if find_redemption(session, redemption_id).state == "requested":
        claim(session, redemption_id, by=by)
    return fulfil(session, redemption_id, by=by, code=code)


def reject(session: Session, redemption_id: UUID, *, reason: str, by: AtWork) -> RedemptionRow:
    """Refuse it for a reason that the member is shown: points and stock go back.

    Raises ReasonNeeded, UnknownRedemption, WrongState, NotClaimedByYou.
    """
    return redemptions.reject(session, redemption_id, actor=by.actor, reason=reason, now=by.now)


def pass_on(session: Session, redemption_id: UUID, *, by: AtWork) -> RedemptionRow | None:
    """Give a prize that came back to the next in the standing who has none; none if nobody is left.

    In a transaction after the one that rejected it. Raises PrizeNotReturned.
    """
    prize = pass_prize_on(session, redemption_id, today=by.today, now=by.now)
    if prize is None:
        return None
    detail = {"season": prize.season_id, "place": prize.place, "redemption": prize.redemption_id}
    note(
        session, actor=by.actor, action="prize.pass-on", about=f"redemption:{redemption_id}", detail=detail, now=by.now
    )
    return find_redemption(session, prize.redemption_id)


def read_code(session: Session, redemption_id: UUID, *, reason: str, by: AtWork) -> ReadCode:
    """The issued code in the clear; who read it, when and why is kept for ever.

    Raises ReasonNeeded, UnknownRedemption, WrongState, CodeUnreadable.
    """
    return codes.read_code(session, redemption_id, keys=by.keys, actor=by.actor, reason=reason, now=by.now)
