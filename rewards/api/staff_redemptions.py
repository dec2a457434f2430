"""The staff's queue: claim, approve, fulfil, reject, one by one."""

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from market.queue import Cursor, QueueFilter, find_redemption, queue_totals, read_queue
from market.states import OPEN
from rewards.api.redemption_shapes import (
    EXAMPLE,
    STATES,
    CodeOut,
    ReasonIn,
    RedemptionOut,
    after_row,
    place_of_row,
    redemption_of,
    redemptions_of_rows,
)
from rewards.api.shapes import PageQuery, list_of, page_of
from rewards.http.at_work import at_work
from rewards.http.auth import needs
from rewards.http.cursors import place_after
from rewards.http.fields import Day, Document, Line, MemberId, Moment
from rewards.http.json import json_response
from rewards.http.resource import Resource
from rewards.http.streams import csv_response
from rewards.http.surroundings import here, request_transaction
from rewards.http.terms import span_of_days
from rewards.members.accounts import accounts_of
from rewards.staff import redemptions as desk
from rewards.staff.queue_export import export_queue

staff_redemptions = Resource("staff redemptions", __name__, description="The queue of redemptions and prizes.")

_ONE = "/v1/staff/redemptions/<uuid:redemption_id>"
_REFUSES = ("not-found", "state-conflict", "idempotency-conflict")


_CSV = {
    "responses": {
        "200": {
            "description": "Lines of CSV with a header; times are those of the community.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    }
}


class ExportQuery(Document):
    """Which redemptions; by default all that are open, oldest first. `from` and `to` are days on which they came."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    product_id = fields.UUID(load_default=None)
    origin = fields.String(load_default=None, validate=validate.OneOf(("market", "prize")))
    member_id = MemberId(load_default=None)
    claimed_by = Line(load_default=None, metadata={"description": "staff:<name>"})
    since = Day(load_default=None, data_key="from", metadata={"description": "First day of the community."})
    until = Day(load_default=None, data_key="to", metadata={"description": "Last day of the community."})


class QueueQuery(ExportQuery, PageQuery):
    """Which redemptions, and how many at a time."""


class TotalsOut(Document):
    """What waits for staff in all."""

    requested = fields.Integer(required=True)
    awaiting_approval = fields.Integer(required=True)
    claimed = fields.Integer(required=True)
    oldest_at = Moment(required=True, allow_none=True)


class QueueOut(list_of(RedemptionOut)):
    """A page of the queue, with what waits in all."""

    totals = fields.Nested(TotalsOut, required=True)


class FulfilIn(Document):
    """A code typed in; without one the code comes from the stock."""

    code = Line(load_default=None, allow_none=True)


@staff_redemptions.call(
    "GET",
    "/v1/staff/redemptions",
    access=needs("staff:view"),
    query=QueueQuery,
    gives=QueueOut,
    refuses=("not-found",),
    example={
        "items": [EXAMPLE],
        "next": None,
        "totals": {"requested": 1, "awaiting_approval": 0, "claimed": 0, "oldest_at": "2026-01-17T01:08:01.482Z"},
    },
)
def get_queue(query: dict[str, Any]) -> dict[str, Any]:
    """List the queue, oldest first."""
    limit = query["limit"]
    after = after_row(place_after(query["cursor"], of="queue"))
    with request_transaction() as session:
        only = _filter(session, query)
        rows = read_queue(session, only=only, limit=limit + 1, after=Cursor(*after) if after else None)
        page = page_of(rows, limit=limit, of="queue", place=place_of_row, item=lambda row: row)
        return page | {"items": redemptions_of_rows(session, page["items"]), "totals": queue_totals(session)}


@staff_redemptions.call(
    "GET",
    "/v1/staff/redemptions.csv",
    access=needs("staff:view"),
    query=ExportQuery,
    gives=None,
    refuses=("not-found",),
    doc=_CSV,
)
def get_queue_as_csv(query: dict[str, Any]) -> Response:
    """List the whole queue as CSV for a spreadsheet, without codes. A text that looks like a formula gets a `'`."""
    with request_transaction() as session:
        only = _filter(session, query)
    timezone = here().settings.community_timezone
    return csv_response(lambda session: export_queue(session, only=only, newest_first=False, timezone=timezone))


@staff_redemptions.call(
    "GET", _ONE, access=needs("staff:view"), gives=RedemptionOut, refuses=("not-found",), example=EXAMPLE
)
def get_staff_redemption(redemption_id: UUID) -> dict[str, Any]:
    """Read a redemption with its history."""
    with request_transaction() as session:
        return redemption_of(session, find_redemption(session, redemption_id))


@staff_redemptions.call(
    "POST",
    f"{_ONE}/claim",
    access=needs("staff:fulfil"),
    gives=RedemptionOut,
    refuses=_REFUSES,
    idempotent=True,
    example={**EXAMPLE, "state": "claimed", "claimed_by": "staff:mina"},
)
def post_claim(redemption_id: UUID) -> dict[str, Any]:
    """Take a redemption in hand, so that nobody else does and the member cannot cancel any more."""
    with request_transaction() as session:
        return redemption_of(session, desk.claim(session, redemption_id, by=at_work()))


@staff_redemptions.call(
    "POST",
    f"{_ONE}/unclaim",
    access=needs("staff:fulfil"),
    gives=RedemptionOut,
    refuses=_REFUSES,
    idempotent=True,
    example=EXAMPLE,
)
def post_unclaim(redemption_id: UUID) -> dict[str, Any]:
    """Lay a redemption back into the queue: one's own, or as a manager anybody's."""
    with request_transaction() as session:
        return redemption_of(session, desk.release(session, redemption_id, by=at_work()))


@staff_redemptions.call(
    "POST",
    f"{_ONE}/approve",
    access=needs("staff:manage"),
    gives=RedemptionOut,
    refuses=_REFUSES,
    idempotent=True,
    example=EXAMPLE,
)
def post_approve(redemption_id: UUID) -> dict[str, Any]:
    """Approve a redemption that waits for it; somebody else fulfils it then."""
    with request_transaction() as session:
        return redemption_of(session, desk.approve(session, redemption_id, by=at_work()))


@staff_redemptions.call(
    "POST",
    f"{_ONE}/fulfil",
    access=needs("staff:fulfil"),
    body=FulfilIn,
    gives=RedemptionOut,
    refuses=(*_REFUSES, "not-available"),
    idempotent=True,
    example={**EXAMPLE, "state": "fulfilled", "claimed_by": "staff:mina"},
    asks={"code": "GIFT-1234-5678"},
)
def post_fulfil(redemption_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Issue the code of a claimed redemption, from stock or typed in, and spend the points that were set aside."""
    with request_transaction() as session:
        return redemption_of(session, desk.fulfil(session, redemption_id, by=at_work(), code=body["code"]))


@staff_redemptions.call(
    "POST",
    f"{_ONE}/reject",
    access=needs("staff:fulfil"),
    body=ReasonIn,
    gives=RedemptionOut,
    refuses=_REFUSES,
    idempotent=True,
    example={**EXAMPLE, "state": "rejected"},
    asks={"reason": "duplicate account"},
)
def post_reject(redemption_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Refuse a redemption for a reason that the member is shown: points and stock go back."""
    with request_transaction() as session:
        return redemption_of(session, desk.reject(session, redemption_id, reason=body["reason"], by=at_work()))


@staff_redemptions.call(
    "POST",
    f"{_ONE}/code",
    access=needs("staff:fulfil"),
    body=ReasonIn,
    gives=CodeOut,
    refuses=("not-found", "state-conflict"),
    example={"code": "GIFT-1234-5678", "expires_on": None},
    asks={"reason": "the member says that it does not work"},
)
def post_code_reading(redemption_id: UUID, body: dict[str, Any]) -> Response:
    """Show staff an issued code; who, when and why is kept for ever."""
    with request_transaction() as session:
        code = desk.read_code(session, redemption_id, reason=body["reason"], by=at_work())
    response = json_response({"code": code.code, "expires_on": code.expires_on})
    response.headers["Cache-Control"] = "no-store"
    return response


def _filter(session: Session, query: dict[str, Any]) -> QueueFilter:
    member_id, state = query["member_id"], query["state"]
    since, until = span_of_days(query["since"], query["until"])
    return QueueFilter(
        states=(state,) if state else OPEN,
        product_id=query["product_id"],
        origin=query["origin"],
        account_ids=accounts_of(session, member_id) if member_id else None,
        claimed_by=query["claimed_by"],
        since=since,
        until=until,
    )
