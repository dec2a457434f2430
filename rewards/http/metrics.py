"""What Prometheus is told; over all web workers where PROMETHEUS_MULTIPROC_DIR names their folder."""

import os
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client import REGISTRY as OWN_REGISTRY
from prometheus_client.multiprocess import MultiProcessCollector

from rewards.verifications import Verified

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


def exposition(verified: Verified | None) -> bytes:
    """All metrics in Prometheus' text format; those of verifying where something was verified."""
    return _of_requests() + (b"" if verified is None else _of_verifying(verified))


def _of_verifying(verified: Verified) -> bytes:
    """The same in every process, since the database says it. What is not known is left away."""
    last, present = verified.last, verified.present
    known = {
        "rewards_last_verified_timestamp_seconds": ("When all was last compared.", last and last.finished_at),
        "rewards_last_slice_verified_timestamp_seconds": ("When something was last compared.", verified.looked_at),
        "rewards_verified_through_block": ("The last block that was compared with all.", last and last.height),
        "rewards_verification_round_accounts": ("Accounts compared in this round.", present and present.accounts),
        "rewards_verification_findings": ("Broken rows that are known.", verified.looked_at and verified.findings),
    }
    registry = CollectorRegistry()
    for name, (says, value) in known.items():
        if value is not None:
            gauge = Gauge(name, says, registry=registry)
            gauge.set(value.timestamp() if isinstance(value, datetime) else value)
    return generate_latest(registry)


def _of_requests() -> bytes:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(OWN_REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)
