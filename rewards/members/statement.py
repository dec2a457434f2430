"""A member's statement: entries newest first, and the balance of any moment."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

_PAGE = text(
    "select e.seq, e.points, e.kind, e.contra, e.transfer_id, e.balance_after, e.held_after, e.occurred_at,"
    " e.recorded_at, e.season, e.month, e.reverses, n.note from entry e"
    " left join entry_note n using (account_id, seq)"
    " where e.account_id = :account_id and e.seq < :before order by e.seq desc limit :limit"
)
_EVENTS = text(
    "select transfer_id, source, event_id, type, subject from event where account_id = :account_id"
    " and seq is not null and seq >= :least and transfer_id = any(cast(:transfers as uuid[]))"
)
_AT = text(
    "select balance_after from entry where account_id = :account_id and recorded_at <= :at order by seq desc limit 1"
)
_HELD_AT = text(
    "select coalesce(sum(h.points), 0) from hold h where h.account_id = :account_id and h.placed_at <= :at"
    " and not exists (select from hold_history y where y.hold_id = h.hold_id and y.state <> 'placed'"
    " and y.recorded_at <= :at)"
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
    """An entry as its member sees it; `event` where one caused it, `note` where staff wrote one."""

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
    note: str | None
    event: EventName | None


class BalanceAt(NamedTuple):
    """Points as they stood at a moment, by when they were recorded."""

    balance: int
    held: int


def statement(session: Session, account_id: UUID, *, limit: int, before: int = NEWEST) -> list[StatementLine]:
    """A page of entries, newest first, from before a `seq` on."""
    rows = session.execute(_PAGE, {"account_id": account_id, "before": before, "limit": limit}).all()
    if not rows:
        return []
    events = _events(session, account_id, transfers=[row.transfer_id for row in rows], least=rows[-1].seq)
    return [StatementLine(*row, event=events.get(row.transfer_id)) for row in rows]


def _events(session: Session, account_id: UUID, *, transfers: list[UUID], least: int) -> dict[UUID, EventName]:
    parameters = {"account_id": account_id, "transfers": transfers, "least": least}
    rows = session.execute(_EVENTS, parameters)
    return {row.transfer_id: EventName(row.source, row.event_id, row.type, row.subject) for row in rows}


def balance_at(session: Session, account_id: UUID, *, at: datetime) -> BalanceAt:
    """What the member had at `at`: nothing before the first entry."""
    balance = session.execute(_AT, {"account_id": account_id, "at": at}).scalar() or 0
    held = session.execute(_HELD_AT, {"account_id": account_id, "at": at}).scalar_one()
    return BalanceAt(balance, int(held))
