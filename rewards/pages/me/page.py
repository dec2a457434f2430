"""The addresses of the page of one's own, thin: what do I have, and why?"""

from functools import partial

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext
from marshmallow import fields, validate
from werkzeug.wrappers import Response as AnyResponse

from rewards.access.member_sessions import sign_out_everywhere
from rewards.http.auth import SESSION_COOKIE
from rewards.http.surroundings import request_now, request_snapshot, request_transaction
from rewards.members.profile import write_profile
from rewards.pages import words
from rewards.pages.forms import Form, go_on, read_form, refuse_aloud, say
from rewards.pages.frame import present_frame
from rewards.pages.me.reading import Only, read_me
from rewards.pages.me.view import day_name
from rewards.pages.member_pages import add_member_form, add_member_page, signed_in

KINDS: dict[str, Only] = {"earned": "earned", "spent": "spent"}


class RankingForm(Form):
    """Whether leaderboards show the member."""

    shown = fields.String(required=True, validate=validate.OneOf(("yes", "no")))


def add_to(pages: Blueprint) -> None:
    """Add the addresses."""
    add_member_page(pages, "/me", view=me)
    add_member_form(pages, "/me/ranking", view=choose_ranking)
    add_member_form(pages, "/me/sign-out-everywhere", view=leave_everywhere)


def me() -> str:
    """My points, my places, my statement."""
    only = KINDS.get(request.args.get("kind", ""))
    with request_snapshot() as session:
        view = read_me(session, signed_in().member_id, only=only, cursor=request.args.get("cursor"))
    frame = present_frame()
    return render_template(
        "pages/me.html",
        view=view,
        day_name=partial(day_name, locale=frame.locale, today=frame.today),
        short_day=partial(words.day, locale=frame.locale, today=frame.today),
    )


def choose_ranking() -> AnyResponse:
    """Leave the ranking, or come back to it."""
    filled = read_form(RankingForm())
    if filled.errors:
        refuse_aloud(gettext("Nothing was changed. Press one of the buttons on this page."))
        return go_on(url_for("pages.me"), page_changes=False)
    shown = filled.values["shown"] == "yes"
    with request_transaction() as session:
        write_profile(session, signed_in().member_id, changes={"opted_out": not shown}, now=request_now())
    say(gettext("You are back on the ranking.") if shown else gettext("You are off the ranking. Points count on."))
    return go_on(url_for("pages.me"), page_changes=False)


def leave_everywhere() -> AnyResponse:
    """End every session of the member, this one too."""
    with request_transaction() as session:
        sign_out_everywhere(session, signed_in().member_id, now=request_now())
    say(gettext("You are signed out everywhere. The forum signs you in again."))
    answer = go_on(url_for("pages.ranking"))
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer
