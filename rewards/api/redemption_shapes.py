"""How redemptions are answered."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import fields
from sqlalchemy import text
from sqlalchemy.orm import Session

from market.queue import RedemptionRow, cursor_of, history_of
from rewards.http.fields import Document, Line, Moment
from rewards.members.accounts import PRESENT_MEMBERS

STATES = ("requested", "awaiting_approval", "claimed", "fulfilled", "rejected", "cancelled", "expired")
EXAMPLE = {
    "id": "019bc9a4-1f6a-7000-8000-000000000002",
    "state": "requested",
    "product": {
        "id": "019bc9a4-1f6a-7000-8000-000000000003",
        "key": "coffee-5000",
        "name": {"ko": "커피 상품권 5,000원", "en": "5,000 won coffee card"},
        "face_value": 5000,
        "currency": "KRW",
    },
    "member_id": "minji",
    "origin": "market",
    "points": 5000,
    "claimed_by": None,
    "owes": 0,
    "requested_at": "2026-01-17T01:08:01.482Z",
    "history": [
        {
            "action": "request",
            "state": "requested",
            "actor": "member",
            "reason": None,
            "recorded_at": "2026-01-17T01:08:01.482Z",
        }
    ],
}

_NAMES = text(f"select account_id, member_id from {PRESENT_MEMBERS} where account_id = any(cast(:accounts as uuid[]))")


class NamesOut(Document):
    """Words in Korean and English."""

    ko = fields.String(required=True)
    en = fields.String(required=True)


class RedeemedProduct(Document):
    """What is redeemed."""

    id = fields.String(required=True, metadata={"format": "uuid"})
    key = fields.String(required=True)
    name = fields.Nested(NamesOut, required=True)
    face_value = fields.Integer(required=True)
    currency = fields.String(required=True)


class StepOut(Document):
    """A line of the history."""

    action = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    actor = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    recorded_at = Moment(required=True)


class RedemptionOut(Document):
    """Points exchanged for a product, or a prize (`origin`), on its way. `owes`: what the member is short of now."""

    id = fields.String(required=True, metadata={"format": "uuid"})
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    product = fields.Nested(RedeemedProduct, required=True)
    member_id = fields.String(required=True, allow_none=True)
    origin = fields.String(required=True, metadata={"enum": ["market", "prize"]})
    points = fields.Integer(required=True)
    claimed_by = fields.String(required=True, allow_none=True)
    owes = fields.Integer(required=True)
    requested_at = Moment(required=True)
    history = fields.List(fields.Nested(StepOut), required=True)


class CodeOut(Document):
    """A code in the clear. It is in no log and in no other answer."""

    code = fields.String(required=True)
    expires_on = fields.Date(required=True, allow_none=True)


class ReasonIn(Document):
    """Why."""

    reason = Line(required=True, longest=500)


def redemptions_of_rows(session: Session, rows: Iterable[RedemptionRow]) -> list[dict[str, Any]]:
    """Redemptions as answered, with their members' present ids and their histories."""
    listed = list(rows)
    accounts = list({row.account_id for row in listed})
    names = {row.account_id: row.member_id for row in session.execute(_NAMES, {"accounts": accounts})}
    return [_redemption(session, row, member_id=names.get(row.account_id)) for row in listed]


def redemption_of(session: Session, row: RedemptionRow) -> dict[str, Any]:
    """One redemption as answered."""
    return redemptions_of_rows(session, [row])[0]


def place_of_row(row: RedemptionRow) -> list[Any]:
    """Where a list of redemptions goes on after this one."""
    cursor = cursor_of(row)
    return [cursor.requested_at.isoformat(), str(cursor.redemption_id)]


def after_row(place: list[Any] | None) -> tuple[datetime, UUID] | None:
    """The inverse of `place_of_row`."""
    return (datetime.fromisoformat(place[0]), UUID(place[1])) if place else None


def _redemption(session: Session, row: RedemptionRow, *, member_id: str | None) -> dict[str, Any]:
    names = ("state", "origin", "points", "claimed_by", "owes", "requested_at")
    product = {
        "id": str(row.product_id),
        "key": row.product_key,
        "name": {"ko": row.product_name_ko, "en": row.product_name_en},
        "face_value": row.face_value,
        "currency": row.currency,
    }
    return {
        "id": str(row.redemption_id),
        "product": product,
        "member_id": member_id,
        **{name: getattr(row, name) for name in names},
        "history": [
            {name: getattr(line, name) for name in ("action", "state", "actor", "reason", "recorded_at")}
            for line in history_of(session, row.redemption_id)
        ],
    }
