"""What Prometheus is told; over all web workers where PROMETHEUS_MULTIPROC_DIR names their folder."""

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client import REGISTRY as OWN_REGISTRY
from prometheus_client.multiprocess import MultiProcessCollector

from rewards.verifications import Verification

CONTENT_TYPE = CONTENT_TYPE_LATEST

_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})

REQUESTS = Counter("rewards_requests", "Requests answered.", ("endpoint", "method", "status"))
REQUEST_SECONDS = Histogram(
    "rewards_request_seconds",
    "Seconds that a request took.",
    ("endpoint",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
DECISIONS = Counter(
    "rewards_decisions", "Events decided, by outcome; repeated ones are not counted again.", ("outcome",)
)
EVENTS_REFUSED = Counter("rewards_events_refused", "Events refused, by the kind of problem.", ("problem",))


def count_request(*, endpoint: str, method: str, status: int, taken_s: float) -> None:
    """Count a request that was answered after `taken_s` seconds."""
    known = method if method in _KNOWN_METHODS else "other"
    REQUESTS.labels(endpoint, known, status).inc()
    REQUEST_SECONDS.labels(endpoint).observe(taken_s)


def exposition(last: Verification | None) -> bytes:
    """All metrics in Prometheus' text format; those of the last verification where there was one."""
    return _of_requests() + (b"" if last is None else _of_verification(last))


def _of_verification(last: Verification) -> bytes:
    """The same in every process, since the database says it."""
    registry = CollectorRegistry()
    at = Gauge("rewards_last_verified_timestamp_seconds", "When all was last compared.", registry=registry)
    at.set(last.finished_at.timestamp())
    found = Gauge("rewards_verification_findings", "What was found then.", registry=registry)
    found.set(last.findings)
    return generate_latest(registry)


def _of_requests() -> bytes:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(OWN_REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)
