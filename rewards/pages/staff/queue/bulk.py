"""Several redemptions fulfilled from stock at once, each on its own, with a result for each."""

from uuid import UUID

from flask import request
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from market.errors import MarketError, UnknownRedemption
from market.queue import RedemptionRow, find_redemption
from rewards.http.at_work import at_work
from rewards.http.surroundings import request_snapshot, request_transaction
from rewards.pages.forms import go_on, refuse_aloud
from rewards.pages.frame import present_frame
from rewards.pages.staff.desk import Desk
from rewards.pages.staff.queue.asked import asked
from rewards.pages.staff.queue.members import faces_of, product_of
from rewards.pages.staff.queue.shown import queue_page
from rewards.pages.staff.queue.view import Aftermath, LineDone
from rewards.pages.staff.queue.words import refusal
from rewards.staff.redemptions import BULK_MAX, fulfil_at_once


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.form("/queue/fulfil", view=queue_bulk, needs="staff:fulfil")


def queue_bulk() -> AnyResponse:
    """Fulfil what was ticked. Harmless twice: what is fulfilled cannot be fulfilled again."""
    picked = _picked()
    if not picked:
        refuse_aloud(gettext("Tick the ones that you mean first. Nothing was changed."))
        return go_on(asked().address(), page_changes=False)
    return queue_page(Aftermath(lines=tuple(_line(one) for one in picked)))


def _picked() -> list[UUID]:
    """What was ticked, each once; no more than a page of the list ever has."""
    found: dict[UUID, None] = {}
    for said in request.form.getlist("pick")[:BULK_MAX]:
        try:
            found[UUID(said)] = None
        except ValueError:
            continue
    return list(found)


def _line(redemption_id: UUID) -> LineDone:
    try:
        with request_transaction() as session:
            row = fulfil_at_once(session, redemption_id, by=at_work())
        return _told(row, is_done=True, words=gettext("fulfilled"))
    except UnknownRedemption:
        return LineDone("–", "–", asked().address(opened=None), is_done=False, words=gettext("There is no such thing."))
    except MarketError as error:
        with request_snapshot() as session:
            row = find_redemption(session, redemption_id)
        return _told(row, is_done=False, words=refusal(error))


def _told(row: RedemptionRow, *, is_done: bool, words: str) -> LineDone:
    frame = present_frame()
    with request_snapshot() as session:
        who = faces_of(session, [row.account_id])[row.account_id].name
    address = asked().address(opened=row.redemption_id)
    return LineDone(who, product_of(row, frame=frame), address, is_done=is_done, words=words)
