"""Adjustments that are too large for one of the staff alone: listed, approved, refused, withdrawn."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from marshmallow import fields, validate

from rewards.api.adjustment_shapes import APPROVED, WAITING, AdjustmentOut, adjustment_of
from rewards.api.redemption_shapes import ReasonIn
from rewards.api.shapes import PageQuery, list_of, page_of
from rewards.http.auth import current_caller, needs
from rewards.http.cursors import place_after
from rewards.http.resource import Resource
from rewards.http.surroundings import request_now, request_transaction
from rewards.staff.adjustment_rows import STATES, AdjustmentRow, find_adjustment, read_adjustments
from rewards.staff.adjustments import approve, refuse, withdraw

staff_adjustments = Resource(
    "staff adjustments", __name__, description="Large adjustments: one of the staff asks, another approves."
)

_ONE = "/v1/staff/adjustments/<uuid:adjustment_id>"
_REFUSES = ("not-found", "state-conflict", "idempotency-conflict")


class AdjustmentsQuery(PageQuery):
    """Which ones."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))


@staff_adjustments.call(
    "GET",
    "/v1/staff/adjustments",
    access=needs("staff:view"),
    query=AdjustmentsQuery,
    gives=list_of(AdjustmentOut),
    example={"items": [WAITING], "next": None},
)
def get_adjustments(query: dict[str, Any]) -> dict[str, Any]:
    """List the adjustments that were asked for: those that wait with the oldest first, all others newest first."""
    state, limit = query["state"], query["limit"]
    of = f"adjustments {state}"
    after = place_after(query["cursor"], of=of)
    with request_transaction() as session:
        rows = read_adjustments(
            session,
            [state] if state else STATES,
            limit=limit + 1,
            after=UUID(after[0]) if after else None,
            newest_first=state != "waiting",
        )
    return page_of(rows, limit=limit, of=of, place=lambda row: [str(row.adjustment_id)], item=adjustment_of)


@staff_adjustments.call("GET", _ONE, access=needs("staff:view"), gives=AdjustmentOut, example=WAITING)
def get_adjustment(adjustment_id: UUID) -> dict[str, Any]:
    """Read an adjustment that was asked for, with its history."""
    with request_transaction() as session:
        return adjustment_of(find_adjustment(session, adjustment_id))


@staff_adjustments.call(
    "POST",
    f"{_ONE}/approve",
    access=needs("staff:manage"),
    gives=AdjustmentOut,
    refuses=(*_REFUSES, "not-enough-points"),
    idempotent=True,
    example=APPROVED,
)
def post_adjustment_approval(adjustment_id: UUID) -> dict[str, Any]:
    """Approve what somebody else has asked for: its points move now, if the balance still allows it."""
    return _step(approve, adjustment_id)


@staff_adjustments.call(
    "POST",
    f"{_ONE}/refuse",
    access=needs("staff:manage"),
    body=ReasonIn,
    gives=AdjustmentOut,
    refuses=_REFUSES,
    idempotent=True,
    example=WAITING | {"state": "refused"},
    asks={"reason": "the contest is not over"},
)
def post_adjustment_refusal(adjustment_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Refuse what somebody else has asked for, for a reason. Nothing moves."""
    return _step(refuse, adjustment_id, reason=body["reason"])


@staff_adjustments.call(
    "POST",
    f"{_ONE}/withdraw",
    access=needs("staff:manage"),
    gives=AdjustmentOut,
    refuses=_REFUSES,
    idempotent=True,
    example=WAITING | {"state": "withdrawn"},
)
def post_adjustment_withdrawal(adjustment_id: UUID) -> dict[str, Any]:
    """Withdraw what one has asked for oneself. Nothing moves."""
    return _step(withdraw, adjustment_id)


def _step(step: Callable[..., AdjustmentRow], adjustment_id: UUID, **said: str) -> dict[str, Any]:
    with request_transaction() as session:
        return adjustment_of(step(session, adjustment_id, **said, actor=current_caller().actor, now=request_now()))
