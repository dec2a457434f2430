"""Past weeks: who won each, and the standings of one."""

from datetime import UTC, date, datetime

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from rewards.http.cursors import cursor_for, place_after
from rewards.http.surroundings import here, request_now, request_snapshot
from rewards.pages.frame import Frame, present_frame
from rewards.pages.ranking.boards import Board, places
from rewards.pages.ranking.past_weeks import final_since, neighbours, past_weeks
from rewards.pages.ranking.view import HallOfFame, SettledWeek
from rewards.pages.ranking.weeks import last_day, prizes_shown
from rewards.ranking.season_rows import SeasonRow, read_season, state_at

PAGE_WEEKS = 24
PAGE_PLACES = 100
HALL = "page hall of fame"


def add_to(pages: Blueprint) -> None:
    """Add the addresses."""
    pages.add_url_rule("/ranking/seasons", "hall_of_fame", hall_of_fame)
    pages.add_url_rule("/ranking/seasons/<day:season>", "settled_week", settled_week)


def hall_of_fame() -> str:
    """Every week that is over, with its winners."""
    frame, now = present_frame(), request_now()
    place = place_after(request.args.get("cursor"), of=HALL)
    before = datetime.fromisoformat(place[0]) if place else now
    with request_snapshot() as session:
        weeks, further = past_weeks(
            session, before, calendar=here().calendar, limit=PAGE_WEEKS, me=frame.member_id, now=now
        )
    next_cursor = cursor_for([further.isoformat()] if further else None, of=HALL)
    view = HallOfFame(weeks=weeks, today=frame.today, next_cursor=next_cursor)
    return render_template("pages/hall_of_fame.html", view=view)


def settled_week(season: date) -> str:
    """A week's standings: final ones as they were fixed, others as they are. Raises NotFound until the week is over."""
    frame, now = present_frame(), request_now()
    with request_snapshot() as session:
        row = read_season(session, season)
        if row is None or row.ends_at > now:
            raise NotFound
        view = _settled(session, row, frame=frame, cursor=request.args.get("cursor"), now=now)
    return render_template("pages/settled_week.html", view=view)


def _settled(session: Session, row: SeasonRow, *, frame: Frame, cursor: str | None, now: datetime) -> SettledWeek:
    around = here()
    board = Board(session=session, client=around.redis, leaderboard="season", period=row.season_id, now=now)
    lines, next_cursor = board.page(cursor=cursor, limit=PAGE_PLACES)
    previous, following = neighbours(session, row, now=now)
    return SettledWeek(
        season_id=row.season_id,
        first_day=row.season_id,
        last_day=last_day(row.bounds, calendar=around.calendar),
        today=frame.today,
        ends_at=row.ends_at.astimezone(UTC),
        state=state_at(row, now),
        standings_hash=row.standings_hash.hex() if row.standings_hash else None,
        settled_at=final_since(session, row.season_id),
        members=board.count(),
        places=places(lines, me=frame.member_id, prizes=prizes_shown(row.prizes, locale=frame.locale)),
        next_cursor=next_cursor,
        first_page=cursor is None,
        previous=previous,
        following=following,
    )
