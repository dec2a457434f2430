"""A member's statement: entries newest first, as written or as they occurred."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rewards.members.accounts import OF_MEMBER
from rewards.members.moments import DECISIONS_BETWEEN

_LINES = (
    "select e.seq, e.points, e.kind, e.contra, e.transfer_id, e.balance_after, e.held_after, e.occurred_at,"
    " e.recorded_at, e.season, e.month, e.reverses, e.award_seq, n.note from entry e"
    " left join entry_note n using (account_id, seq) where e.account_id = :account_id"
)
_NOT_JOINED = " and (e.kind <> 'merge' or not :joined)"
_PAGE = text(f"{_LINES} and e.seq < :before{_NOT_JOINED} order by e.seq desc limit :limit")
_OCCURRED = text(
    f"{_LINES} and (e.occurred_at, e.seq) < (cast(:before_at as timestamptz), cast(:before_seq as bigint))"
    f" and (cast(:sign as int) is null or sign(e.points) = cast(:sign as int)){_NOT_JOINED}"
    " order by e.occurred_at desc, e.seq desc limit :limit"
)
_SINCE = text(
    "select width_bucket(occurred_at, cast(:instants as timestamptz[])) as instant, sum(points) as points from entry"
    f" where {OF_MEMBER} and occurred_at >= :first group by 1"
)
_EVENTS = text(
    f"{DECISIONS_BETWEEN} select transfer_id, source, event_id, type, subject from decision"
    " where transfer_id = any(cast(:transfers as uuid[]))"
)
NEWEST = 2**62


class EventName(NamedTuple):
    """The event that an entry comes from."""

    source: str
    id: str
    type: str
    subject: str | None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """An entry as its member sees it; `event` where one caused it, `note` where staff wrote one.

    `seq` counts on `account_id`, which may be that of somebody who was merged into the member.
    """

    seq: int
    points: int
    kind: str
    contra: str
    transfer_id: UUID
    balance_after: int
    held_after: int
    occurred_at: datetime
    recorded_at: datetime
    season: date | None
    month: date | None
    reverses: int | None
    award_seq: int | None
    note: str | None
    event: EventName | None
    account_id: UUID


class Occurred(NamedTuple):
    """Where a statement in the order of what occurred goes on: behind this entry. Its time is aware.

    `rank`: of which of the member's accounts the entry is.
    """

    at: datetime
    seq: int
    rank: int = 0


def statement(
    session: Session, account_id: UUID, *, limit: int, before: int = NEWEST, joined: bool = False
) -> list[StatementLine]:
    """A page of an account's entries, newest first, from before a `seq` on.

    `joined` leaves out those of kind `merge`: for a statement over all accounts of a member.
    """
    found = session.execute(_PAGE, _after(account_id, limit, before=before, joined=joined))
    return _lines(session, found.all(), account_id=account_id)


def statement_as_it_occurred(
    session: Session,
    account_id: UUID,
    *,
    limit: int,
    before: Occurred | None = None,
    only: Literal["earned", "spent"] | None = None,
    joined: bool = False,
) -> list[StatementLine]:
    """A page of entries in the order in which they occurred, the latest first: late ones lie in the day they are of.

    `joined` as for `statement`.
    """
    at, seq, _ = before or Occurred(datetime.max.replace(tzinfo=UTC), NEWEST)
    sign = {"earned": 1, "spent": -1, None: None}[only]
    parameters = _after(account_id, limit, before_at=at, before_seq=seq, sign=sign, joined=joined)
    return _lines(session, session.execute(_OCCURRED, parameters).all(), account_id=account_id)


def points_since(session: Session, account_id: UUID, *, instants: Iterable[datetime]) -> dict[datetime, int]:
    """For each instant, the sum of all points that occurred at it or later: the balance less it is what was before.

    Of all accounts of the member whose present one is given.
    """
    wanted = sorted(set(instants))
    if not wanted:
        return {}
    rows = session.execute(_SINCE, {"account_id": account_id, "instants": wanted, "first": wanted[0]})
    between = {row.instant: int(row.points) for row in rows}  # from the n-th instant to before the next
    later, since = 0, dict[datetime, int]()
    for number in range(len(wanted), 0, -1):
        later = since[wanted[number - 1]] = later + between.get(number, 0)
    return since


def _after(account_id: UUID, limit: int, **place: object) -> dict[str, object]:
    return {"account_id": account_id, "limit": limit, **place}


def _lines(session: Session, rows: Sequence[Row[Any]], *, account_id: UUID) -> list[StatementLine]:
    if not rows:
        return []
    events = _events(session, account_id, rows=rows)
    return [StatementLine(*row, event=events.get(row.transfer_id), account_id=account_id) for row in rows]


def _events(session: Session, account_id: UUID, *, rows: Sequence[Row[Any]]) -> dict[UUID, EventName]:
    times = [row.recorded_at for row in rows]
    transfers = [row.transfer_id for row in rows]
    parameters = {"account_id": account_id, "transfers": transfers, "since": min(times), "until": max(times)}
    found = session.execute(_EVENTS, parameters)
    return {row.transfer_id: EventName(row.source, row.event_id, row.type, row.subject) for row in found}
