"""The statement of a member into whom others were merged: the lines of all of their accounts, as of one.

What moved points between these accounts is left out, since it moved none of the member's; so each line's
`balance_after` is what all of them together had then. Pages go on from a place on each account, so that none is
shown twice or left out, however many entries have the same time.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from heapq import merge
from itertools import accumulate, islice
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.members.moments import BalanceAt, balance_at, seq_at
from rewards.members.statement import NEWEST, Occurred, StatementLine, statement, statement_as_it_occurred

_MOVED = text(
    "select account_id, seq, points from entry where account_id = any(cast(:accounts as uuid[])) and kind = 'merge'"
    " order by account_id, seq"
)


class Placed(NamedTuple):
    """A line, and from before which `seq` of each account the next page goes on behind it."""

    line: StatementLine
    goes_on: tuple[int, ...]


def joined_statement(session: Session, accounts: Sequence[UUID], *, limit: int, before: Sequence[int]) -> list[Placed]:
    """A page of a member's entries, newest first, from before a `seq` of each account on."""
    pages = [
        statement(session, account_id, limit=limit, before=seq, joined=len(accounts) > 1)
        for account_id, seq in zip(accounts, before, strict=True)
    ]
    if len(accounts) == 1:
        return [Placed(line, (line.seq,)) for line in pages[0]]
    moved = _moved(session, accounts)
    pages = [[_unmoved(line, moved[line.account_id]) for line in page] for page in pages]
    return list(islice(_join(pages, before=before), limit))


def joined_as_it_occurred(
    session: Session,
    accounts: Sequence[UUID],
    *,
    limit: int,
    before: Occurred | None = None,
    only: Literal["earned", "spent"] | None = None,
) -> list[StatementLine]:
    """As `statement_as_it_occurred`, of all accounts of a member; of equal times by the order of the accounts."""
    place = before or Occurred(datetime.max.replace(tzinfo=UTC), NEWEST)
    pages = [
        statement_as_it_occurred(
            session, account_id, limit=limit, before=_on(place, rank), only=only, joined=len(accounts) > 1
        )
        for rank, account_id in enumerate(accounts)
    ]
    return list(islice(merge(*pages, key=lambda line: line.occurred_at, reverse=True), limit))


def place_of(line: StatementLine, accounts: Sequence[UUID]) -> Occurred:
    """Where `joined_as_it_occurred` goes on behind a line."""
    return Occurred(line.occurred_at, line.seq, accounts.index(line.account_id))


def joined_balance_at(session: Session, accounts: Sequence[UUID], *, at: datetime) -> BalanceAt:
    """What the accounts together had at `at`, whether or not they were one member's by then."""
    all_of_them = [balance_at(session, account_id, at=at) for account_id in accounts]
    return BalanceAt(sum(one.balance for one in all_of_them), sum(one.held for one in all_of_them))


def seqs_at(session: Session, accounts: Sequence[UUID], *, at: datetime) -> tuple[int, ...]:
    """The number of each account's last entry that was recorded by then."""
    return tuple(seq_at(session, account_id, at=at) for account_id in accounts)


class _Moved(NamedTuple):
    """The entries that moved an account's points to or from others of the member, with what they sum up to."""

    seqs: list[int]
    sums: list[int]


def _moved(session: Session, accounts: Sequence[UUID]) -> dict[UUID, _Moved]:
    found: dict[UUID, list[tuple[int, int]]] = {account_id: [] for account_id in accounts}
    for row in session.execute(_MOVED, {"accounts": list(accounts)}):
        found[row.account_id].append((row.seq, row.points))
    return {
        account_id: _Moved([seq for seq, _ in rows], list(accumulate(points for _, points in rows)))
        for account_id, rows in found.items()
    }


def _unmoved(line: StatementLine, moved: _Moved) -> StatementLine:
    """The line as if its account had kept to itself."""
    passed = bisect_right(moved.seqs, line.seq)
    return replace(line, balance_after=line.balance_after - moved.sums[passed - 1]) if passed else line


def _join(pages: Sequence[Sequence[StatementLine]], *, before: Sequence[int]) -> Iterator[Placed]:
    """Latest first; of equal times by the order of the accounts. What the others had is what their next line left."""
    taken, goes_on = [0] * len(pages), list(before)
    while heads := [(rank, page[taken[rank]]) for rank, page in enumerate(pages) if taken[rank] < len(page)]:
        rank, line = max(heads, key=lambda head: (head[1].recorded_at, -head[0]))
        taken[rank] += 1
        goes_on[rank] = line.seq
        yield Placed(replace(line, balance_after=sum(head.balance_after for _, head in heads)), tuple(goes_on))


def _on(place: Occurred, rank: int) -> Occurred:
    """The same place on the account of that rank: of its time those before it are all shown, those behind it none."""
    if rank == place.rank:
        return place
    return Occurred(place.at, 0 if rank < place.rank else NEWEST)
