"""Reading redemptions: the staff's queue, a member's own, one with its history. Takes no locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from market.errors import UnknownRedemption
from market.states import OPEN, State


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionRow:
    """A redemption with what its product is called. `owes`: points that its member is short of beside what is held."""

    redemption_id: UUID
    account_id: UUID
    product_id: UUID
    product_key: str
    product_name_ko: str
    product_name_en: str
    face_value: int
    currency: str
    origin: str
    points: int
    state: State
    claimed_by: str | None
    code_in_hand: bool
    owes: int
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A step of a redemption's history; the reason may have been erased."""

    action: str
    state: str
    actor: str
    reason: str | None
    recorded_at: datetime


class Cursor(NamedTuple):
    """The last redemption of a page: the next page goes on behind it."""

    requested_at: datetime
    redemption_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which redemptions the queue shows; none of the others filters when it is none.

    `account_ids` are those of any of these members, `since` and `until` bound when it was requested: [since, until).
    """

    states: tuple[State, ...] = OPEN
    product_id: UUID | None = None
    origin: str | None = None
    account_id: UUID | None = None
    account_ids: tuple[UUID, ...] | None = None
    claimed_by: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueueTotals:
    """How many are open by state, and when the oldest of them was requested."""

    requested: int
    awaiting_approval: int
    claimed: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many wait, are in the reader's own hand, in anybody's, and wait for approval; since when the oldest waits."""

    waiting: int
    mine: int
    in_hand: int
    to_approve: int
    oldest_at: datetime | None


_SELECT = (
    "select r.redemption_id, r.account_id, r.product_id, p.key as product_key, p.name_ko as product_name_ko,"
    " p.name_en as product_name_en, p.face_value, p.currency, r.origin, r.points, r.state, r.claimed_by,"
    " r.code_id is not null as code_in_hand, greatest(0, a.held - a.balance) as owes, r.requested_at"
    " from redemption r join product p using (product_id) join account a using (account_id)"
)
_FIND = text(f"{_SELECT} where r.redemption_id = :redemption_id")
_WANTED = (
    " where r.state = any(cast(:states as text[]))"
    " and (cast(:product_id as uuid) is null or r.product_id = cast(:product_id as uuid))"
    " and (cast(:origin as text) is null or r.origin = cast(:origin as text))"
    " and (cast(:account_id as uuid) is null or r.account_id = cast(:account_id as uuid))"
    " and (cast(:account_ids as uuid[]) is null or r.account_id = any(cast(:account_ids as uuid[])))"
    " and (cast(:claimed_by as text) is null or r.claimed_by = cast(:claimed_by as text))"
    " and (cast(:since as timestamptz) is null or r.requested_at >= cast(:since as timestamptz))"
    " and (cast(:until as timestamptz) is null or r.requested_at < cast(:until as timestamptz))"
)
_QUEUE = text(
    f"{_SELECT}{_WANTED}"
    " and (r.requested_at, r.redemption_id) > (coalesce(cast(:after_at as timestamptz), '-infinity'),"
    " coalesce(cast(:after_id as uuid), '00000000-0000-0000-0000-000000000000'))"
    " order by r.requested_at, r.redemption_id limit :limit"
)
_NEWEST = text(
    f"{_SELECT}{_WANTED}"
    " and (r.requested_at, r.redemption_id) < (coalesce(cast(:after_at as timestamptz), 'infinity'),"
    " coalesce(cast(:after_id as uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff'))"
    " order by r.requested_at desc, r.redemption_id desc limit :limit"
)
_NEXT = text(
    f"select r.redemption_id from redemption r{_WANTED} and not exists (select from redemption_history h"
    " where h.redemption_id = r.redemption_id and h.action = 'approve' and h.actor = :actor)"
    " order by r.requested_at, r.redemption_id limit 1"
)
_COUNTS = text(
    "select count(*) filter (where state = 'requested') as waiting,"
    " count(*) filter (where state = 'claimed' and claimed_by = :actor) as mine,"
    " count(*) filter (where state = 'claimed') as in_hand,"
    " count(*) filter (where state = 'awaiting_approval') as to_approve,"
    " min(requested_at) filter (where state = 'requested') as oldest_at"
    f" from redemption r{_WANTED}"
)
_CLOSED = text(f"select count(*) from (select from redemption r{_WANTED} limit :limit) as closed")
_OF_MEMBER = text(
    f"{_SELECT} where r.account_id = any(cast(:accounts as uuid[]))"
    " and (r.requested_at, r.redemption_id) < (coalesce(cast(:before_at as timestamptz), 'infinity'),"
    " coalesce(cast(:before_id as uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff'))"
    " order by r.requested_at desc, r.redemption_id desc limit :limit"
)
_HISTORY = text(
    "select action, state, actor, reason, recorded_at from redemption_history"
    " left join redemption_reason using (step) where redemption_id = :redemption_id order by step"
)
_POSITION = text(
    "select count(*) from redemption o, redemption r where r.redemption_id = :redemption_id"
    " and r.state = any(cast(:states as text[])) and o.state = any(cast(:states as text[]))"
    " and (o.requested_at, o.redemption_id) <= (r.requested_at, r.redemption_id)"
)
_TOTALS = text(
    "select count(*) filter (where state = 'requested') as requested,"
    " count(*) filter (where state = 'awaiting_approval') as awaiting_approval,"
    " count(*) filter (where state = 'claimed') as claimed, min(requested_at) as oldest_at"
    " from redemption where state = any(cast(:states as text[]))"
)


def find_redemption(session: Session, redemption_id: UUID) -> RedemptionRow:
    """The redemption as it stands. Raises UnknownRedemption."""
    row = session.execute(_FIND, {"redemption_id": redemption_id}).one_or_none()
    if row is None:
        raise UnknownRedemption(redemption_id=redemption_id)
    return _redemption(row)


def read_queue(
    session: Session,
    *,
    limit: int,
    only: QueueFilter = QueueFilter(),
    after: Cursor | None = None,
    newest_first: bool = False,
) -> list[RedemptionRow]:
    """A page of the queue, oldest first unless asked otherwise; rows that arrive meanwhile come at its end."""
    place = {"after_at": after and after.requested_at, "after_id": after and after.redemption_id, "limit": limit}
    rows = session.execute(_NEWEST if newest_first else _QUEUE, _wanted(only) | place)
    return [_redemption(row) for row in rows]


def next_waiting(session: Session, *, actor: str, only: QueueFilter = QueueFilter()) -> UUID | None:
    """The oldest that waits for anybody, and that `actor` has not approved; of `only`, whose states don't matter."""
    wanted = _wanted(only) | {"states": ["requested"], "claimed_by": None}
    return session.execute(_NEXT, wanted | {"actor": actor}).scalar()


def count_queue(session: Session, *, actor: str, only: QueueFilter = QueueFilter()) -> QueueCounts:
    """How many of `only`, whose states don't matter, are open: for all and for `actor`."""
    wanted = _wanted(only) | {"states": list(OPEN), "claimed_by": None, "actor": actor}
    return QueueCounts(*session.execute(_COUNTS, wanted).one())


def count_redemptions(session: Session, *, only: QueueFilter, at_most: int) -> int:
    """How many there are, counted no further than `at_most`."""
    return session.execute(_CLOSED, _wanted(only) | {"limit": at_most}).scalar_one()


def _wanted(only: QueueFilter) -> dict[str, Any]:
    return {
        "states": list(only.states),
        "product_id": only.product_id,
        "origin": only.origin,
        "account_id": only.account_id,
        "account_ids": None if only.account_ids is None else list(only.account_ids),
        "claimed_by": only.claimed_by,
        "since": only.since,
        "until": only.until,
    }


def redemptions_of(
    session: Session, accounts: Sequence[UUID], *, limit: int, before: Cursor | None = None
) -> list[RedemptionRow]:
    """A page of the redemptions of all accounts that are one member's, newest first."""
    parameters = {
        "accounts": list(accounts),
        "before_at": before and before.requested_at,
        "before_id": before and before.redemption_id,
    }
    return [_redemption(row) for row in session.execute(_OF_MEMBER, {**parameters, "limit": limit})]


def cursor_of(redemption: RedemptionRow) -> Cursor:
    """The cursor that stands at this redemption."""
    return Cursor(redemption.requested_at, redemption.redemption_id)


def history_of(session: Session, redemption_id: UUID) -> list[Line]:
    """Every step of the redemption, in their order."""
    rows = session.execute(_HISTORY, {"redemption_id": redemption_id})
    return [Line(row.action, row.state, row.actor, row.reason, row.recorded_at) for row in rows]


def position_in_queue(session: Session, redemption_id: UUID) -> int | None:
    """1 for the oldest open redemption, and so on; none for one that is not open."""
    return session.execute(_POSITION, {"redemption_id": redemption_id, "states": list(OPEN)}).scalar_one() or None


def queue_totals(session: Session) -> QueueTotals:
    """What waits for staff."""
    row = session.execute(_TOTALS, {"states": list(OPEN)}).one()
    return QueueTotals(row.requested, row.awaiting_approval, row.claimed, row.oldest_at)


def _redemption(row: Row[Any]) -> RedemptionRow:
    return RedemptionRow(**row._mapping)  # noqa: SLF001 -- SQLAlchemy's own name for a row as a mapping
