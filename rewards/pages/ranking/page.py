"""The ranking page: where am I, and what is the next place worth?"""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from rewards.http.surroundings import here, request_now, request_snapshot
from rewards.pages.frame import Frame, present_frame
from rewards.pages.ranking.boards import Board, period_of, places
from rewards.pages.ranking.comments import comment_worth
from rewards.pages.ranking.next_place import CommentWorth, next_place
from rewards.pages.ranking.past_weeks import last_week_before
from rewards.pages.ranking.view import BOARDS, LastWeek, MyPlace, Place, RankingView
from rewards.pages.ranking.weeks import PresentWeek, policy_or_none, present_week, week_box
from rewards.pages.reader import Reader
from rewards.policy.document import Policy
from rewards.ranking.lines import Around, Line
from rewards.ranking.seasons import Calendar
from rewards.ranking.tally import Place as PointsRow
from rewards.ranking.tally import read_points

PAGE_PLACES = 50
PODIUM = 3
NEAR = 2
"""How many places above and below mine are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Where and when the page is read, and by whom."""

    session: Session
    board: Board
    week: PresentWeek
    policy: Policy | None
    frame: Frame
    calendar: Calendar
    now: datetime

    @property
    def seconds_left(self) -> int | None:
        """Until the leaderboard's period ends; None for one that doesn't, or whose days are not points."""
        if self.board.leaderboard == "season":
            return int((self.week.bounds.ends_at - self.now).total_seconds())
        if self.board.leaderboard == "month":
            return int((self.calendar.month_bounds(self.board.period)[1] - self.now).total_seconds())
        return None


def add_to(pages: Blueprint) -> None:
    """Add the addresses."""
    pages.add_url_rule("/ranking", "ranking", ranking)
    pages.add_url_rule("/ranking/<board>", "ranking_of", ranking)


def ranking(board: str = "season") -> str:
    """The ranking of a leaderboard. Raises NotFound for one that is not."""
    if board not in BOARDS:
        raise NotFound
    frame = present_frame()
    with request_snapshot() as session:
        view = _view(_reading(session, board, frame=frame), cursor=request.args.get("cursor"))
    return render_template("pages/ranking.html", view=view)


def _reading(session: Session, leaderboard: str, *, frame: Frame) -> Reading:
    around, now = here(), request_now()
    policy = policy_or_none(session, now=now)
    week = present_week(session, calendar=around.calendar, policy=policy, now=now)
    period = period_of(leaderboard, season_id=week.bounds.season_id, calendar=around.calendar, now=now)
    board = Board(session=session, client=around.redis, leaderboard=leaderboard, period=period, now=now)
    return Reading(
        session=session, board=board, week=week, policy=policy, frame=frame, calendar=around.calendar, now=now
    )


def _view(reading: Reading, *, cursor: str | None) -> RankingView:
    board, reader = reading.board, reading.frame.reader
    week = week_box(reading.week, calendar=reading.calendar, locale=reading.frame.locale, now=reading.now)
    lines, next_cursor = board.page(cursor=cursor, limit=PAGE_PLACES)
    near = board.around(reader.member_id, n=NEAR) if reader else None
    me = reading.frame.member_id
    shown = places(lines, me=me, prizes=week.prizes if board.leaderboard == "season" else ())
    podium = 0 if cursor else PODIUM
    return RankingView(
        board=board.leaderboard,
        week=week,
        podium=shown[:podium],
        places=shown[podium:],
        near_me=_near_me(near, shown=shown, me=me),
        total=near.count if near else board.count(),
        month=reading.calendar.month_of(reading.now),
        today=reading.frame.today,
        first_page=cursor is None,
        next_cursor=next_cursor,
        me=_my_place(reading, near, reader=reader) if near and reader else None,
        last_week=_last_week(reading),
    )


def _near_me(near: Around | None, *, shown: tuple[Place, ...], me: str | None) -> tuple[Place, ...]:
    """The lines around mine, as far as the page doesn't show them anyway."""
    if near is None or near.own is None or any(place.mine for place in shown):
        return ()
    last = shown[-1].rank if shown else 0
    first = shown[0].rank if shown else 0
    return tuple(place for place in places(near.lines, me=me) if not first <= place.rank <= last)


def _my_place(reading: Reading, near: Around, *, reader: Reader) -> MyPlace:
    worth = comment_worth(
        reading.session,
        policy=reading.policy,
        account_id=reader.account_id,
        day=reading.frame.today,
        now=reading.now,
    )
    if near.own is None:
        starting = worth.points if worth and worth.left_today != 0 else None
        standing = "kept_off" if reader.kept_off else "no_points"
        points = _own_points(reading, reader) if reader.kept_off else 0
        return MyPlace(standing=standing, name=reader.name, points=points, starting_points=starting)
    return _ranked(reading, near.own, lines=near.lines, worth=worth, name=reader.name)


def _own_points(reading: Reading, reader: Reader) -> int:
    """The points of somebody who is kept off the ranking: their own page still says them."""
    row = PointsRow(reading.board.leaderboard, reading.board.period, reader.account_id)
    return max(read_points(reading.session, [row]).get(row, 0), 0)


def _ranked(reading: Reading, own: Line, *, lines: list[Line], worth: CommentWorth | None, name: str) -> MyPlace:
    ranked = MyPlace(standing="ranked", name=name, rank=own.rank, points=own.points)
    if reading.board.leaderboard == "streak":
        return ranked  # whoever is ahead comes tomorrow too: no number of days is sure to reach them
    above = next((line for line in lines if line.rank == own.rank - 1), None)
    below = next((line for line in lines if line.rank == own.rank + 1), None)
    if above is None:
        lead = own.points - below.points if below else None
        return MyPlace(standing="ranked", name=name, rank=own.rank, points=own.points, lead=lead)
    following = next_place(
        rank=own.rank,
        mine=own.points,
        above=above.points,
        worth=worth,
        seconds_left=reading.seconds_left,
        days_left=_days_left(reading),
    )
    return MyPlace(standing="ranked", name=name, rank=own.rank, points=own.points, next_place=following)


def _days_left(reading: Reading) -> int:
    """Whole community days after today until the period ends; plenty where it doesn't."""
    if reading.seconds_left is None:
        return 7
    day_ends_at = reading.calendar.day_start(reading.frame.today) - reading.now
    return max(int((reading.seconds_left - day_ends_at.total_seconds()) // 86_400) - 1, 0)


def _last_week(reading: Reading) -> LastWeek | None:
    return last_week_before(
        reading.session,
        reading.week.bounds,
        calendar=reading.calendar,
        me=reading.frame.member_id,
        now=reading.now,
    )
