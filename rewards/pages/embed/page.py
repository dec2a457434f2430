"""The addresses of the boxes."""

from flask import Blueprint, render_template, request

from rewards.attendance.read import day_board, latest_greetings, members_on
from rewards.http.surroundings import here, request_now, request_snapshot
from rewards.pages.attendance.reading import Reading, arrived, present_reading, read_mine, read_promise
from rewards.pages.embed.box import Box, as_box, present_look
from rewards.pages.embed.view import AttendanceBox, RankingBox, rows_of
from rewards.pages.frame import present_frame
from rewards.pages.ranking.boards import Board, places
from rewards.pages.ranking.weeks import policy_or_none, present_week, week_box

TOP_LEAST = 3
TOP_MOST = 10
TOP = 5
FIRST = 3
GREETINGS = 3


def add_to(pages: Blueprint) -> None:
    """Add the addresses."""
    pages.add_url_rule("/embed/ranking", "embed_ranking", as_box(embed_ranking))
    pages.add_url_rule("/embed/attendance", "embed_attendance", as_box(embed_attendance))


def embed_ranking() -> Box:
    """The week's box: the first places, and what they win."""
    view = _ranking()
    html = render_template("embed/ranking.html", view=view, week=view.week, look=present_look())
    return Box(html, view.week.seconds_left)


def embed_attendance() -> Box:
    """Today's box: how many are here, who came first, what they say."""
    view = _attendance()
    return Box(render_template("embed/attendance.html", view=view, look=present_look()), view.seconds_left)


def top_asked(written: str | None) -> int:
    """How many places are asked for: 3 to 10, by default 5."""
    if written is None or not (written.isascii() and written.isdecimal()):
        return TOP
    return min(max(int(written[:4]), TOP_LEAST), TOP_MOST)


def _ranking() -> RankingBox:
    around, now, top = here(), request_now(), top_asked(request.args.get("top"))
    with request_snapshot() as session:
        policy = policy_or_none(session, now=now)
        week = present_week(session, calendar=around.calendar, policy=policy, now=now)
        period = week.bounds.season_id
        board = Board(session=session, client=around.redis, leaderboard="season", period=period, now=now)
        lines = board.top(limit=top)
    shown = week_box(week, calendar=around.calendar, locale=present_frame().locale, now=now)
    rows = rows_of(places(lines, me=None), prizes=shown.prizes, top=top)
    return RankingBox(week=shown, rows=rows, anybody=bool(lines))


def _attendance() -> AttendanceBox:
    # The reader is asked for first, so that a request never holds two connections.
    present_frame()
    with request_snapshot() as session:
        reading = present_reading(session)
        mine = read_mine(reading)
        lines = day_board(session, reading.today, limit=FIRST)
        greeted = latest_greetings(session, reading.today, limit=GREETINGS)
        return AttendanceBox(
            total=members_on(session, reading.today),
            first=arrived(lines, me=None, bonuses=tuple(reading.rules.places) if reading.rules else ()),
            greetings=arrived(greeted, me=None, bonuses=()),
            state=mine.state if mine else None,
            streak=mine.streak if mine else 0,
            points=_points(reading, mine.state if mine else None),
            seconds_left=reading.seconds_left,
        )


def _points(reading: Reading, state: str | None) -> int | None:
    """What the button earns: for whoever is signed in exactly that, for a visitor what everybody gets at least."""
    if reading.rules is None or state not in (None, "open"):
        return None
    if state is None:
        return reading.rules.base
    promise = read_promise(reading)
    return promise.points if promise else None
