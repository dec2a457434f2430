"""A member's own redemptions: where each is, its steps, cancelling, and the code on request."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, make_response, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from market.codes import ReadCode, code_keys
from market.errors import WrongState
from market.queue import Cursor, RedemptionRow, redemptions_of
from rewards.exchange import cancel_own, own_redemption
from rewards.exchange import show_code as show_own_code
from rewards.http.cursors import cursor_for, place_after
from rewards.http.surroundings import here, request_now, request_snapshot, request_transaction
from rewards.members.accounts import accounts_of
from rewards.pages import words
from rewards.pages.forms import go_on, refuse_aloud, say
from rewards.pages.frame import present_frame
from rewards.pages.market.own import shown_to_owner, steps_of
from rewards.pages.market.own_view import RedemptionsView, RedemptionView
from rewards.pages.market.waiting import typical_wait
from rewards.pages.member_pages import add_member_form, add_member_page, signed_in

PAGE_REDEMPTIONS = 20
ONE = "/market/redemptions/<uuid:redemption_id>"


def add_to(pages: Blueprint) -> None:
    """Add the addresses."""
    add_member_page(pages, "/market/redemptions", view=redemptions)
    add_member_page(pages, ONE, view=redemption)
    add_member_form(pages, ONE, view=show_code)
    add_member_form(pages, f"{ONE}/cancel", view=cancel_redemption)


def redemptions() -> str:
    """All of one's own, the newest first."""
    reader, cursor = signed_in(), request.args.get("cursor")
    of = f"page redemptions {reader.account_id}"
    place = place_after(cursor, of=of)
    before = Cursor(datetime.fromisoformat(place[0]), UUID(place[1])) if place else None
    with request_snapshot() as session:
        accounts = accounts_of(session, reader.member_id)
        rows = redemptions_of(session, accounts, limit=PAGE_REDEMPTIONS + 1, before=before)
        shown = rows[:PAGE_REDEMPTIONS]
        view = RedemptionsView(
            redemptions=shown_to_owner(session, shown, frame=present_frame(), now=request_now()),
            first_page=cursor is None,
            next_cursor=cursor_for(_place(shown[-1]) if len(rows) > PAGE_REDEMPTIONS else None, of=of),
        )
    return render_template("pages/market_redemptions.html", view=view)


def redemption(redemption_id: UUID) -> str:
    """One of one's own. Another member's is not to be found."""
    with request_snapshot() as session:
        view = _view(session, redemption_id, code=None)
    return render_template("pages/market_redemption.html", view=view)


def show_code(redemption_id: UUID) -> AnyResponse:
    """The same page with its code, which nobody keeps: not the browser, not a proxy, not the address."""
    keys = code_keys(here().settings.code_keys)
    try:
        with request_transaction() as session:
            code = show_own_code(session, redemption_id, member_id=signed_in().member_id, keys=keys, now=request_now())
    except WrongState:
        refuse_aloud(gettext("There is no code to show: the gift card has not been sent."))
        return go_on(url_for("pages.redemption", redemption_id=redemption_id), page_changes=False)
    # Read again only after the reading was noted and kept: no code is shown that nobody knows was shown.
    with request_snapshot() as session:
        view = _view(session, redemption_id, code=code)
    answer = make_response(render_template("pages/market_redemption.html", view=view))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def cancel_redemption(redemption_id: UUID) -> AnyResponse:
    """Points and stock back, until staff have it in hand."""
    try:
        with request_transaction() as session:
            cancelled = cancel_own(
                session, redemption_id, member_id=signed_in().member_id, actor="member", now=request_now()
            )
        points = words.number(cancelled.points)
        say(gettext("Cancelled. %(points)sP are yours to spend again.", points=points))
    except WrongState as wrong:
        _say_too_late(wrong.have)
    return go_on(url_for("pages.redemption", redemption_id=redemption_id))


def _say_too_late(state: str) -> None:
    if state == "cancelled":
        say(gettext("It was cancelled already."))
    elif state == "claimed":
        refuse_aloud(gettext("It is too late to cancel: the staff have it in hand. Nothing has changed."))
    else:
        refuse_aloud(gettext("It can no longer be cancelled: it is over. Nothing has changed."))


def _view(session: Session, redemption_id: UUID, *, code: ReadCode | None) -> RedemptionView:
    frame, now = present_frame(), request_now()
    row = own_redemption(session, redemption_id, member_id=signed_in().member_id)
    (shown,) = shown_to_owner(session, [row], frame=frame, now=now)
    expires_on = code.expires_on if code else None
    return RedemptionView(
        shown=shown,
        steps=steps_of(session, redemption_id, frame=frame),
        wait=typical_wait(session) if shown.ahead is not None else None,
        code=code,
        expires=words.day(expires_on, frame.locale, today=frame.today) if expires_on else None,
    )


def _place(row: RedemptionRow) -> list[str]:
    return [row.requested_at.isoformat(), str(row.redemption_id)]
