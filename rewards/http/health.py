"""Is it alive, can it serve, what does it measure."""

from collections.abc import Callable

import redis
import structlog
from flask import Blueprint, Flask, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from rewards.http import metrics
from rewards.http.json import json_response
from rewards.http.surroundings import here
from rewards.runtime.database import DatabaseMisconfigured, transaction

STILL_WORKS = {
    "database": "Nothing that reads or writes points; /healthz, /metrics, /openapi.json and /docs do.",
    "redis": "Everything; rankings are read from the database, and rate limits do not apply.",
}

_log = structlog.get_logger("rewards.health")

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return json_response({"status": "alive"})


@health.get("/readyz")
def readyz() -> Response:
    """Whether it can serve: 200 with Redis away too, since everything still works; 503 without the database."""
    away = {name for name, answers in _DEPENDENCIES.items() if not answers()}
    dependencies = {
        name: {"state": "away", "still_works": STILL_WORKS[name]} if name in away else {"state": "up"}
        for name in _DEPENDENCIES
    }
    status = "away" if "database" in away else ("degraded" if away else "ready")
    response = json_response(
        {"status": status, "dependencies": dependencies}, status=503 if "database" in away else 200
    )
    if "database" in away:
        response.headers["Retry-After"] = "1"
    return response


@health.get("/metrics")
def metrics_exposition() -> Response:
    """What Prometheus reads."""
    return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


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


def register_health(app: Flask) -> None:
    """Add the three addresses; they need no key."""
    app.register_blueprint(health)
