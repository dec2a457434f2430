"""Is it alive, can it serve, what does it measure."""

from collections.abc import Callable
from typing import Any

import orjson
import redis
import structlog
from flask import Response
from marshmallow import fields
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from rewards.http import metrics
from rewards.http.auth import PUBLIC
from rewards.http.fields import Document, Moment, rfc3339
from rewards.http.json import json_response
from rewards.http.problems import away, respond
from rewards.http.resource import Resource
from rewards.http.surroundings import here, request_snapshot
from rewards.runtime.database import DatabaseMisconfigured, transaction
from rewards.verifications import Verified, read_verified

STILL_WORKS = {
    "database": "Nothing that reads or writes points; /healthz, /metrics, /openapi.json and /docs do.",
    "redis": "Everything; rankings are read from the database, and rate limits do not apply.",
}

_log = structlog.get_logger("rewards.health")

health = Resource("health", __name__, description="Whether the service is alive, able to serve, and what it measures.")


class AliveOut(Document):
    """The process answers."""

    status = fields.String(required=True, metadata={"enum": ["alive"]})


class DependencyOut(Document):
    """One dependency; while it is away, what still works."""

    state = fields.String(required=True, metadata={"enum": ["up", "away"]})
    still_works = fields.String()


class DependenciesOut(Document):
    """All of them."""

    database = fields.Nested(DependencyOut, required=True)
    redis = fields.Nested(DependencyOut, required=True)


class LastVerifiedOut(Document):
    """The last time that all was compared: ledger, balances, leaderboards, ranking, standings, stock.

    It covers what was recorded until `recorded_until`, through the block `through_block` (null without blocks), in
    `rows` entries and decisions.
    """

    at = Moment(required=True)
    recorded_until = Moment(required=True)
    through_block = fields.Integer(required=True, allow_none=True)
    rows = fields.Integer(required=True)
    findings = fields.Integer(required=True)
    ranking_compared = fields.Boolean(required=True)


class VerifyingOut(Document):
    """How far the present round of comparing is: in which part, through so many of the accounts; what it has found."""

    at = Moment(required=True)
    part = fields.String(required=True)
    accounts = fields.Integer(required=True)
    of_accounts = fields.Integer(required=True)
    findings = fields.Integer(required=True)


class ReadyOut(Document):
    """Whether it can serve: `degraded` means that it does, more slowly. Findings do not make it less ready."""

    status = fields.String(required=True, metadata={"enum": ["ready", "degraded"]})
    dependencies = fields.Nested(DependenciesOut, required=True)
    last_verified = fields.Nested(LastVerifiedOut, required=True, allow_none=True)
    verifying = fields.Nested(VerifyingOut, required=True, allow_none=True)


@health.call("GET", "/healthz", access=PUBLIC, gives=AliveOut, example={"status": "alive"})
def healthz() -> Response:
    """Say that the process answers."""
    return json_response({"status": "alive"})


@health.call(
    "GET",
    "/readyz",
    access=PUBLIC,
    gives=ReadyOut,
    example={
        "status": "ready",
        "dependencies": {"database": {"state": "up"}, "redis": {"state": "up"}},
        "last_verified": {
            "at": "2026-01-17T01:08:01.482Z",
            "recorded_until": "2026-01-17T00:51:12.024Z",
            "through_block": 8123,
            "rows": 1204311,
            "findings": 0,
            "ranking_compared": True,
        },
        "verifying": {
            "at": "2026-01-17T01:14:22.731Z",
            "part": "accounts",
            "accounts": 31200,
            "of_accounts": 98112,
            "findings": 0,
        },
    },
)
def readyz() -> Response:
    """Say whether it can serve, which dependency is away and what still works.

    It is 200 without Redis too, since everything works; without the database it is a 503 problem with `dependencies`.
    """
    missing = {name for name, answers in _DEPENDENCIES.items() if not answers()}
    dependencies = {name: _state(name, is_away=name in missing) for name in _DEPENDENCIES}
    if "database" in missing:
        return _not_ready(dependencies)
    told = {"status": "degraded" if missing else "ready", "dependencies": dependencies}
    return json_response({**told, **_told(_verified())})


@health.call(
    "GET",
    "/metrics",
    access=PUBLIC,
    gives=None,
    doc={"responses": {"200": {"description": "Metrics", "content": {"text/plain": {"schema": {"type": "string"}}}}}},
)
def metrics_exposition() -> Response:
    """Give Prometheus its metrics, over all web workers."""
    return Response(metrics.exposition(_verified()), content_type=metrics.CONTENT_TYPE)


def _state(name: str, *, is_away: bool) -> dict[str, str]:
    return {"state": "away", "still_works": STILL_WORKS[name]} if is_away else {"state": "up"}


def _not_ready(dependencies: dict[str, Any]) -> Response:
    response = respond(away())
    response.set_data(orjson.dumps({**orjson.loads(response.get_data()), "dependencies": dependencies}))
    return response


def _verified() -> Verified | None:
    """None also where the database is away: that is told by other means."""
    try:
        with request_snapshot() as session:
            return read_verified(session)
    except (SQLAlchemyError, DatabaseMisconfigured):
        return None


def _told(verified: Verified | None) -> dict[str, Any]:
    last, present = (verified.last, verified.present) if verified else (None, None)
    return {
        "last_verified": last
        and {
            "at": rfc3339(last.finished_at),
            "recorded_until": rfc3339(last.started_at),
            "through_block": last.height,
            "rows": last.rows,
            "findings": last.findings,
            "ranking_compared": last.ranking_compared,
        },
        "verifying": present
        and {
            "at": rfc3339(present.finished_at),
            "part": present.part,
            "accounts": present.accounts,
            "of_accounts": present.of_accounts,
            "findings": present.findings,
        },
    }


def _database_answers() -> bool:
    try:
        with transaction(here().engine) as session:
            session.execute(text("select 1 from alembic_version"))
    except (SQLAlchemyError, DatabaseMisconfigured) as error:
        _log.warning("database away", error=type(error).__name__)
        return False
    return True


def _redis_answers() -> bool:
    try:
        return bool(here().redis.ping())
    except redis.RedisError as error:
        _log.warning("redis away", error=type(error).__name__)
        return False


_DEPENDENCIES: dict[str, Callable[[], bool]] = {"database": _database_answers, "redis": _redis_answers}
