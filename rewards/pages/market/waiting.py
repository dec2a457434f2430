"""How long redemptions take: a number from the last ones, in a unit that people think in. The unit is chosen purely."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

LAST = 20
FEWEST = 3
"""Fewer say nothing about the next one."""
HOUR_S = 3_600
DAY_S = 86_400
HOURS_MAX = 36

_TYPICAL_S = text(
    "select count(*) as number, extract(epoch from percentile_disc(0.5) within group"
    " (order by sent.recorded_at - r.requested_at))::bigint as seconds from"
    " (select h.redemption_id, h.recorded_at from redemption_history h join redemption using (redemption_id)"
    " where h.action = 'fulfil' and origin = 'market' order by h.step desc limit :last) sent"
    " join redemption r using (redemption_id)"
)


@dataclass(frozen=True, slots=True)
class Wait:
    """A span in whole units, never 0."""

    number: int
    unit: Literal["minutes", "hours", "days"]


def typical_wait(session: Session) -> Wait | None:
    """Within which time half of the last redemptions were fulfilled; none where there were too few."""
    row = session.execute(_TYPICAL_S, {"last": LAST}).one()
    return wait_of(row.seconds) if row.number >= FEWEST else None


def wait_of(seconds: int) -> Wait:
    """A span of seconds, rounded up: ten minutes within the hour, hours for a day and a half, then days."""
    if seconds <= 50 * 60:
        return Wait(max(-(-seconds // 600), 1) * 10, "minutes")
    hours = -(-seconds // HOUR_S)
    return Wait(hours, "hours") if hours <= HOURS_MAX else Wait(-(-seconds // DAY_S), "days")
