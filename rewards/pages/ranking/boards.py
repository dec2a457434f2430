"""Leaderboards as the pages read them: from Redis or PostgreSQL, whichever `rewards.ranking.read` finds right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import redis
from sqlalchemy.orm import Session

from rewards.http.cursors import cursor_for, place_after
from rewards.pages.faces import face_of
from rewards.pages.ranking.view import Place, PrizeShown
from rewards.ranking import read
from rewards.ranking.lines import Around, Line
from rewards.ranking.order import Reached
from rewards.ranking.seasons import Calendar
from rewards.ranking.tally import ALL_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One leaderboard in one period, read in one snapshot at one time."""

    session: Session
    client: redis.Redis
    leaderboard: str
    period: date
    now: datetime

    def page(self, *, cursor: str | None, limit: int) -> tuple[list[Line], str | None]:
        """Lines from the top or after a cursor, and the cursor of what comes next. Refuses a cursor of another list."""
        after = _reached(place_after(cursor, of=self._list))
        lines = self.top(limit=limit + 1, after=after)
        more = len(lines) > limit
        return lines[:limit], cursor_for(_cursor_place(lines[limit - 1]), of=self._list) if more else None

    def top(self, *, limit: int, after: Reached | None = None) -> list[Line]:
        """The first lines, or those after one."""
        where = {"leaderboard": self.leaderboard, "period": self.period, "now": self.now}
        return read.top(self.session, self.client, **where, limit=limit, after=after)

    def around(self, member_id: str, *, n: int) -> Around:
        """A member's line and `n` on either side; how many have a place at all."""
        where = {"leaderboard": self.leaderboard, "period": self.period, "now": self.now}
        return read.around(self.session, self.client, **where, member_id=member_id, n=n)

    def count(self) -> int:
        """How many members have a place."""
        where = {"leaderboard": self.leaderboard, "period": self.period, "now": self.now}
        return read.count(self.session, self.client, **where)

    @property
    def _list(self) -> str:
        return f"page {self.leaderboard} {self.period}"


def period_of(leaderboard: str, *, season_id: date, calendar: Calendar, now: datetime) -> date:
    """The period of a leaderboard that is under way."""
    periods = {
        "season": season_id,
        "month": calendar.month_of(now),
        "all-time": ALL_TIME,
        "streak": calendar.day_of(now),
    }
    return periods[leaderboard]


def places(lines: Iterable[Line], *, me: str | None, prizes: Sequence[PrizeShown] = ()) -> tuple[Place, ...]:
    """Lines as the pages show them, with the prize of each place that wins one."""
    by_place = {prize.place: prize for prize in prizes}
    return tuple(
        Place(
            rank=line.rank,
            face=face_of(line.member_id, name=line.name, avatar=line.avatar),
            points=line.points,
            change=line.change,
            prize=by_place.get(line.rank),
            mine=me is not None and line.member_id == me,
        )
        for line in lines
    )


def _cursor_place(line: Line) -> list[object]:
    reached = line.reached
    return [reached.points, reached.reached_at.isoformat(), reached.member_id]


def _reached(place: list[object] | None) -> Reached | None:
    if place is None:
        return None
    points, reached_at, member_id = place
    return Reached(int(str(points)), datetime.fromisoformat(str(reached_at)), str(member_id))
