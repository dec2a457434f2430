"""What a member may do and where they are seen: suspended or not, hidden or not; and being forgotten."""

from flask import make_response, render_template, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from rewards.errors import UnknownThing
from rewards.http.surroundings import request_now, request_snapshot, request_transaction
from rewards.pages.faces import face_of
from rewards.pages.forms import PROOF, Filled, go_on, read_form, refuse_aloud, say
from rewards.pages.staff.desk import Desk, at_the_desk
from rewards.pages.staff.members.asked import address_of, asked_id, asked_profile
from rewards.pages.staff.members.forms import suspension_form
from rewards.pages.staff.members.words import ground_choices
from rewards.staff.members import erase_member, hide_member, suspend_member


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/members/suspend", view=suspension, needs="staff:manage")
    desk.form("/members/suspend", view=do_suspension, needs="staff:manage")
    desk.form("/members/readmit", view=readmit, needs="staff:manage")
    desk.form("/members/hide", view=hide, needs="staff:manage")
    desk.page("/members/erase", view=erasure, needs="staff:manage")
    desk.form("/members/erase", view=do_erasure, needs="staff:manage")


def suspension() -> AnyResponse:
    """What a suspension does, and on what ground it may be."""
    return _suspension(Filled({}))


def do_suspension() -> AnyResponse:
    """Suspend the member."""
    form = read_form(suspension_form())
    if form.errors:
        return _suspension(form, status=422)
    if _suspend(suspended=True, **form.values):
        say(gettext("Suspended: neither earns nor spends, and has no place on the rankings."))
    else:
        refuse_aloud(gettext("Somebody had suspended the member already. Nothing was changed."))
    return _back()


def readmit() -> AnyResponse:
    """End the suspension."""
    if _suspend(suspended=False):
        say(gettext("Readmitted: earns and spends again, and is back on the rankings."))
    else:
        refuse_aloud(gettext("The member is not suspended any more. Nothing was changed."))
    return _back()


def hide() -> AnyResponse:
    """Keep the member off the rankings, or show them again."""
    hidden = request.form.get("hidden") == "true"
    try:
        with request_transaction() as session:
            asked_profile(session)
            hide_member(session, asked_id(), hidden=hidden, actor=at_the_desk().actor, now=request_now())
    except UnknownThing as error:
        raise NotFound from error
    say(gettext("Hidden from the rankings.") if hidden else gettext("Shown on the rankings again."))
    return _back()


def erasure() -> AnyResponse:
    """What erasing somebody means, before it is done."""
    return _erasure(Filled({}))


def do_erasure() -> AnyResponse:
    """Forget the member, if their id was typed."""
    member_id, typed = asked_id(), request.form.get("typed", "")
    if typed not in (member_id, member_id.strip()):
        given = {name: value for name, value in request.form.items() if name != PROOF}
        wrong = gettext("This is not the id. Type it exactly as it stands above.")
        return _erasure(Filled(given, errors={"typed": wrong}), status=422)
    try:
        with request_transaction() as session:
            erase_member(session, member_id, actor=at_the_desk().actor, now=request_now())
    except UnknownThing as error:
        raise NotFound from error
    say(gettext("Erased. Nobody can tell any more whose points they were."))
    return go_on(url_for("staff.members"), page_changes=False)


def _suspend(*, suspended: bool, ground: str | None = None, reason: str | None = None) -> bool:
    try:
        with request_transaction() as session:
            return suspend_member(
                session,
                asked_id(),
                suspended=suspended,
                ground=ground,
                reason=reason,
                actor=at_the_desk().actor,
                now=request_now(),
            )
    except UnknownThing as error:
        raise NotFound from error


def _suspension(form: Filled, *, status: int = 200) -> AnyResponse:
    return _page("staff/member_suspend.html", form, status=status)


def _erasure(form: Filled, *, status: int = 200) -> AnyResponse:
    return _page("staff/member_erase.html", form, status=status)


def _page(template: str, form: Filled, *, status: int) -> AnyResponse:
    with request_snapshot() as session:
        profile = asked_profile(session)
    face = face_of(profile.member_id, name=profile.name, avatar=profile.avatar)
    return make_response(
        render_template(template, profile=profile, face=face, form=form, grounds=ground_choices()), status
    )


def _back() -> AnyResponse:
    return go_on(address_of(asked_id()), page_changes=False)
