"""The steps that staff take in the queue: each done in one transaction, said aloud, and back to the queue."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from market.errors import BadCode, CodeDoubled, MarketError, UnknownRedemption, WrongState
from market.queue import RedemptionRow, find_redemption, history_of
from market.states import STEPS, Action
from rewards.errors import PrizeNotReturned, UnknownThing
from rewards.http.at_work import at_work
from rewards.http.surroundings import request_snapshot, request_transaction
from rewards.pages.forms import Filled, go_on, read_form, refuse_aloud, say
from rewards.pages.frame import present_frame
from rewards.pages.staff.desk import Desk, at_the_desk, may
from rewards.pages.staff.queue.asked import asked, filter_of
from rewards.pages.staff.queue.forms import RejectionForm, code_form, reason_form
from rewards.pages.staff.queue.members import label_of
from rewards.pages.staff.queue.shown import queue_page
from rewards.pages.staff.queue.view import Aftermath
from rewards.pages.staff.queue.words import code_fault, refusal
from rewards.staff import redemptions

FULFIL, MANAGE = "staff:fulfil", "staff:manage"
ONE = "/queue/<uuid:redemption_id>"
ATTEMPTS_MAX = 20
"""How often somebody may be slower than others at taking the next one before they are told."""


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.form("/queue/next", view=queue_next, needs=FULFIL)
    desk.form(f"{ONE}/claim", view=queue_claim, needs=FULFIL)
    desk.form(f"{ONE}/release", view=queue_release, needs=FULFIL)
    desk.form(f"{ONE}/approve", view=queue_approve, needs=MANAGE)
    desk.form(f"{ONE}/fulfil", view=queue_fulfil, needs=FULFIL)
    desk.form(f"{ONE}/typed", view=queue_typed, needs=FULFIL)
    desk.form(f"{ONE}/reject", view=queue_reject, needs=FULFIL)
    desk.form(f"{ONE}/pass-on", view=queue_pass_on, needs=MANAGE)
    desk.form(f"{ONE}/code", view=queue_code, needs=FULFIL)


def queue_next() -> AnyResponse:
    """Take the oldest in hand that waits; two who press at once get two different ones."""
    for _ in range(ATTEMPTS_MAX):
        try:
            with request_transaction() as session:
                only = filter_of(session, asked(), actor=at_the_desk().actor)
                row = redemptions.claim_next(session, by=at_work(), only=only)
        except WrongState:
            continue  # somebody else has it: the next one, then
        return _nothing_left() if row is None else _taken(row)
    refuse_aloud(gettext("Others were faster each time. Nothing was changed; please try again."))
    return _back(None)


def queue_claim(redemption_id: UUID) -> AnyResponse:
    """Take it in hand."""
    return _take(
        redemption_id,
        action="claim",
        step=lambda session: redemptions.claim(session, redemption_id, by=at_work()),
        done=lambda label: gettext("In your hand: %(what)s", what=label),
    )


def queue_release(redemption_id: UUID) -> AnyResponse:
    """Lay it back."""
    return _take(
        redemption_id,
        action="release",
        step=lambda session: redemptions.release(session, redemption_id, by=at_work()),
        done=lambda label: gettext("Laid back into the queue: %(what)s", what=label),
    )


def queue_approve(redemption_id: UUID) -> AnyResponse:
    """Let it on."""
    return _take(
        redemption_id,
        action="approve",
        step=lambda session: redemptions.approve(session, redemption_id, by=at_work()),
        done=lambda label: gettext("Approved: %(what)s. Somebody else fulfils it now.", what=label),
    )


def queue_fulfil(redemption_id: UUID) -> AnyResponse:
    """Send a code from the stock."""
    return _take(
        redemption_id,
        action="fulfil",
        step=lambda session: redemptions.fulfil_at_once(session, redemption_id, by=at_work()),
        done=lambda label: gettext("Fulfilled from stock: %(what)s", what=label),
    )


def queue_typed(redemption_id: UUID) -> AnyResponse:
    """Send a code that was typed in. It is never shown again by itself, not even to be corrected."""
    form = read_form(code_form())
    if form.errors:
        return _again(redemption_id, Filled({}, errors=form.errors))
    code = form.values["code"]
    try:
        return _take(
            redemption_id,
            action="fulfil",
            step=lambda session: redemptions.fulfil_at_once(session, redemption_id, by=at_work(), code=code),
            done=lambda label: gettext("Fulfilled with the code that you typed in: %(what)s", what=label),
        )
    except (BadCode, CodeDoubled) as error:
        return _again(redemption_id, Filled({}, errors={"code": code_fault(error)}))


def queue_reject(redemption_id: UUID) -> AnyResponse:
    """Refuse it; a prize goes on to the next where that was asked for, in a transaction of its own."""
    form = read_form(RejectionForm())
    if form.errors:
        return _again(redemption_id, form)
    answer = _take(
        redemption_id,
        action="reject",
        step=lambda session: redemptions.reject(session, redemption_id, reason=form.values["reason"], by=at_work()),
        done=lambda label: gettext("Rejected: %(what)s", what=label),
    )
    if form.values["pass_on"] and may(MANAGE) and _was_done(redemption_id, "reject"):
        _pass_on(redemption_id)
    return answer


def queue_pass_on(redemption_id: UUID) -> AnyResponse:
    """Give a prize that came back to the next in the standing."""
    _pass_on(redemption_id)
    return _back(redemption_id)


def queue_code(redemption_id: UUID) -> AnyResponse:
    """Show the code that was issued, once, for a reason that is kept."""
    form = read_form(reason_form())
    if form.errors:
        return _again(redemption_id, form)
    try:
        with request_transaction() as session:
            code = redemptions.read_code(session, redemption_id, reason=form.values["reason"], by=at_work())
    except UnknownRedemption as error:
        raise UnknownThing("redemption", str(redemption_id)) from error
    except MarketError as error:
        refuse_aloud(refusal(error))
        return _back(redemption_id)
    return queue_page(Aftermath(code=code), opened=redemption_id)


def _take(
    redemption_id: UUID,
    *,
    action: Action,
    step: Callable[[Session], RedemptionRow],
    done: Callable[[str], str],
) -> AnyResponse:
    """Take a step, say what came of it, and go back. Raises what can be mended in the form: BadCode, CodeDoubled."""
    try:
        with request_transaction() as session:
            said = done(label_of(session, step(session), frame=present_frame()))
    except UnknownRedemption as error:
        raise UnknownThing("redemption", str(redemption_id)) from error
    except (BadCode, CodeDoubled):
        raise
    except MarketError as error:
        if _was_done(redemption_id, action):
            return _back(redemption_id)  # pressed twice: the first time has said it
        refuse_aloud(_refusal(error, redemption_id))
        return _back(redemption_id)
    say(said)
    return _back(redemption_id)


def _taken(row: RedemptionRow) -> AnyResponse:
    with request_snapshot() as session:
        say(gettext("In your hand: %(what)s", what=label_of(session, row, frame=present_frame())))
    return _back(row.redemption_id)


def _nothing_left() -> AnyResponse:
    if asked().is_narrowed:
        say(gettext("Nothing waits any more of what you are looking at."))
    else:
        say(gettext("Nothing waits any more: all done."))
    return _back(None)


def _pass_on(redemption_id: UUID) -> None:
    try:
        with request_transaction() as session:
            row = redemptions.pass_on(session, redemption_id, by=at_work())
            label = row and label_of(session, row, frame=present_frame())
    except PrizeNotReturned as error:
        refuse_aloud(refusal(error))
        return
    if label is None:
        say(gettext("Nobody is left in the standing whom the prize could go to."))
    else:
        say(gettext("The prize goes on: %(what)s", what=label))


def _was_done(redemption_id: UUID, action: Action) -> bool:
    """Whether whoever is at the desk has just taken this very step."""
    with request_snapshot() as session:
        last = history_of(session, redemption_id)[-1]
    return (last.action, last.state, last.actor) == (action, STEPS[action].target, at_the_desk().actor)


def _refusal(error: MarketError, redemption_id: UUID) -> str:
    if not isinstance(error, WrongState):
        return refusal(error)
    with request_snapshot() as session:
        found = find_redemption(session, redemption_id)
        last = history_of(session, redemption_id)[-1]
    return refusal(WrongState(redemption_id, found.state, error.wanted), by=last.actor)


def _again(redemption_id: UUID, form: Filled) -> AnyResponse:
    """The page with the form as it was filled in, and what is wrong with it."""
    return queue_page(Aftermath(given=form.given, errors=form.errors), opened=redemption_id, status=422)


def _back(opened: UUID | None) -> AnyResponse:
    return go_on(replace(asked(), opened=opened).address(), page_changes=False)
