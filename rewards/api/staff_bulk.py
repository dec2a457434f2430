"""Fulfilling many redemptions at once, and sending a prize on to the next."""

from typing import Any
from uuid import UUID

import structlog
from marshmallow import fields, validate

from rewards.api.redemption_shapes import EXAMPLE, RedemptionOut, redemption_of
from rewards.http.at_work import at_work
from rewards.http.auth import needs
from rewards.http.fields import Document
from rewards.http.problems import Refusal, away, problem_of
from rewards.http.resource import ProblemSchema, Resource
from rewards.http.surroundings import request_transaction
from rewards.staff.redemptions import BULK_MAX, fulfil_at_once, pass_on

AWAY = 503

_log = structlog.get_logger("rewards.http")

staff_bulk = Resource("staff bulk", __name__, description="Many redemptions at once.")


class BulkIn(Document):
    """Which redemptions."""

    redemption_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, BULK_MAX))


class BulkItem(Document):
    """One redemption's result: itself, or its own problem."""

    status = fields.Integer(required=True)
    redemption = fields.Nested(RedemptionOut)
    problem = fields.Nested(ProblemSchema)


class BulkOut(Document):
    """One result per redemption, in order."""

    results = fields.List(fields.Nested(BulkItem), required=True)


class PassedOn(Document):
    """The prize's next redemption; null when nobody is left in the standing."""

    redemption = fields.Nested(RedemptionOut, required=True, allow_none=True)


@staff_bulk.call(
    "POST",
    "/v1/staff/redemptions/fulfil",
    access=needs("staff:fulfil"),
    body=BulkIn,
    gives=BulkOut,
    example={"results": [{"status": 200, "redemption": {**EXAMPLE, "state": "fulfilled"}}]},
    asks={"redemption_ids": [EXAMPLE["id"]]},
)
def post_bulk_fulfil(body: dict[str, Any]) -> dict[str, Any]:
    """Claim where needed and fulfil from stock, each on its own: one that fails stops no other.

    Safe to repeat without a key: what is fulfilled cannot be fulfilled again.
    """
    results = [_fulfil_one(redemption_id) for redemption_id in body["redemption_ids"]]
    if all(result["status"] == AWAY for result in results):
        raise Refusal(away())
    return {"results": results}


def _fulfil_one(redemption_id: UUID) -> dict[str, Any]:
    try:
        with request_transaction() as session:
            done = fulfil_at_once(session, redemption_id, by=at_work())
            return {"status": 200, "redemption": redemption_of(session, done)}
    except Exception as error:  # noqa: BLE001 -- each has its own result, whatever happened to it
        found = problem_of(error)
        if found.kind.slug == "unexpected":
            _log.error("unexpected", exc_info=error)
        return {"status": found.kind.status, "problem": found.document()}


@staff_bulk.call(
    "POST",
    "/v1/staff/redemptions/<uuid:redemption_id>/pass-on",
    access=needs("staff:manage"),
    gives=PassedOn,
    refuses=("state-conflict", "idempotency-conflict"),
    idempotent=True,
    example={"redemption": {**EXAMPLE, "origin": "prize", "points": 0}},
)
def post_pass_on(redemption_id: UUID) -> dict[str, Any]:
    """Give a prize that came back (rejected, cancelled) to the next in the standing who has none."""
    with request_transaction() as session:
        row = pass_on(session, redemption_id, by=at_work())
        return {"redemption": row and redemption_of(session, row)}
