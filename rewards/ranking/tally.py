"""Points on leaderboards, written in the transaction of the entries that they count.

Rows are absolute and versioned, so that a projection may apply them twice, late or out of order. The accounts must
be locked.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.arrays import named

ALL_TIME = date(1, 1, 1)
"""The period of the leaderboard that never ends."""


class Place(NamedTuple):
    """One member's row on one leaderboard in one period."""

    leaderboard: str
    period: date
    account_id: UUID


_KEYS = ("leaderboards", "periods", "accounts")
_VALUES = (*_KEYS, "points", "reached")
_FROM_KEYS = "unnest(cast(:leaderboards as text[]), cast(:periods as date[]), cast(:accounts as uuid[])"

_ADD = text(
    "insert into leaderboard_points as p (leaderboard, period, account_id, points, reached_at, version)"
    " select leaderboard, period, account_id, points, date_trunc('second', reached_at), 1"
    f" from {_FROM_KEYS}, cast(:points as bigint[]), cast(:reached as timestamptz[]))"
    " as n(leaderboard, period, account_id, points, reached_at) order by 1, 2, 3"
    " on conflict (leaderboard, period, account_id) do update set points = p.points + excluded.points,"
    " reached_at = greatest(p.reached_at, excluded.reached_at), version = p.version + 1"
)
_SET = text(
    "insert into leaderboard_points as p (leaderboard, period, account_id, points, reached_at, version)"
    " select leaderboard, period, account_id, points, date_trunc('second', reached_at), 1"
    f" from {_FROM_KEYS}, cast(:points as bigint[]), cast(:reached as timestamptz[]))"
    " as n(leaderboard, period, account_id, points, reached_at) order by 1, 2, 3"
    " on conflict (leaderboard, period, account_id) do update set points = excluded.points,"
    " reached_at = excluded.reached_at, version = p.version + 1"
)
_FROM_ENTRIES = f"""
with place as (select * from {_FROM_KEYS}) as k(leaderboard, period, account_id)),
source as (
    select *, account_id as lies_on from place
    union all select k.*, m.account_id from place k join member m on m.merged_into = k.account_id
), award as (
    select k.leaderboard, k.period, k.account_id, k.lies_on, coalesce(e.award_seq, e.seq), sum(e.points) as points,
        min(e.occurred_at) filter (where e.kind = 'award') as occurred_at
    from source k join entry e on e.account_id = k.lies_on and e.kind in ('award', 'reversal', 'restore')
        and case k.leaderboard when 'season' then e.season = k.period when 'month' then e.month = k.period else true end
    group by 1, 2, 3, 4, 5
)
select leaderboard, period, account_id, cast(sum(points) as bigint) as points,
    date_trunc('second', coalesce(max(occurred_at) filter (where points > 0), 'epoch')) as reached_at
from award group by 1, 2, 3
"""
_RECOMPUTE = text(
    f"update leaderboard_points p set points = n.points, reached_at = n.reached_at, version = p.version + 1"
    f" from ({_FROM_ENTRIES}) n"
    " where (p.leaderboard, p.period, p.account_id) = (n.leaderboard, n.period, n.account_id)"
)
PERIODS = """period as (
    (select leaderboard, period from leaderboard_points order by 1, 2 limit 1)
    union all select n.leaderboard, n.period from period p cross join lateral (
        select leaderboard, period from leaderboard_points l where (l.leaderboard, l.period) > (p.leaderboard, p.period)
        order by 1, 2 limit 1) n
)"""
"""Each period that there is, by steps on the primary key: accounts' rows are found in each, since no index has them."""
OF_ACCOUNT = f"""
with recursive {PERIODS}, own as (
    select l.* from period join leaderboard_points l using (leaderboard, period) where l.account_id = :account_id
)"""
_PASSES_ON = (
    "case own.leaderboard when 'season' then own.period <> all(cast(:kept as date[]))"
    " when 'streak' then own.period >= :today else true end"
)
_FOLD = text(
    f"{OF_ACCOUNT} insert into leaderboard_points as p (leaderboard, period, account_id, points, reached_at, version)"
    f" select leaderboard, period, :into, points, reached_at, 1 from own where leaderboard <> 'streak' and {_PASSES_ON}"
    " on conflict (leaderboard, period, account_id) do update set points = p.points + excluded.points,"
    " reached_at = greatest(p.reached_at, excluded.reached_at), version = p.version + 1"
)
_EMPTY = text(
    f"{OF_ACCOUNT} update leaderboard_points p set points = 0, reached_at = 'epoch', version = p.version + 1 from own"
    f" where (p.leaderboard, p.period, p.account_id) = (own.leaderboard, own.period, own.account_id) and {_PASSES_ON}"
)
_READ = text(
    f"select leaderboard, period, account_id, points from leaderboard_points"
    f" where (leaderboard, period, account_id) in (select * from {_FROM_KEYS}))"
)


def add_points(session: Session, gains: Mapping[Place, tuple[int, datetime]]) -> None:
    """Add points (below zero for a reversal) and move `reached_at` forward to the latest award's `occurred_at`."""
    if gains:
        session.execute(_ADD, named(_VALUES, [(*place, *gain) for place, gain in gains.items()]))


def set_points(session: Session, values: Mapping[Place, tuple[int, datetime]]) -> None:
    """Set points and `reached_at` absolutely, as for streaks."""
    if values:
        session.execute(_SET, named(_VALUES, [(*place, *value) for place, value in values.items()]))


def recompute(session: Session, places: Iterable[Place]) -> None:
    """Derive rows again from the entries: a reversal may take away the award that `reached_at` was.

    A survivor's from those of all accounts that were merged into it, so never a season's that was final before that.
    """
    wanted = sorted(set(places))
    if wanted:
        session.execute(_RECOMPUTE, named(_KEYS, wanted))


def read_points(session: Session, places: Iterable[Place]) -> dict[Place, int]:
    """The points of those of the places that have a row."""
    wanted = sorted(set(places))
    if not wanted:
        return {}
    rows = session.execute(_READ, named(_KEYS, wanted))
    return {Place(row.leaderboard, row.period, row.account_id): row.points for row in rows}


def fold_points(session: Session, gone: UUID, *, into: UUID, kept_seasons: Sequence[date], today: date) -> None:
    """Add all rows of one account to another's and empty them, but for those of `kept_seasons` and of past streaks.

    A streak is no sum: of those that are alive the rows are emptied only.
    """
    where = {"account_id": gone, "into": into, "kept": list(kept_seasons), "today": today}
    session.execute(_FOLD, where)
    session.execute(_EMPTY, where)
