"""What a member had at any moment, by when it was recorded (promise 9).

`recorded_at` never goes back within an account and `seq` has no gap, so the last entry of a moment is found by halving
the account's entries on the primary key: twenty looks for a million, and no further index for every entry to pay.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session


def _halving(name: str, *, table: str, number: str, counted: str, recorded: str) -> str:
    """A recursive table of this name: its greatest `low` is the number of the last row that was recorded so."""
    return f"""{name} (low, high) as (
    select cast(0 as bigint), {counted} from account where account_id = :account_id
    union all
    select case when {recorded} then t.{number} else s.low end, case when {recorded} then s.high else t.{number} - 1 end
    from {name} s join {table} t on t.account_id = :account_id and t.{number} = (s.low + s.high + 1) / 2
    where s.low < s.high
)"""


_OF_ENTRIES = {"table": "entry", "number": "seq", "counted": "version"}
_OF_DECISIONS = {"table": "event", "number": "decision_no", "counted": "decisions"}
_LAST_ENTRY = f"""
with recursive {_halving("span", **_OF_ENTRIES, recorded="t.recorded_at <= :at")},
last as (select coalesce(max(low), 0) as seq from span)
"""
DECISIONS_BETWEEN = f"""
with recursive {_halving("before", **_OF_DECISIONS, recorded="t.recorded_at < :since")},
{_halving("through", **_OF_DECISIONS, recorded="t.recorded_at <= :until")},
decision as (
    select * from event where account_id = :account_id
        and decision_no > (select max(low) from before) and decision_no <= (select max(low) from through)
)
"""
"""SQL before a query of `decision`: the account's, recorded in [since, until]. An entry and its decision are as old."""
# A hold that is resolved has one line of history besides that of its placing, under the state that it is in.
_HELD = """
select coalesce(sum(h.points), 0) from hold h where h.account_id = :account_id and h.placed_at <= :at
    and not exists (select from hold_history y where y.hold_id = h.hold_id and y.state = h.state
        and y.state <> 'placed' and y.recorded_at <= :at)
"""
_SEQ_AT = text(f"{_LAST_ENTRY} select seq from last")
_AT = text(
    f"{_LAST_ENTRY} select coalesce(e.balance_after, 0) as balance, ({_HELD}) as held"
    " from last left join entry e on e.account_id = :account_id and e.seq = last.seq"
)


class BalanceAt(NamedTuple):
    """Points as they stood at a moment."""

    balance: int
    held: int


def balance_at(session: Session, account_id: UUID, *, at: datetime) -> BalanceAt:
    """What the member had at `at`: nothing before the first entry."""
    row = session.execute(_AT, {"account_id": account_id, "at": at}).one()
    return BalanceAt(row.balance, int(row.held))


def seq_at(session: Session, account_id: UUID, *, at: datetime) -> int:
    """The number of the last entry that was recorded by then; 0 before the first."""
    return session.execute(_SEQ_AT, {"account_id": account_id, "at": at}).scalar_one()
