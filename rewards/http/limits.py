"""How many requests a caller may make, where the operator has set a limit."""

from typing import Any

from flask import Flask, request
from flask_limiter import Limiter

from rewards.access.secrets import digest_of
from rewards.http.auth import bearer_token
from rewards.runtime.redis import SOCKET_TIMEOUT_S
from rewards.runtime.settings import Settings

_IMPATIENT: dict[str, Any] = {"socket_timeout": SOCKET_TIMEOUT_S, "socket_connect_timeout": SOCKET_TIMEOUT_S}


def register_limits(app: Flask, settings: Settings) -> None:
    """Limit each caller (by key or token, else by address) to RATE_LIMIT. With Redis away every request passes."""
    if not settings.rate_limit:
        return
    app.config.update(
        RATELIMIT_HEADER_LIMIT="RateLimit-Limit",
        RATELIMIT_HEADER_REMAINING="RateLimit-Remaining",
        RATELIMIT_HEADER_RESET="RateLimit-Reset",
        RATELIMIT_HEADER_RETRY_AFTER_VALUE="delta-seconds",
    )
    limiter = Limiter(
        _caller_of_limit,
        storage_uri=settings.redis_url,
        storage_options={**_IMPATIENT},
        application_limits=[settings.rate_limit],
        application_limits_per_method=False,
        headers_enabled=True,
        swallow_errors=True,
        key_prefix="rate",
    )
    limiter.request_filter(_is_never_limited)
    limiter.init_app(app)


def _is_never_limited() -> bool:
    watched = ("health.healthz", "health.readyz", "health.metrics")
    return request.endpoint in watched or request.path.startswith(("/static/", "/pictures/"))


def _caller_of_limit() -> str:
    token = bearer_token()
    return digest_of(token).hex()[:32] if token else (request.remote_addr or "unknown")
