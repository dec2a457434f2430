from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Answers the present time, aware and in UTC. Edges ask it once and pass the answer on as `now`."""


def now_utc() -> datetime:
    """Answer the machine's time in UTC; nothing else in the service reads a clock of the day."""
    return datetime.now(UTC)
