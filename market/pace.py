"""How long a stock lasts at its present pace. Pure."""

from datetime import date, timedelta

DAYS_AHEAD_MAX = 366
"""Beyond a year ahead a pace foretells nothing."""


def days_watched(*, offered_for_s: float, at_most: int) -> int:
    """Over how many days the pace is taken: those since the product was offered, at least one, `at_most` at most."""
    return min(max(int(offered_for_s // 86_400), 1), at_most)


def runs_out_on(left: int, *, taken: int, days: int, today: date) -> date | None:
    """The day on which the last of `left` goes if as many go as in the last `days`; none if nothing goes, or far ahead.

    Sold out is today. A day that is only begun counts as that day, so that staff rather look too early.
    """
    assert left >= 0
    assert days >= 1
    if left == 0:
        return today
    if taken < 1:
        return None
    ahead = left * days // taken
    return None if ahead > DAYS_AHEAD_MAX else today + timedelta(days=ahead)
