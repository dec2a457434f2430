from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
"""A Wednesday noon in Seoul, in the middle of a season."""


class SettableClock:
    """A clock that stands still until it is told otherwise; call it for the time, aware and in UTC."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> datetime:
        """Stand at `now`, which must be aware."""
        assert now.tzinfo is not None
        self.now = now.astimezone(UTC)
        return self.now

    def advance(self, **passed: float) -> datetime:
        """Go on by `timedelta(**passed)`: `clock.advance(minutes=5)`."""
        return self.set(self.now + timedelta(**passed))
