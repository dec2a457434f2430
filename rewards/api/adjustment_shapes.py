"""How adjustments that wait, or waited, for a second of the staff are answered."""

from typing import Any

from marshmallow import fields

from rewards.http.fields import Document, Moment
from rewards.staff.adjustment_rows import STATES, AdjustmentRow

_STEP = {
    "state": "waiting",
    "actor": "staff:mina",
    "reason": "won the autumn contest",
    "recorded_at": "2026-01-17T01:08:01.482Z",
}
WAITING = {
    "id": "019bc9a4-1f6a-7000-8000-000000000007",
    "member_id": "minji",
    "points": 8000,
    "overdraft": False,
    "state": "waiting",
    "seq": None,
    "history": [_STEP],
}
APPROVED = WAITING | {
    "state": "approved",
    "seq": 14,
    "history": [
        _STEP,
        {"state": "approved", "actor": "staff:sora", "reason": None, "recorded_at": "2026-01-17T02:10:40.020Z"},
    ],
}


class AdjustmentStepOut(Document):
    """A state that it came into. A reason is erased with its member."""

    state = fields.String(required=True, metadata={"enum": list(STATES)})
    actor = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    recorded_at = Moment(required=True)


class AdjustmentOut(Document):
    """An adjustment that one of the staff asked for, and what became of it."""

    id = fields.String(required=True, metadata={"format": "uuid"})
    member_id = fields.String(
        required=True, allow_none=True, metadata={"description": "Null once the member was erased."}
    )
    points = fields.Integer(required=True)
    overdraft = fields.Boolean(required=True)
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    seq = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The entry that it became, once approved."}
    )
    history = fields.List(fields.Nested(AdjustmentStepOut), required=True)


def adjustment_of(row: AdjustmentRow) -> dict[str, Any]:
    """As it is answered."""
    steps = [
        {"state": step.state, "actor": step.actor, "reason": step.reason, "recorded_at": step.recorded_at}
        for step in row.steps
    ]
    return {
        "id": str(row.adjustment_id),
        "member_id": row.member_id,
        "points": row.points,
        "overdraft": row.overdraft,
        "state": row.state,
        "seq": row.seq,
        "history": steps,
    }
