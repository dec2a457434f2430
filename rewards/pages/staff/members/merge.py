"""Merging a member into another: who, what that will do, and then done for good."""

from flask import make_response, render_template, request
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from rewards.errors import MergeRefused, UnknownThing
from rewards.http.surroundings import here, request_now, request_snapshot, request_transaction
from rewards.members.profile import Profile, read_profile
from rewards.pages.forms import Filled, go_on, read_form, say
from rewards.pages.staff.desk import Desk, at_the_desk
from rewards.pages.staff.members.asked import address_of, asked_id, asked_profile
from rewards.pages.staff.members.done import face_of_profile, say_sent
from rewards.pages.staff.members.forms import merge_form
from rewards.pages.staff.members.once import SentBefore, claim_form, new_once, once_of
from rewards.staff.members import merge_members


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/members/merge", view=merging, needs="staff:manage")
    desk.form("/members/merge", view=check_merge, needs="staff:manage")
    desk.form("/members/merge/do", view=do_merge, needs="staff:manage")


def merging() -> AnyResponse:
    """Whom the member is to become."""
    return _merging(Filled({}))


def check_merge() -> AnyResponse:
    """What the merge will do, with both before it."""
    form = read_form(merge_form())
    if form.errors:
        return _merging(form, status=422)
    with request_snapshot() as session:
        profile = asked_profile(session)
        into = _survivor(session, form)
    if into is None:
        return _refused(form, _words("nobody"), status=404)
    if into.account_id == profile.account_id:
        return _refused(form, _words("itself"))
    if profile.held:
        return _refused(form, _words("held"))
    page = render_template(
        "staff/member_merge_check.html",
        profile=profile,
        face=face_of_profile(profile),
        into=into,
        into_face=face_of_profile(into),
        once=new_once(),
    )
    return make_response(page)


def do_merge() -> AnyResponse:
    """Merge, once."""
    form, once, member_id = read_form(merge_form()), once_of(request.form), asked_id()
    if form.errors or once is None:
        return _merging(form, status=422)
    into, calendar = form.values["into"], here().calendar
    try:
        with request_transaction() as session:
            claim_form(session, once, said={"member": member_id, "into": into})
            actor, now = at_the_desk().actor, request_now()
            done = merge_members(session, member_id, into=into, actor=actor, calendar=calendar, now=now)
    except SentBefore as sent:
        say_sent(sent)
        return go_on(address_of(into), page_changes=False)
    except MergeRefused as error:
        return _refused(form, _words(error.why))
    except UnknownThing as error:
        raise NotFound from error
    say(gettext("Merged. Whoever asks for the old id finds this member now."))
    return go_on(address_of(done.member_id), page_changes=False)


def _survivor(session: Session, form: Filled) -> Profile | None:
    try:
        return read_profile(session, form.values["into"])
    except UnknownThing:
        return None


def _merging(form: Filled, *, status: int = 200) -> AnyResponse:
    with request_snapshot() as session:
        profile = asked_profile(session)
    page = render_template("staff/member_merge.html", profile=profile, face=face_of_profile(profile), form=form)
    return make_response(page, status)


def _refused(form: Filled, said: str, *, status: int = 409) -> AnyResponse:
    return _merging(Filled(form.given, errors={"into": said}), status=status)


def _words(why: str) -> str:
    return {
        "nobody": gettext("There is no member with this id. Nothing was changed."),
        "itself": gettext("This is the same member. Nothing was changed."),
        "merged": gettext("The member was merged already. Nothing was changed."),
        "held": gettext("Points are set aside for redemptions under way: finish or reject these first."),
    }[why]
