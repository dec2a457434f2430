"""Seasons: standings, review, disqualification."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from flask import make_response, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from rewards.errors import NotInStanding, SeasonNotInReview, UnknownThing, WinnersChanged
from rewards.http.cursors import cursor_for, place_after
from rewards.http.surroundings import here, request_now, request_snapshot, request_transaction
from rewards.http.terms import request_today
from rewards.pages import words
from rewards.pages.faces import face_of
from rewards.pages.forms import Filled, go_on, read_form, refuse_aloud, say
from rewards.pages.frame import present_frame
from rewards.pages.ranking.weeks import last_day, prizes_shown
from rewards.pages.staff.audit.words import doer
from rewards.pages.staff.desk import Desk, at_the_desk
from rewards.pages.staff.members.asked import asked_id, asked_profile, redemption_address
from rewards.pages.staff.members.forms import reason_form
from rewards.pages.staff.members.words import signed
from rewards.pages.staff.queue.words import state_badge
from rewards.pages.staff.seasons.view import list_seasons, prize_moves, season_page, show_latest_late, show_places
from rewards.pages.staff.seasons.words import state_look, state_word
from rewards.ranking.season_rows import SeasonRow, read_season, state_at
from rewards.staff.seasons import accept_season, disqualify_member, winners_now

LIST = "staff seasons"
_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/seasons", view=seasons, needs="staff:view")
    desk.page("/seasons/<day:season>", view=season, needs="staff:view")
    desk.page("/seasons/<day:season>/disqualify", view=disqualification, needs="staff:manage")
    desk.form("/seasons/<day:season>/disqualify", view=do_disqualify, needs="staff:manage")
    desk.page("/seasons/<day:season>/accept", view=acceptance, needs="staff:manage")
    desk.form("/seasons/<day:season>/accept", view=do_accept, needs="staff:manage")


def seasons() -> str:
    """All seasons, the latest first."""
    place: list[Any] | None = place_after(request.args.get("cursor"), of=LIST)
    before, frame = datetime.fromisoformat(place[0]) if place else _END_OF_TIME, present_frame()
    with request_snapshot() as session:
        listed, further = list_seasons(session, before, locale=frame.locale, now=request_now())
        late = show_latest_late(session) if place is None else ()
    return render_template(
        "staff/seasons.html",
        listed=listed,
        late=late,
        day=lambda day: words.day(day, frame.locale, today=frame.today),
        signed=signed,
        next_cursor=cursor_for([further.isoformat()] if further else None, of=LIST),
        first_page=place is None,
        state_word=state_word,
        state_look=state_look,
    )


def season(season: date) -> str:
    """One season: standings, prizes, and its review while it is provisional."""
    now = request_now()
    with request_snapshot() as session:
        row = _read(session, season)
        view = season_page(session, row, locale=present_frame().locale, cursor=request.args.get("cursor"), now=now)
    return render_template(
        "staff/season.html",
        view=view,
        state_word=state_word,
        state_look=state_look,
        who=doer,
        state_badge=state_badge,
        redemption_address=redemption_address,
        signed=signed,
    )


def disqualification(season: date) -> AnyResponse:
    """Who would move up if somebody were disqualified, before it is done."""
    return _disqualification(season, Filled({}))


def do_disqualify(season: date) -> AnyResponse:
    """Take the member out of the standing."""
    form = read_form(reason_form())
    if form.errors:
        return _disqualification(season, form, status=422)
    try:
        with request_transaction() as session:
            changed = disqualify_member(
                session,
                season,
                member_id=asked_id(),
                reason=form.values["reason"],
                actor=at_the_desk().actor,
                now=request_now(),
            )
    except (SeasonNotInReview, NotInStanding, OperationalError) as error:
        _refuse(error)
    except UnknownThing as error:
        raise NotFound from error
    else:
        _say_disqualified(changed=changed)
    return _back(season)


def acceptance(season: date) -> AnyResponse:
    """The winners and what they get, before the standing is accepted."""
    frame = present_frame()
    with request_snapshot() as session:
        row = _read(session, season)
        state = state_at(row, request_now())
        winners = winners_now(session, season)
    if state != "provisional":
        refuse_aloud(_not_in_review(state))
        return _back(season)
    page = render_template(
        "staff/season_accept.html",
        row=row,
        last_day=last_day(row.bounds, calendar=here().calendar),
        winners=show_places(winners, prizes=prizes_shown(row.prizes, locale=frame.locale)),
        seen=" ".join(str(line.account_id) for line in winners),
    )
    return make_response(page)


def do_accept(season: date) -> AnyResponse:
    """Make the season final, if its winners are those who were shown."""
    try:
        seen = [UUID(one) for one in request.form.get("seen", "").split()]
        with request_transaction() as session:
            done = accept_season(
                session,
                season,
                actor=at_the_desk().actor,
                today=request_today(),
                now=request_now(),
                seen=seen,
            )
    except (SeasonNotInReview, OperationalError) as error:
        _refuse(error)
    except (WinnersChanged, ValueError):
        refuse_aloud(gettext("The winners have changed meanwhile, so nothing was accepted. Look at them again."))
    except UnknownThing as error:
        raise NotFound from error
    else:
        _say_accepted(moved=done.moved, prizes=done.prizes)
    return _back(season)


def _disqualification(season: date, form: Filled, *, status: int = 200) -> AnyResponse:
    frame = present_frame()
    with request_snapshot() as session:
        row, profile = _read(session, season), asked_profile(session)
        prizes = prizes_shown(row.prizes, locale=frame.locale)
        moves = prize_moves(session, row, without=profile.account_id, prizes=prizes)
    if row.state != "provisional":
        refuse_aloud(_not_in_review(state_at(row, request_now())))
        return _back(season)
    page = render_template(
        "staff/season_disqualify.html",
        row=row,
        profile=profile,
        face=face_of(profile.member_id, name=profile.name, avatar=profile.avatar),
        moves=moves,
        form=form,
    )
    return make_response(page, status)


def _read(session: Session, season: date) -> SeasonRow:
    row = read_season(session, season)
    if row is None:
        raise NotFound
    return row


def _refuse(error: Exception) -> None:
    if isinstance(error, SeasonNotInReview):
        refuse_aloud(_not_in_review(error.state))
    elif isinstance(error, NotInStanding):
        refuse_aloud(gettext("The member has no points in that week any more. Nothing was changed."))
    elif isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) == "55P03":
        refuse_aloud(gettext("Points are being written into that week right now. Nothing was changed; try again."))
    else:
        raise error


def _not_in_review(state: str) -> str:
    return gettext("The week is %(state)s now: only a provisional one can be reviewed.", state=state_word(state))


def _say_disqualified(*, changed: bool) -> None:
    if changed:
        say(gettext("Disqualified. Everybody below has moved up by one."))
    else:
        refuse_aloud(gettext("That was done before. Nothing was changed."))


def _say_accepted(*, moved: bool, prizes: int) -> None:
    if moved:
        say(gettext("The week is final. Its prizes are in the queue: %(prizes)s.", prizes=prizes))
    else:
        say(gettext("The week is final already. Nothing was changed."))


def _back(season: date) -> AnyResponse:
    return go_on(url_for("staff.season", season=season), page_changes=False)
