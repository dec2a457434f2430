"""Rows of `leaderboard_points` in the form in which Redis takes them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rewards.ranking.keys import KEPT_DAYS, kept, suffix
from rewards.ranking.order import DoesNotFit, name_at, scale_of, score_at
from rewards.ranking.tally import PERIODS

_SELECT = (
    "select p.leaderboard, p.period, encode(uuid_send(p.account_id), 'hex') as account, p.version, p.points,"
    " cast(floor(extract(epoch from p.reached_at)) as bigint) as epoch_s, m.member_id,"
    " p.points > 0 and not m.hidden and not m.opted_out and m.suspended_at is null and m.merged_into is null"
    " and m.member_id is not null as has_place, k.starts_at"
    " from kept k join leaderboard_points p using (leaderboard, period) join member m using (account_id)"
)
_KEPT = f"""
with recursive {PERIODS}, kept as materialized (
    select p.leaderboard, p.period, s.starts_at
    from period p left join season s on p.leaderboard = 'season' and s.season_id = p.period
    where case p.leaderboard when 'season' then s.ends_at > :season_ends_after when 'month' then p.period >= :month
        when 'streak' then p.period >= :day else true end
) """
_ALL = text(_KEPT + _SELECT)
_OF_ACCOUNTS = text(_KEPT + _SELECT + " where p.account_id = any(cast(:accounts as uuid[]))")
_STREAMED = {"yield_per": 5000}


_suffix = lru_cache(maxsize=256)(suffix)


class ProjectedRow(NamedTuple):
    """One member on one leaderboard. An empty score: no place there; `fits` is false where Redis cannot hold it."""

    set: str
    account: bytes
    version: int
    score: bytes
    name: bytes
    fits: bool = True


def rows_of(session: Session, accounts: Iterable[UUID], *, now: datetime) -> Iterator[ProjectedRow]:
    """The rows of some accounts in all periods that Redis keeps."""
    parameters = {**kept(now, days=KEPT_DAYS)._asdict(), "accounts": list(accounts)}
    return map(_projected, session.execute(_OF_ACCOUNTS, parameters))


def all_rows(session: Session, *, now: datetime) -> Iterator[ProjectedRow]:
    """Every row in all periods that Redis keeps, streamed."""
    parameters = kept(now, days=KEPT_DAYS)._asdict()
    with session.execute(_ALL, parameters, execution_options=_STREAMED) as found:
        yield from map(_projected, found)


def _projected(row: Row[Any]) -> ProjectedRow:
    leaderboard, period, account_hex, version, points, epoch_s, member_id, has_place, starts_at = tuple(row)
    place, account = _suffix(leaderboard, period), account_hex.encode()
    if not has_place:
        return ProjectedRow(place, account, version, b"", b"")
    scale = scale_of(leaderboard, period, season_starts_at=starts_at)
    try:
        score = b"%d" % score_at(points, epoch_s=epoch_s, scale=scale)
        return ProjectedRow(place, account, version, score, name_at(member_id, epoch_s=epoch_s, scale=scale))
    except DoesNotFit:
        return ProjectedRow(place, account, version, b"", b"", fits=False)
