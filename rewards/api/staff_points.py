"""Corrections of points by staff: adjustments, one award taken back, one given again."""

from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validates

from rewards.api.adjustment_shapes import WAITING, AdjustmentOut, adjustment_of
from rewards.earning.answer import in_utc
from rewards.earning.correct import Corrected
from rewards.http.adjusting import adjuster
from rewards.http.auth import current_caller, needs
from rewards.http.fields import BIGINT_MAX, POINTS_MAX, Document, Line, MemberId, Truth, Whole
from rewards.http.json import json_response
from rewards.http.resource import Other, Resource
from rewards.http.surroundings import request_now, request_transaction
from rewards.http.terms import request_terms
from rewards.staff.adjustment_rows import AdjustmentRow
from rewards.staff.adjustments import adjust_within
from rewards.staff.points import restore_points, reverse_points

staff_points = Resource("staff points", __name__, description="Corrections: always a new entry, never a change.")

_EXAMPLE = {
    "member_id": "minji",
    "seq": 13,
    "kind": "adjustment",
    "points": -20,
    "reason": "counted twice",
    "balance": 1320,
    "available": 1320,
    "season_is_final": False,
    "recorded_at": "2026-01-17T01:08:01.482Z",
}


class AdjustmentIn(Document):
    """How many points, and why."""

    member_id = MemberId(required=True)
    points = Whole(required=True, least=-POINTS_MAX, metadata={"description": "Signed, and not 0."})
    reason = Line(required=True, longest=500)
    overdraft = Truth(
        load_default=False, metadata={"description": "Take more than is available, so that points are owed."}
    )

    @validates("points")
    def not_nothing(self, value: int, **_: Any) -> None:
        """An entry moves something."""
        if value == 0:
            raise ValidationError("must not be 0")


class ReversalIn(Document):
    """Which award, and why."""

    member_id = MemberId(required=True)
    seq = Whole(
        required=True, least=1, most=BIGINT_MAX, metadata={"description": "The award's `seq` in the statement."}
    )
    reason = Line(required=True, longest=500)


class RestoreIn(Document):
    """Which reversal, and why it is taken back."""

    member_id = MemberId(required=True)
    seq = Whole(
        required=True, least=1, most=BIGINT_MAX, metadata={"description": "The reversal's `seq` in the statement."}
    )
    reason = Line(required=True, longest=500)


class CorrectionOut(Document):
    """The entry that corrects. `season_is_final`: the points move, but the season's ranking stays."""

    member_id = fields.String(required=True)
    seq = fields.Integer(required=True)
    kind = fields.String(required=True)
    points = fields.Integer(required=True)
    reason = fields.String(required=True)
    balance = fields.Integer(required=True)
    available = fields.Integer(required=True)
    season_is_final = fields.Boolean(required=True)
    recorded_at = fields.String(required=True, metadata={"format": "date-time"})


@staff_points.call(
    "POST",
    "/v1/staff/adjustments",
    access=needs("staff:manage"),
    body=AdjustmentIn,
    gives=CorrectionOut,
    status=201,
    also={202: Other("It waits for a second of the staff, and has moved nothing yet", AdjustmentOut, WAITING)},
    refuses=("not-found", "not-enough-points", "adjustment-cap-reached", "idempotency-conflict"),
    idempotent=True,
    example=_EXAMPLE,
    asks={"member_id": "minji", "points": -20, "reason": "counted twice"},
)
def post_adjustment(body: dict[str, Any]) -> dict[str, Any] | Response:
    """Give or take points for a reason; no leaderboard counts it. A large adjustment waits for a second of the staff.

    Large is what is above the setting ADJUST_APPROVAL_ABOVE; ADJUST_CAP_PER_DAY limits what one of the staff adjusts.
    """
    with request_transaction() as session:
        done = adjust_within(
            session,
            body["member_id"],
            points=body["points"],
            reason=body["reason"],
            overdraft=body["overdraft"],
            by=adjuster(),
        )
    if isinstance(done, AdjustmentRow):
        return json_response(AdjustmentOut().dump(adjustment_of(done)), status=202)
    return _correction(done, body)


@staff_points.call(
    "POST",
    "/v1/staff/reversals",
    access=needs("staff:manage"),
    body=ReversalIn,
    gives=CorrectionOut,
    status=201,
    refuses=("not-found", "state-conflict", "idempotency-conflict"),
    idempotent=True,
    example={**_EXAMPLE, "kind": "reversal"},
    asks={"member_id": "minji", "seq": 12, "reason": "counted twice"},
)
def post_reversal(body: dict[str, Any]) -> dict[str, Any]:
    """Take one award back, once, in the periods in which it counted."""
    with request_transaction() as session:
        done = reverse_points(
            session,
            body["member_id"],
            seq=body["seq"],
            reason=body["reason"],
            terms=request_terms(session),
            actor=current_caller().actor,
            now=request_now(),
        )
    return _correction(done, body)


@staff_points.call(
    "POST",
    "/v1/staff/restores",
    access=needs("staff:manage"),
    body=RestoreIn,
    gives=CorrectionOut,
    status=201,
    refuses=("not-found", "state-conflict", "idempotency-conflict"),
    idempotent=True,
    example={**_EXAMPLE, "kind": "restore", "points": 20},
    asks={"member_id": "minji", "seq": 13, "reason": "it was a real post"},
)
def post_restore(body: dict[str, Any]) -> dict[str, Any]:
    """Take a reversal back, once, whether staff or a deletion made it: the award counts again where it still can."""
    with request_transaction() as session:
        done = restore_points(
            session,
            body["member_id"],
            seq=body["seq"],
            reason=body["reason"],
            terms=request_terms(session),
            actor=current_caller().actor,
            now=request_now(),
        )
    return _correction(done, body)


def _correction(done: Corrected, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "member_id": body["member_id"],
        "seq": done.entry.seq,
        "kind": done.entry.kind,
        "points": done.entry.points,
        "reason": body["reason"],
        "balance": done.balance,
        "available": done.available,
        "season_is_final": done.season_is_final,
        "recorded_at": in_utc(done.entry.recorded_at),
    }
