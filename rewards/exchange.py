"""What a member does in the market, the same for the API and the pages. The caller commits.

`member_id` says who acts; where it may be none, the forum's backend acts for all of its members.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.codes import CodeKeys, ReadCode, read_code, read_own_code
from market.errors import UnknownRedemption
from market.limits import LimitPeriod, Periods
from market.products import find_product_by_key
from market.queue import RedemptionRow, find_redemption
from market.redemptions import cancel, request
from market.states import GIVEN_BACK
from market.steps import read_redemption
from rewards.errors import MemberSuspended, RewardsError
from rewards.members.accounts import OF_MEMBER, accounts_of
from rewards.members.ensure import lock_member, read_members
from rewards.ranking.seasons import Calendar

SHOWN_BY_FORUM = "shown to its owner by the forum"

_HAD = text(
    "select product_id, count(*) as ever, count(*) filter (where requested_at >= :day) as day,"
    " count(*) filter (where requested_at >= :week) as week, count(*) filter (where requested_at >= :month) as month"
    f" from redemption where {OF_MEMBER} and origin = 'market'"
    " and state <> all(cast(:given_back as text[])) group by product_id"
)


@dataclass(eq=False)
class PriceChanged(RewardsError):
    """The product costs `price` now, not what the member was shown. Raised instead of setting more points aside."""

    shown: int
    price: int


@dataclass(frozen=True, slots=True)
class Redeemed:
    """The redemption; `repeated` if it was there before and nothing was done now."""

    redemption: RedemptionRow
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Had:
    """How many of a product a member has had in the present periods, without those that were given back."""

    day: int = 0
    week: int = 0
    month: int = 0
    ever: int = 0

    def within(self, period: LimitPeriod) -> int:
        """How many count towards a limit of that period."""
        return {"day": self.day, "week": self.week, "month": self.month, "ever": self.ever}[period]


def redeem(
    session: Session,
    *,
    redemption_id: UUID,
    member_id: str,
    product: UUID | str,
    periods: Periods,
    actor: str,
    now: datetime,
    price_shown: int | None = None,
) -> Redeemed:
    """Exchange points for a product, named by its id or its key; the same redemption again changes nothing.

    Raises UnknownThing, UnknownProduct, MemberSuspended, whatever `market.redemptions.request` refuses, MemberMoved
    (roll back, run it again), and PriceChanged where the caller says which price the member was shown and it is another
    by now: roll back then.
    """
    # Under the lock, since staff may suspend, merge or erase the member at this very moment.
    member, _ = lock_member(session, member_id, now=now)
    if member.suspended_at is not None:
        raise MemberSuspended(member_id=member.member_id, since=member.suspended_at)
    repeated = read_redemption(session, redemption_id) is not None
    row = request(
        session,
        redemption_id=redemption_id,
        account_id=member.account_id,
        merged=member.merged,
        product_id=_product_id(session, product, today=periods.today),
        periods=periods,
        now=now,
        actor=actor,
    )
    if price_shown is not None and not repeated and row.points != price_shown:
        raise PriceChanged(shown=price_shown, price=row.points)
    return Redeemed(row, repeated)


def own_redemption(session: Session, redemption_id: UUID, *, member_id: str | None) -> RedemptionRow:
    """The redemption, if it is the member's. Raises UnknownRedemption (also when it is another member's)."""
    row = find_redemption(session, redemption_id)
    if member_id is not None:
        member = read_members(session, [member_id]).get(member_id)
        if member is None or row.account_id not in member.accounts:
            raise UnknownRedemption(redemption_id=redemption_id)
    return row


def cancel_own(
    session: Session, redemption_id: UUID, *, member_id: str | None, actor: str, now: datetime
) -> RedemptionRow:
    """Give points and stock back until staff have claimed it. Raises UnknownRedemption (roll back), WrongState."""
    owned = own_redemption(session, redemption_id, member_id=member_id)
    cancelled = cancel(session, redemption_id, account_id=owned.account_id, actor=actor, now=now)
    # Again, now that the account is locked: whoever was erased meanwhile has no redemption any more.
    own_redemption(session, redemption_id, member_id=member_id)
    return cancelled


def show_code(session: Session, redemption_id: UUID, *, member_id: str, keys: CodeKeys, now: datetime) -> ReadCode:
    """Show a member the own code; the reading is noted.

    Raises UnknownThing, UnknownRedemption (also when it is another member's), WrongState, CodeUnreadable.
    """
    owner = _owner_of(session, redemption_id, member_id=member_id)
    return read_own_code(session, redemption_id, account_id=owner, keys=keys, now=now)


def pass_code_on(
    session: Session, redemption_id: UUID, *, member_id: str, keys: CodeKeys, actor: str, now: datetime
) -> ReadCode:
    """Give the forum's backend (`actor`) a member's code to show; that is noted. Raises as `show_code`."""
    _owner_of(session, redemption_id, member_id=member_id)
    return read_code(session, redemption_id, keys=keys, actor=actor, reason=SHOWN_BY_FORUM, now=now)


def had_by(session: Session, account_id: UUID, *, periods: Periods) -> dict[UUID, Had]:
    """How many of each product a member has had, as limits count them."""
    since: dict[str, Any] = {"day": periods.day, "week": periods.week, "month": periods.month}
    rows = session.execute(_HAD, {**since, "account_id": account_id, "given_back": list(GIVEN_BACK)})
    return {row.product_id: Had(day=row.day, week=row.week, month=row.month, ever=row.ever) for row in rows}


def periods_on(today: date, *, calendar: Calendar) -> Periods:
    """The periods of limits that hold a community day."""
    return Periods(
        today=today,
        day=calendar.day_start(today),
        week=calendar.day_start(calendar.week_of(today)),
        month=calendar.month_bounds(today)[0],
    )


def period_ends(period: LimitPeriod, *, today: date, calendar: Calendar) -> date | None:
    """The first community day after the period that holds `today`, on which its limit begins anew; none for ever."""
    if period == "day":
        return today + timedelta(days=1)
    if period == "week":
        return calendar.week_of(today) + timedelta(weeks=1)
    return calendar.day_of(calendar.month_bounds(today)[1]) if period == "month" else None


def _owner_of(session: Session, redemption_id: UUID, *, member_id: str) -> UUID:
    """The account on which a member's redemption lies. Raises UnknownThing, and UnknownRedemption if another has it."""
    accounts, owner = accounts_of(session, member_id), find_redemption(session, redemption_id).account_id
    if owner not in accounts:
        raise UnknownRedemption(redemption_id=redemption_id)
    return owner


def _product_id(session: Session, named: UUID | str, *, today: date) -> UUID:
    return named if isinstance(named, UUID) else find_product_by_key(session, named, today=today).product_id
