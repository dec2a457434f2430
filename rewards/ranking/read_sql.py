"""Leaderboards read from PostgreSQL: in the same order, for every period that ever was."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rewards.ranking.lines import Line
from rewards.ranking.order import Reached

_LINES = """
from leaderboard_points p join member m using (account_id)
where p.leaderboard = :leaderboard and p.period = :period and p.points > 0
    and not m.hidden and not m.opted_out and m.suspended_at is null and m.merged_into is null
    and m.member_id is not null and not exists (select from disqualification d
        where :leaderboard = 'season' and d.season_id = p.period and d.account_id = p.account_id)"""
_SELECT = "select p.account_id, m.member_id, m.name, m.avatar, p.points, p.reached_at" + _LINES
# The first comparison of each is one that the index on the order can begin or end at.
_AFTER = """ and p.points <= :points and (p.points < :points or p.reached_at > :reached_at
    or (p.reached_at = :reached_at and m.member_id > cast(:member_id as text) collate "C"))"""
_BEFORE = """ and p.points >= :points and (p.points > :points or p.reached_at < :reached_at
    or (p.reached_at = :reached_at and m.member_id < cast(:member_id as text) collate "C"))"""
_DOWN = " order by p.points desc, p.reached_at, m.member_id limit :limit"
_UP = " order by p.points, p.reached_at desc, m.member_id desc limit :limit"

_TOP = text(_SELECT + _DOWN)
_BELOW = text(_SELECT + _AFTER + _DOWN)
_ABOVE = text(_SELECT + _BEFORE + _UP)
_OWN = text(_SELECT + " and p.account_id = :account_id")
_COUNT = text("select count(*) " + _LINES)
_COUNT_BEFORE = text("select count(*) " + _LINES + _BEFORE)

_STANDING = """
select s.account_id, m.member_id, m.name, m.avatar, s.points, s.reached_at, s.place as rank
from standing s left join member m using (account_id) where s.season_id = :period and s.place is not null"""
_FINAL_TOP = text(_STANDING + " order by s.position limit :limit")
_FINAL_AFTER = text(
    _STANDING + " and (s.points < :points or (s.points = :points and (s.reached_at > :reached_at"
    " or (s.reached_at = :reached_at and coalesce(m.member_id, '') > cast(:member_id as text) collate \"C\"))))"
    " order by s.position limit :limit"
)
_FINAL_AROUND = text(
    _STANDING + " and s.place between (select place from standing where season_id = :period"
    " and account_id = :account_id) + cast(-:n as bigint) and (select place from standing where season_id = :period"
    " and account_id = :account_id) + :n order by s.position"
)
_FINAL_COUNT = text("select count(*) from standing where season_id = :period and place is not null")


def page(session: Session, *, leaderboard: str, period: date, after: Reached | None, limit: int) -> list[Line]:
    """Lines from the top, or after one."""
    where = {"leaderboard": leaderboard, "period": period, "limit": limit}
    if after is None:
        return _ranked(session.execute(_TOP, where), first=1)
    rows = session.execute(_BELOW, where | after._asdict()).all()
    if not rows:
        return []
    return _ranked(rows, first=_rank(session, rows[0], where=where))


def around(session: Session, *, leaderboard: str, period: date, account_id: UUID, n: int) -> list[Line]:
    """A member's line with `n` on either side; nothing for whoever has no place."""
    where = {"leaderboard": leaderboard, "period": period, "limit": n}
    own = session.execute(_OWN, where | {"account_id": account_id}).one_or_none()
    if own is None:
        return []
    here = where | _reached(own)
    above = session.execute(_ABOVE, here).all()[::-1]
    below = session.execute(_BELOW, here).all()
    return _ranked([*above, own, *below], first=_rank(session, own, where=where) - len(above))


def count(session: Session, *, leaderboard: str, period: date) -> int:
    """How many members have a place."""
    return session.execute(_COUNT, {"leaderboard": leaderboard, "period": period}).scalar_one()


def final_page(session: Session, *, period: date, after: Reached | None, limit: int) -> list[Line]:
    """As `page`, from a final season's standing."""
    where = {"period": period, "limit": limit}
    rows = session.execute(_FINAL_AFTER, where | after._asdict()) if after else session.execute(_FINAL_TOP, where)
    return _placed(rows)


def final_around(session: Session, *, period: date, account_id: UUID, n: int) -> list[Line]:
    """As `around`, from a final season's standing."""
    return _placed(session.execute(_FINAL_AROUND, {"period": period, "account_id": account_id, "n": n}))


def final_count(session: Session, *, period: date) -> int:
    """As `count`, from a final season's standing."""
    return session.execute(_FINAL_COUNT, {"period": period}).scalar_one()


def _rank(session: Session, row: Row[Any], *, where: dict[str, Any]) -> int:
    return session.execute(_COUNT_BEFORE, where | _reached(row)).scalar_one() + 1


def _reached(row: Row[Any]) -> dict[str, Any]:
    return Reached(row.points, row.reached_at, row.member_id)._asdict()


def _ranked(rows: Iterable[Row[Any]], *, first: int) -> list[Line]:
    return [Line(rank, *row, change=None) for rank, row in enumerate(rows, start=first)]


def _placed(rows: Iterable[Row[Any]]) -> list[Line]:
    return [Line(row.rank, *tuple(row)[:-1], change=None) for row in rows]
