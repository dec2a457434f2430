"""One entry of a member in the hands of staff: an award taken back, a reversal taken back. Shown before it is done."""

from collections.abc import Callable

from flask import make_response, render_template, request
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from rewards.earning.correct import Corrected
from rewards.errors import AwardReversed, NotRestorable, UnknownThing
from rewards.http.surroundings import request_now, request_snapshot, request_transaction
from rewards.http.terms import request_terms
from rewards.members.accounts import own_account_of
from rewards.pages.forms import Filled, go_on, read_form, refuse_aloud
from rewards.pages.ranking.weeks import policy_or_none
from rewards.pages.staff.desk import Desk, at_the_desk
from rewards.pages.staff.members.asked import address_of, asked_id, asked_profile
from rewards.pages.staff.members.done import face_of_profile, say_done, say_sent
from rewards.pages.staff.members.forms import reason_form
from rewards.pages.staff.members.once import SentBefore, claim_form, new_once, once_of
from rewards.pages.staff.members.view import LineShown, show_lines
from rewards.pages.staff.members.words import signed
from rewards.pages.statement_words import present_telling
from rewards.ranking.season_rows import SeasonRow, read_season
from rewards.staff.points import restore_points, reverse_points
from rewards.staff.statement import entry_line

Step = Callable[..., Corrected]


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/members/reverse", view=reversal, needs="staff:manage")
    desk.form("/members/reverse", view=do_reversal, needs="staff:manage")
    desk.page("/members/restore", view=restoration, needs="staff:manage")
    desk.form("/members/restore", view=do_restoration, needs="staff:manage")


def reversal() -> AnyResponse:
    """An award that is about to be taken back: what that does."""
    return _entry("staff/member_reverse.html", Filled({}))


def do_reversal() -> AnyResponse:
    """Take it back, once."""
    return _take(
        reverse_points,
        again="staff/member_reverse.html",
        refused=gettext("It was taken back meanwhile, or is no award. Nothing was changed."),
    )


def restoration() -> AnyResponse:
    """A reversal that is about to be taken back: what that does."""
    return _entry("staff/member_restore.html", Filled({}))


def do_restoration() -> AnyResponse:
    """Give the award again, once."""
    return _take(
        restore_points,
        again="staff/member_restore.html",
        refused=gettext("It was given again meanwhile, or was never taken back. Nothing was changed."),
    )


def _take(step: Step, *, again: str, refused: str) -> AnyResponse:
    form, once, member_id = read_form(reason_form()), once_of(request.form), asked_id()
    if form.errors or once is None:
        return _entry(again, form, status=422)
    seq, reason = _asked_seq(), form.values["reason"]
    try:
        with request_transaction() as session:
            claim_form(session, once, said={"member": member_id, "seq": str(seq), "reason": reason})
            terms, actor = request_terms(session), at_the_desk().actor
            done = step(session, member_id, seq=seq, reason=reason, terms=terms, actor=actor, now=request_now())
    except SentBefore as sent:
        say_sent(sent)
    except (AwardReversed, NotRestorable):
        refuse_aloud(refused)
    except UnknownThing as error:
        raise NotFound from error
    else:
        say_done(done)
    return go_on(address_of(member_id), page_changes=False)


def _entry(template: str, form: Filled, *, status: int = 200) -> AnyResponse:
    with request_snapshot() as session:
        profile = asked_profile(session)
        shown = _shown(session, seq=_asked_seq())
        season = _season_of(session, shown)
    assert shown.of.line is not None
    page = render_template(
        template,
        profile=profile,
        face=face_of_profile(profile),
        shown=shown,
        line=shown.of.line,
        season=season,
        after=profile.balance - shown.points,
        form=form,
        signed=signed,
        once=new_once(),
    )
    return make_response(page, status)


def _season_of(session: Session, shown: LineShown) -> SeasonRow | None:
    """The season in which the award behind the entry counted."""
    line = shown.of.line
    assert line is not None
    if line.award_seq is not None:
        award = entry_line(session, line.account_id, seq=line.award_seq)
        line = award.line if award and award.line else line
    return read_season(session, line.season) if line.season else None


def _shown(session: Session, *, seq: int) -> LineShown:
    """The entry that the address names, by the id that the account had of its own. Raises NotFound."""
    line = entry_line(session, own_account_of(session, asked_id()), seq=seq)
    if line is None:
        raise NotFound
    telling = present_telling(policy_or_none(session, now=request_now()))
    return show_lines(session, [line], telling=telling, ids=[asked_id()])[0]


def _asked_seq() -> int:
    seq = request.args.get("seq", type=int)
    if seq is None or not 0 < seq < 2**62:
        raise NotFound
    return seq
