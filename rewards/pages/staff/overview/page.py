"""The front page of the desk: what is next, is anything wrong?"""

import redis
from flask import render_template
from sqlalchemy.orm import Session

from rewards.access.audit import read_audit
from rewards.http.surroundings import here, request_now, request_snapshot
from rewards.pages.frame import present_frame
from rewards.pages.staff.audit.view import DeedShown, show_lines
from rewards.pages.staff.desk import Desk, at_the_desk, may
from rewards.pages.staff.overview.view import OVERDUE_AFTER, Asking, read_front
from rewards.pages.staff.overview.words import RankingState, needs_of, product_name, stock_words
from rewards.pages.staff.queue.words import age
from rewards.ranking.keys import LIVE

LINES = 8


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/", view=front, needs="staff:view")


def front() -> str:
    """The front page."""
    around, frame, now = here(), present_frame(), request_now()
    asking = Asking(actor=at_the_desk().actor, calendar=around.calendar, review=around.settings.season_review, now=now)
    with request_snapshot() as session:
        view = read_front(session, asking)
        lines = _lines(session)
    last = view.machine.verified.last
    oldest_at = view.work.queue.oldest_at
    return render_template(
        "staff/front.html",
        view=view,
        needs=needs_of(view, ranking=_ranking(), frame=frame, now=now),
        oldest=oldest_at and age(oldest_at, now=now),
        too_old=oldest_at is not None and now - oldest_at > OVERDUE_AFTER,
        first_out=[(product_name(one, frame), stock_words(one, frame=frame)) for one in view.work.low[:1]],
        verified=last and age(last.finished_at, now=now),
        alarms=view.machine.verified.alarms(now),
        lines=lines,
    )


def _lines(session: Session) -> list[DeedShown]:
    """The latest lines of the audit: everybody's for whoever may read it, else one's own."""
    actor = None if may("staff:manage") else at_the_desk().actor
    return show_lines(session, read_audit(session, limit=LINES, actor=actor), frame=present_frame(), now=request_now())


def _ranking() -> RankingState:
    try:
        live = here().redis.get(LIVE) is not None
    except redis.RedisError:
        return RankingState(redis=False, live=False)
    return RankingState(redis=True, live=live)
