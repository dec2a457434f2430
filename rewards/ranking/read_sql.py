"""Leaderboards read from PostgreSQL: in the same order, for every period that ever was."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rewards.ranking.lines import Line
from rewards.ranking.order import Reached

_COLUMNS = "rank, account_id, member_id, name, avatar, points, reached_at"
_PRESENT = """with line as (
    select row_number() over (order by p.points desc, p.reached_at, m.member_id) as rank, p.account_id, m.member_id,
        m.name, m.avatar, p.points, p.reached_at
    from leaderboard_points p join member m using (account_id)
    where p.leaderboard = :leaderboard and p.period = :period and p.points > 0
        and not m.hidden and not m.opted_out and m.suspended_at is null and m.merged_into is null
        and m.member_id is not null and not exists (select from disqualification d
            where :leaderboard = 'season' and d.season_id = p.period and d.account_id = p.account_id)
)"""
_FINAL = """with line as (
    select s.place as rank, s.account_id, m.member_id, m.name, m.avatar, s.points, s.reached_at
    from standing s left join member m using (account_id) where s.season_id = :period and s.place is not null
)"""
_PAGE = """
select rank, account_id, member_id, name, avatar, points, reached_at from line
where cast(:points as bigint) is null or points < :points or (points = :points and (reached_at > :reached_at
    or (reached_at = :reached_at and coalesce(member_id, '') > cast(:member_id as text) collate "C")))
order by rank limit :limit"""
_AROUND = """
select line.rank, line.account_id, line.member_id, line.name, line.avatar, line.points, line.reached_at
from line, (select rank from line where member_id = :member_id) as own
where line.rank between own.rank - :n and own.rank + :n order by line.rank"""
_COUNT = " select count(*) from line"
_STATEMENTS = {
    final: (text(source + _PAGE), text(source + _AROUND), text(source + _COUNT))
    for final, source in ((False, _PRESENT), (True, _FINAL))
}


def page(
    session: Session, *, leaderboard: str, period: date, final: bool, after: Reached | None, limit: int
) -> list[Line]:
    """Lines from the top, or after one; those of a `final` season from its standing."""
    points, reached_at, member_id = after or (None, None, None)
    parameters = {"points": points, "reached_at": reached_at, "member_id": member_id, "limit": limit}
    return _lines(session, 0, leaderboard=leaderboard, period=period, final=final, **parameters)


def around(session: Session, *, leaderboard: str, period: date, final: bool, member_id: str, n: int) -> list[Line]:
    """A member's line with `n` on either side; nothing for whoever has no place."""
    return _lines(session, 1, leaderboard=leaderboard, period=period, final=final, member_id=member_id, n=n)


def count(session: Session, *, leaderboard: str, period: date, final: bool) -> int:
    """How many members have a place."""
    parameters = {"leaderboard": leaderboard, "period": period}
    return session.execute(_STATEMENTS[final][2], parameters).scalar_one()


def _lines(session: Session, statement: int, *, final: bool, **parameters: Any) -> list[Line]:
    rows: Sequence[Row[Any]] = session.execute(_STATEMENTS[final][statement], parameters).all()
    return [Line(*row, change=None) for row in rows]
