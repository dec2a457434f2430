"""The addresses of attendance: the page, and its button."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from babel.dates import get_day_names
from flask import Blueprint, make_response, render_template, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from rewards.errors import MemberSuspended, NotToday, StaleForm
from rewards.http.attending import check_in_now
from rewards.http.fields import Day, Line, day_of
from rewards.http.surroundings import request_snapshot
from rewards.http.terms import request_today
from rewards.pages import words
from rewards.pages.attendance.reading import Wanted, read_attendance
from rewards.pages.forms import Filled, Form, go_on, read_form, refuse_aloud, say
from rewards.pages.frame import present_frame
from rewards.pages.member_pages import add_member_form, signed_in
from rewards.pages.names import bonus_name

GREETING_MAX = 100


class CheckInForm(Form):
    """The button, with what its member says; `day` is the one on which the page was opened."""

    greeting = Line(load_default=None, longest=GREETING_MAX)
    day = Day(required=True)


def add_to(pages: Blueprint) -> None:
    """Add the addresses."""
    pages.add_url_rule("/attendance", "attendance", attendance)
    add_member_form(pages, "/attendance", view=check_in_today)


def attendance() -> str:
    """Have I been here today, and what do I get? Raises NotFound for a month or day that is none, or lies ahead."""
    today = request_today()
    month = _asked(f"{asked}-01" if (asked := request.args.get("month")) else None, default=today)
    day = _asked(request.args.get("day"), default=today)
    return _page(Wanted(month=month.replace(day=1), day=day, cursor=request.args.get("cursor")))


def check_in_today() -> AnyResponse:
    """Check in, once: a second press answers with the first. Raises StaleForm for a form without its day."""
    filled = read_form(CheckInForm())
    if "day" in filled.errors:
        raise StaleForm
    if filled.errors:
        return _again(filled, status=422, wrong=gettext("One line of at most %(num)d characters.", num=GREETING_MAX))
    try:
        done = check_in_now(signed_in().member_id, **filled.values)
    except NotToday:
        refuse_aloud(
            gettext("Midnight has passed, so this did not count for the day before. Today is open: press again.")
        )
        return _again(filled, status=409)
    except MemberSuspended:
        return go_on(url_for("pages.attendance"), page_changes=False)  # which says so, and why there is no button
    if not done.repeated:
        say(gettext("You are here today. %(points)sP for it.", points=words.number(done.points)))
    elif filled.values["greeting"] not in (None, done.greeting):
        say(gettext("You were here today already. What you said first stands."))
    return go_on(url_for("pages.attendance"), page_changes=False)


def _again(filled: Filled, *, status: int, wrong: str | None = None) -> AnyResponse:
    """The page once more, with what was written."""
    today = request_today()
    errors = {"greeting": wrong} if wrong else {}
    shown = _page(Wanted(month=today.replace(day=1), day=today), form=Filled(filled.given, errors=errors))
    return make_response(shown, status)


def _page(wanted: Wanted, **more: Any) -> str:
    # The reader is asked for first, so that a request never holds two connections.
    phrases = _phrases()
    with request_snapshot() as session:
        view = read_attendance(session, wanted)
    return render_template("pages/attendance.html", view=view, bonus_name=bonus_name, **phrases, **more)


def _phrases() -> Mapping[str, Callable[..., str]]:
    """What the templates call to say days and times."""
    frame = present_frame()
    short = get_day_names("abbreviated", locale=frame.locale)
    return {
        "weekday_short": lambda number: short[number],
        "day_name": lambda day: words.day(day, frame.locale, today=frame.today),
        "to_the_second": lambda at: f"{at.astimezone(frame.timezone):%H:%M:%S}",
    }


def _asked(written: str | None, *, default: date) -> date:
    """A day that is asked for, never one ahead."""
    if written is None:
        return default
    day = day_of(written)
    if day is None or day > default:
        raise NotFound
    return day
