"""The start page: what runs here, and where to go."""

from flask import Blueprint, render_template
from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.http.surroundings import here, request_now, request_snapshot
from rewards.pages.frame import Frame, present_frame
from rewards.pages.ranking.boards import Board, places
from rewards.pages.ranking.weeks import last_day, policy_or_none, present_week, prizes_shown
from rewards.pages.start.view import DemoProgress, Numbers, StartView

TOP = 3

# An account's version is the number of its entries, so that nobody has to count millions of rows.
_NUMBERS = text(
    "select (select count(*) from member where member_id is not null and merged_into is null) as members,"
    " (select coalesce(sum(version), 0)::bigint from account) as entries,"
    " (select count(*) from season where state = 'final') as settled_weeks,"
    " (select count(*) from redemption where state in ('requested', 'awaiting_approval', 'claimed'))"
    " as waiting_redemptions"
)
_DEMO = text("select finished_at is null as feeding from demo")
_DEMO_WEEKS = text(
    "select count(*) filter (where state = 'final') as settled, count(*) as opened from season"
    " where origin = 'backfill'"
)
DEMO_WEEKS = 28
"""How many weeks the demo's messages span."""


def add_to(pages: Blueprint) -> None:
    """Add the address."""
    pages.add_url_rule("/", "start", start)


def start() -> str:
    """The start page."""
    frame = present_frame()
    with request_snapshot() as session:
        view = _view(session, frame)
    return render_template("pages/start.html", view=view)


def _view(session: Session, frame: Frame) -> StartView:
    around, now = here(), request_now()
    policy = policy_or_none(session, now=now)
    week = present_week(session, calendar=around.calendar, policy=policy, now=now)
    bounds = week.bounds
    board = Board(session=session, client=around.redis, leaderboard="season", period=bounds.season_id, now=now)
    return StartView(
        numbers=Numbers(**session.execute(_NUMBERS).one()._asdict()),
        top=places(board.top(limit=TOP), me=frame.member_id, prizes=prizes_shown(week.prizes, locale=frame.locale)),
        first_day=bounds.season_id,
        last_day=last_day(bounds, calendar=around.calendar),
        today=frame.today,
        seconds_left=int((bounds.ends_at - now).total_seconds()),
        demo=_demo(session),
        api_url=around.settings.public_url,
    )


def _demo(session: Session) -> DemoProgress | None:
    """How far the demo is, while it feeds."""
    if not session.execute(_DEMO).scalar_one_or_none():
        return None
    weeks = session.execute(_DEMO_WEEKS).one()
    return DemoProgress(settled_weeks=weeks.settled, weeks=max(DEMO_WEEKS, weeks.opened))
