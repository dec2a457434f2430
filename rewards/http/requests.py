"""What happens around every request: its id, its line in the log, its metrics, the headers that protect."""

import re
import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from rewards.http import metrics

REQUEST_ID = "X-Request-Id"
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""A page that needs another policy sets its own header first."""

_log = structlog.get_logger("rewards.request")


def register_requests(app: Flask) -> None:
    """Hook it all into the app."""
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    sent = request.headers.get(REQUEST_ID, "")
    g.request_id = sent if re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", sent) else uuid4().hex
    g.began_s = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _finish(response: Response) -> Response:
    response.headers[REQUEST_ID] = g.get("request_id", "")
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    taken_s = time.perf_counter() - g.get("began_s", time.perf_counter())
    endpoint = request.endpoint or "none"
    metrics.count_request(endpoint=endpoint, method=request.method, status=response.status_code, taken_s=taken_s)
    _log_line(response, taken_s)
    return response


def _log_line(response: Response, taken_s: float) -> None:
    """One line a request. The query string stays out: it may carry a sign-in token."""
    caller = g.get("caller")
    _log.info(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        taken_ms=round(taken_s * 1000, 1),
        caller=caller.kind if caller else None,
    )
