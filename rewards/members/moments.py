"""What a member had at any moment, by when it was recorded (promise 9).

`recorded_at` never goes back within an account and `seq` has no gap, so the last entry of a moment is found by halving
the account's entries on the primary key: twenty looks for a million, and no further index for every entry to pay.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

_LAST_ENTRY = """
with recursive span (low, high) as (
    select cast(0 as bigint), version from account where account_id = :account_id
    union all
    select case when e.recorded_at <= :at then e.seq else s.low end,
        case when e.recorded_at <= :at then s.high else e.seq - 1 end
    from span s join entry e on e.account_id = :account_id and e.seq = (s.low + s.high + 1) / 2 where s.low < s.high
), last as (select coalesce(max(low), 0) as seq from span)
"""
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
