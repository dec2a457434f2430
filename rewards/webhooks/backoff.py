"""When a delivery is tried again. Pure, but for the jitter that is handed in."""

from datetime import timedelta
from typing import NamedTuple

STEPS: tuple[timedelta, ...] = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=10),
    timedelta(hours=24),
    timedelta(hours=32),
)
"""Between the ten attempts: three days in all."""
ATTEMPTS = len(STEPS) + 1
JITTER = 0.2
"""A wait is longer by up to this share, so that what failed together does not come back together."""
ASKED_MAX = timedelta(hours=24)
"""The longest `Retry-After` that is honoured."""
GONE = 410
DONE = range(200, 300)


class Answer(NamedTuple):
    """What became of one attempt: the status, or why there was none. `retry_after` as the receiver asks."""

    status: int | None
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver has taken it."""
        return self.status is not None and self.status in DONE


def wait_after(attempts: int, *, answer: Answer, chance: float) -> timedelta | None:
    """How long to wait after so many attempts, `chance` in [0, 1); none where it has failed for good."""
    if attempts >= ATTEMPTS or answer.status == GONE:
        return None
    wait = STEPS[attempts - 1] * (1 + JITTER * chance)
    return max(wait, min(answer.retry_after or timedelta(), ASKED_MAX))
