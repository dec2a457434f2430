"""Corrections of a member's points: an adjustment, shown before it is made; an award taken back."""

from collections.abc import Mapping
from typing import Any

from flask import make_response, render_template, request
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from ledger.errors import NotEnoughPoints
from rewards.earning.correct import Corrected
from rewards.errors import AwardReversed, UnknownThing
from rewards.http.surroundings import request_now, request_snapshot, request_transaction
from rewards.http.terms import request_terms
from rewards.members.profile import Profile
from rewards.pages import words
from rewards.pages.faces import face_of
from rewards.pages.forms import Filled, go_on, read_form, refuse_aloud, say
from rewards.pages.ranking.weeks import policy_or_none
from rewards.pages.staff.desk import Desk, at_the_desk
from rewards.pages.staff.members.asked import address_of, asked_id, asked_profile
from rewards.pages.staff.members.forms import adjustment_form, reason_form
from rewards.pages.staff.members.once import SentBefore, claim_form, new_once, once_of
from rewards.pages.staff.members.view import LineShown, show_lines
from rewards.pages.staff.members.words import signed
from rewards.pages.statement_words import present_telling
from rewards.ranking.season_rows import read_season
from rewards.staff.points import adjust_points, reverse_points
from rewards.staff.statement import entry_line


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/members/adjust", view=adjustment, needs="staff:manage")
    desk.form("/members/adjust", view=check_adjustment, needs="staff:manage")
    desk.form("/members/adjust/do", view=do_adjustment, needs="staff:manage")
    desk.page("/members/reverse", view=reversal, needs="staff:manage")
    desk.form("/members/reverse", view=do_reversal, needs="staff:manage")


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
    points, overdraft = form.values["points"], form.values["overdraft"]
    if points < 0 and profile.available + points < 0 and not overdraft:
        return _too_much(form, available=profile.available)
    page = render_template(
        "staff/member_adjust_check.html",
        profile=profile,
        face=_face(profile),
        form=form.values,
        after=profile.balance + points,
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
            done = adjust_points(session, member_id, **form.values, actor=at_the_desk().actor, now=request_now())
    except SentBefore as sent:
        _say_sent(sent)
    except NotEnoughPoints as error:
        return _too_much(form, available=error.available)
    except UnknownThing as error:
        raise NotFound from error
    else:
        _say_done(done)
    return go_on(address_of(member_id), page_changes=False)


def reversal() -> AnyResponse:
    """An award that is about to be taken back: what that does."""
    return _reversal(Filled({}))


def do_reversal() -> AnyResponse:
    """Take it back, once."""
    form, once, member_id = read_form(reason_form()), once_of(request.form), asked_id()
    if form.errors or once is None:
        return _reversal(form, status=422)
    seq, reason = _asked_seq(), form.values["reason"]
    try:
        with request_transaction() as session:
            claim_form(session, once, said={"member": member_id, "seq": str(seq), "reason": reason})
            terms, actor = request_terms(session), at_the_desk().actor
            done = reverse_points(
                session, member_id, seq=seq, reason=reason, terms=terms, actor=actor, now=request_now()
            )
    except SentBefore as sent:
        _say_sent(sent)
    except AwardReversed:
        refuse_aloud(gettext("It was taken back meanwhile, or is no award. Nothing was changed."))
    except UnknownThing as error:
        raise NotFound from error
    else:
        _say_done(done)
    return go_on(address_of(member_id), page_changes=False)


def _adjustment(form: Filled, *, status: int = 200) -> AnyResponse:
    with request_snapshot() as session:
        profile = asked_profile(session)
    page = render_template("staff/member_adjust.html", profile=profile, face=_face(profile), form=form)
    return make_response(page, status)


def _too_much(form: Filled, *, available: int) -> AnyResponse:
    said = gettext(
        "Only %(available)sP are available, and nothing was changed. Take fewer, or allow that points are owed.",
        available=words.number(max(available, 0)),
    )
    return _adjustment(Filled(form.given, errors={"points": said}), status=409)


def _reversal(form: Filled, *, status: int = 200) -> AnyResponse:
    with request_snapshot() as session:
        profile = asked_profile(session)
        shown = _award(session, profile)
        line = shown.of.line
        assert line is not None
        season = read_season(session, line.season) if line.season else None
    page = render_template(
        "staff/member_reverse.html",
        profile=profile,
        face=_face(profile),
        shown=shown,
        line=line,
        season=season,
        after=profile.balance - line.points,
        form=form,
        signed=signed,
        once=new_once(),
    )
    return make_response(page, status)


def _award(session: Session, profile: Profile) -> LineShown:
    """The entry that the address names, as a line. Raises NotFound."""
    line = entry_line(session, profile.account_id, seq=_asked_seq())
    if line is None:
        raise NotFound
    telling = present_telling(policy_or_none(session, now=request_now()))
    return show_lines(session, [line], account_id=profile.account_id, telling=telling)[0]


def _asked_seq() -> int:
    seq = request.args.get("seq", type=int)
    if seq is None or not 0 < seq < 2**62:
        raise NotFound
    return seq


def _say_done(done: Corrected) -> None:
    said = gettext(
        "Done: %(points)sP. The balance is %(balance)sP now.",
        points=signed(done.entry.points),
        balance=words.number(done.balance),
    )
    final = gettext("The season is final, so its ranking stays as it is.") if done.season_is_final else ""
    say(f"{said} {final}".rstrip())


def _say_sent(sent: SentBefore) -> None:
    if sent.same:
        say(gettext("It is done, and was done once: the form had been sent twice."))
    else:
        refuse_aloud(gettext("This form was sent before, saying something else. Nothing more was changed."))


def _said(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _face(profile: Profile) -> Any:
    return face_of(profile.member_id, name=profile.name, avatar=profile.avatar)
