"""Adjustments of a member's points, shown before they are made."""

from collections.abc import Mapping
from typing import Any

from flask import make_response, render_template, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from ledger.errors import NotEnoughPoints
from rewards.earning.correct import Corrected
from rewards.errors import CapReached, UnknownThing
from rewards.http.adjusting import adjuster
from rewards.http.surroundings import request_snapshot, request_transaction
from rewards.pages import words
from rewards.pages.forms import Filled, go_on, read_form, say
from rewards.pages.staff.desk import Desk
from rewards.pages.staff.members.asked import address_of, asked_id, asked_profile
from rewards.pages.staff.members.done import face_of_profile, say_done, say_sent
from rewards.pages.staff.members.forms import adjustment_form
from rewards.pages.staff.members.once import SentBefore, claim_form, new_once, once_of
from rewards.pages.staff.members.words import signed
from rewards.staff.adjustment_rows import AdjustmentRow
from rewards.staff.adjustments import adjust_within, look_ahead


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/members/adjust", view=adjustment, needs="staff:manage")
    desk.form("/members/adjust", view=check_adjustment, needs="staff:manage")
    desk.form("/members/adjust/do", view=do_adjustment, needs="staff:manage")


def adjustment() -> AnyResponse:
    """The form of an adjustment."""
    return _adjustment(Filled({}))


def check_adjustment() -> AnyResponse:
    """What an adjustment would leave: looked at before it is made."""
    form = read_form(adjustment_form())
    if form.errors:
        return _adjustment(form, status=422)
    with request_snapshot() as session:
        profile = asked_profile(session)
        outlook = look_ahead(session, form.values["points"], by=adjuster())
    points, overdraft = form.values["points"], form.values["overdraft"]
    if points < 0 and profile.available + points < 0 and not overdraft:
        return _too_much(form, available=profile.available)
    if outlook.verdict == "over_cap":
        return _over_cap(form, left=outlook.left or 0)
    page = render_template(
        "staff/member_adjust_check.html",
        profile=profile,
        face=face_of_profile(profile),
        form=form.values,
        after=profile.balance + points,
        waits=outlook.verdict == "waits",
        signed=signed,
        once=new_once(),
    )
    return make_response(page)


def do_adjustment() -> AnyResponse:
    """Make it, once."""
    form, once, member_id = read_form(adjustment_form()), once_of(request.form), asked_id()
    if form.errors or once is None:
        return _adjustment(form, status=422)
    try:
        with request_transaction() as session:
            claim_form(session, once, said={**_said(form.values), "member": member_id})
            done = adjust_within(session, member_id, **form.values, by=adjuster())
    except SentBefore as sent:
        say_sent(sent)
    except NotEnoughPoints as error:
        return _too_much(form, available=error.available)
    except CapReached as error:
        return _over_cap(form, left=max(error.cap - error.used, 0))
    except UnknownThing as error:
        raise NotFound from error
    else:
        return _made(done, member_id=member_id)
    return go_on(address_of(member_id), page_changes=False)


def _made(done: Corrected | AdjustmentRow, *, member_id: str) -> AnyResponse:
    if isinstance(done, Corrected):
        say_done(done)
        return go_on(address_of(member_id), page_changes=False)
    say(gettext("It waits for somebody else of the staff; nothing has moved yet."))
    return go_on(url_for("staff.adjustment_asked", adjustment_id=done.adjustment_id), page_changes=False)


def _adjustment(form: Filled, *, status: int = 200) -> AnyResponse:
    with request_snapshot() as session:
        profile = asked_profile(session)
    page = render_template("staff/member_adjust.html", profile=profile, face=face_of_profile(profile), form=form)
    return make_response(page, status)


def _too_much(form: Filled, *, available: int) -> AnyResponse:
    said = gettext(
        "Only %(available)sP are available, and nothing was changed. Take fewer, or allow that points are owed.",
        available=words.number(max(available, 0)),
    )
    return _adjustment(Filled(form.given, errors={"points": said}), status=409)


def _over_cap(form: Filled, *, left: int) -> AnyResponse:
    said = gettext(
        "Of what you may adjust on a day %(left)sP are left, and nothing was changed. Ask somebody else of the staff.",
        left=words.number(left),
    )
    return _adjustment(Filled(form.given, errors={"points": said}), status=409)


def _said(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}
