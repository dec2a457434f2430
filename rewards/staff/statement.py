"""A member's statement as staff read it: every entry with its decision, and the decisions that moved nothing."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rewards.members.moments import DECISIONS_BETWEEN
from rewards.members.statement import NEWEST, EventName, StatementLine

KINDS = ("award", "charge", "penalty", "reversal", "restore", "capture", "refund", "adjustment", "transfer", "grant")
"""Of entries that can be asked for."""
UNMOVED = ("capped", "declined", "ignored", "rejected")
"""Outcomes of decisions that can be asked for."""

_ENTRIES = text(
    "select e.seq, e.points, e.kind, e.contra, e.transfer_id, e.balance_after, e.held_after, e.occurred_at,"
    " e.recorded_at, e.season, e.month, e.reverses, e.award_seq, n.note, n.actor, u.seq as undone_by from entry e"
    " left join entry_note n using (account_id, seq)"
    " left join entry u on u.account_id = e.account_id and u.reverses = e.seq"
    " where e.account_id = :account_id and e.seq < :before"
    " and (cast(:kinds as text[]) is null or e.kind = any(cast(:kinds as text[]))) order by e.seq desc limit :limit"
)
_COLUMNS = (
    "decision_no, source, event_id, type, subject, board, occurred_at, recorded_at, outcome, reason, rule,"
    " points_asked, points, season, transfer_id"
)
_DECISIONS = text(
    f"select {_COLUMNS} from event where account_id = :account_id and seq is null and decision_no < :before"
    " and (cast(:outcomes as text[]) is null or outcome = any(cast(:outcomes as text[])))"
    " order by decision_no desc limit :limit"
)
_BEHIND = text(
    f"{DECISIONS_BETWEEN} select {_COLUMNS} from decision where transfer_id = any(cast(:transfers as uuid[]))"
)


@dataclass(frozen=True, slots=True)
class Decided:
    """What the service answered to an event: `rule` with its version, `points_asked` before caps."""

    decision_no: int
    source: str
    event_id: str
    type: str
    subject: str | None
    board: str | None
    occurred_at: datetime
    recorded_at: datetime
    outcome: str
    reason: str | None
    rule: str | None
    points_asked: int
    points: int
    season: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLine:
    """An entry (`line`) with the decision behind it, if one is; or a decision that moved nothing of this member's.

    `undone_by`: the entry that took it back. `noted_by`: who of the staff wrote the reason.
    """

    line: StatementLine | None = None
    decided: Decided | None = None
    undone_by: int | None = None
    noted_by: str | None = None

    @property
    def recorded_at(self) -> datetime:
        """When it was written."""
        told = self.line or self.decided
        assert told is not None
        return told.recorded_at


class Before(NamedTuple):
    """Where a statement goes on: before this entry and before this decision."""

    seq: int = NEWEST
    decision_no: int = NEWEST


TOP = Before()


def staff_statement(
    session: Session, account_id: UUID, *, limit: int, before: Before = TOP, only: str | None = None
) -> list[StaffLine]:
    """A page of lines, those written last first. `only`: one of KINDS or UNMOVED, `moved` or `unmoved`."""
    entries: list[StaffLine] = []
    decisions: list[StaffLine] = []
    if only is None or only == "moved" or only in KINDS:
        kinds = [only] if only in KINDS else None
        entries = _entries(session, account_id, limit=limit, before=before.seq, kinds=kinds)
    if only is None or only == "unmoved" or only in UNMOVED:
        outcomes = [only] if only in UNMOVED else None
        wanted = {"account_id": account_id, "before": before.decision_no, "outcomes": outcomes, "limit": limit}
        decisions = [StaffLine(decided=_decided(row)) for row in session.execute(_DECISIONS, wanted)]
    return list(islice(_merged(entries, decisions), limit))


def joined_staff_statement(
    session: Session, accounts: Sequence[UUID], *, limit: int, before: Sequence[Before], only: str | None = None
) -> list[tuple[int, StaffLine]]:
    """A page of the lines of all accounts of a member, the latest first, each with its account's number among them."""
    pages = [
        [(number, line) for line in staff_statement(session, account_id, limit=limit, before=place, only=only)]
        for number, (account_id, place) in enumerate(zip(accounts, before, strict=True))
    ]
    return list(islice(merge(*pages, key=lambda found: found[1].recorded_at, reverse=True), limit))


def joined_before_next(shown: Sequence[tuple[int, StaffLine]], before: Sequence[Before]) -> list[Before]:
    """Where the page after the shown one begins on each account."""
    return [
        before_next([line for account, line in shown if account == number], place)
        for number, place in enumerate(before)
    ]


def _merged(entries: Sequence[StaffLine], decisions: Sequence[StaffLine]) -> Iterator[StaffLine]:
    """Both, each in its own order, which is that of the cursor; the later of the two heads comes first."""
    rest = deque(decisions)
    for entry in entries:
        while rest and _is_later(rest[0], entry):
            yield rest.popleft()
        yield entry
    yield from rest


def _is_later(decision: StaffLine, entry: StaffLine) -> bool:
    """Whether a decision was written after an entry: the numbers of decisions say it where both have one."""
    assert decision.decided is not None
    if entry.decided is not None:
        return decision.decided.decision_no > entry.decided.decision_no
    return decision.recorded_at > entry.recorded_at


def before_next(shown: Sequence[StaffLine], before: Before) -> Before:
    """Where the page after the shown one begins."""
    seqs = [one.line.seq for one in shown if one.line is not None]
    numbers = [one.decided.decision_no for one in shown if one.line is None and one.decided is not None]
    return Before(min(seqs, default=before.seq), min(numbers, default=before.decision_no))


def entry_line(session: Session, account_id: UUID, *, seq: int) -> StaffLine | None:
    """One entry with the decision behind it."""
    found = _entries(session, account_id, limit=1, before=seq + 1, kinds=None)
    return next((one for one in found if one.line is not None and one.line.seq == seq), None)


def _entries(
    session: Session, account_id: UUID, *, limit: int, before: int, kinds: list[str] | None
) -> list[StaffLine]:
    wanted = {"account_id": account_id, "before": before, "kinds": kinds, "limit": limit}
    rows = session.execute(_ENTRIES, wanted).all()
    decided = _behind(session, account_id, rows=rows)
    return [_entry(row, decided.get(row.transfer_id), account_id=account_id) for row in rows]


def _behind(session: Session, account_id: UUID, *, rows: Sequence[Row[Any]]) -> Mapping[UUID, Decided]:
    if not rows:
        return {}
    transfers = [row.transfer_id for row in rows]
    times = {"since": rows[-1].recorded_at, "until": rows[0].recorded_at}
    found = session.execute(_BEHIND, {"account_id": account_id, "transfers": transfers, **times})
    return {row.transfer_id: _decided(row) for row in found}


def _decided(row: Row[Any]) -> Decided:
    return Decided(**{name: value for name, value in row._mapping.items() if name != "transfer_id"})  # noqa: SLF001 -- SQLAlchemy's own name for a row as a mapping


def _entry(row: Row[Any], decided: Decided | None, *, account_id: UUID) -> StaffLine:
    event = EventName(decided.source, decided.event_id, decided.type, decided.subject) if decided else None
    line = StatementLine(
        seq=row.seq,
        points=row.points,
        kind=row.kind,
        contra=row.contra,
        transfer_id=row.transfer_id,
        balance_after=row.balance_after,
        held_after=row.held_after,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        season=row.season,
        month=row.month,
        reverses=row.reverses,
        award_seq=row.award_seq,
        note=row.note,
        event=event,
        account_id=account_id,
    )
    return StaffLine(line=line, decided=decided, undone_by=row.undone_by, noted_by=row.actor)
