"""The inbox of adjustments: what waits for a second of the staff, looked at one by one and decided once."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import make_response, render_template, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from ledger.errors import NotEnoughPoints
from rewards.errors import AdjustmentDecided, AskedByAnother, AskedByYou, MemberGone, UnknownThing
from rewards.http.cursors import cursor_for, place_after
from rewards.http.surroundings import request_now, request_snapshot, request_transaction
from rewards.pages.forms import Filled, go_on, read_form, refuse_aloud, say
from rewards.pages.staff.adjustments.view import adjustment_page, list_adjustments
from rewards.pages.staff.adjustments.words import refusal
from rewards.pages.staff.desk import Desk, at_the_desk
from rewards.pages.staff.members.done import say_sent
from rewards.pages.staff.members.forms import reason_form
from rewards.pages.staff.members.once import SentBefore, claim_form, new_once, once_of
from rewards.pages.staff.members.words import signed
from rewards.staff.adjustment_rows import AdjustmentRow
from rewards.staff.adjustments import approve, refuse, withdraw

ONE = "/adjustments/<uuid:adjustment_id>"


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/adjustments", view=adjustments, needs="staff:view")
    desk.page(ONE, view=adjustment_asked, needs="staff:view")
    desk.form(f"{ONE}/approve", view=approve_adjustment, needs="staff:manage")
    desk.form(f"{ONE}/refuse", view=refuse_adjustment, needs="staff:manage")
    desk.form(f"{ONE}/withdraw", view=withdraw_adjustment, needs="staff:manage")


def adjustments() -> str:
    """What waits for a second of the staff, or what became of it."""
    tab = "decided" if request.args.get("tab") == "decided" else "waiting"
    of = f"staff adjustments {tab}"
    place: list[Any] | None = place_after(request.args.get("cursor"), of=of)
    with request_snapshot() as session:
        listed, further = list_adjustments(session, tab, after=UUID(place[0]) if place else None, now=request_now())
    return render_template(
        "staff/adjustments.html",
        listed=listed,
        tab=tab,
        next_cursor=cursor_for([str(further)] if further else None, of=of),
        first_page=place is None,
        signed=signed,
    )


def adjustment_asked(adjustment_id: UUID) -> AnyResponse:
    """One of them: whose points, why, what it would leave."""
    return _one(adjustment_id, Filled({}))


def approve_adjustment(adjustment_id: UUID) -> AnyResponse:
    """Post it, once."""
    return _step(approve, adjustment_id, form=Filled({}), done=gettext("Approved: the points have moved."))


def refuse_adjustment(adjustment_id: UUID) -> AnyResponse:
    """Refuse it, for a reason."""
    form = read_form(reason_form())
    return _step(refuse, adjustment_id, form=form, done=gettext("Refused: nothing moves."))


def withdraw_adjustment(adjustment_id: UUID) -> AnyResponse:
    """Take back what one has asked for oneself."""
    return _step(withdraw, adjustment_id, form=Filled({}), done=gettext("Withdrawn: nothing moves."))


def _step(step: Callable[..., AdjustmentRow], adjustment_id: UUID, *, form: Filled, done: str) -> AnyResponse:
    once = once_of(request.form)
    if form.errors or once is None:
        return _one(adjustment_id, form, status=422)
    said = {"step": step.__name__, "adjustment": str(adjustment_id), **form.values}
    try:
        with request_transaction() as session:
            claim_form(session, once, said=said)
            step(session, adjustment_id, **form.values, actor=at_the_desk().actor, now=request_now())
    except SentBefore as sent:
        say_sent(sent)
    except (AdjustmentDecided, AskedByAnother, AskedByYou, MemberGone, NotEnoughPoints) as error:
        refuse_aloud(refusal(error))
    except UnknownThing as error:
        raise NotFound from error
    else:
        say(done)
    return go_on(url_for("staff.adjustment_asked", adjustment_id=adjustment_id), page_changes=False)


def _one(adjustment_id: UUID, form: Filled, *, status: int = 200) -> AnyResponse:
    try:
        with request_snapshot() as session:
            view = adjustment_page(session, adjustment_id, actor=at_the_desk().actor)
    except UnknownThing as error:
        raise NotFound from error
    page = render_template("staff/adjustment.html", view=view, form=form, signed=signed, once=new_once())
    return make_response(page, status)
