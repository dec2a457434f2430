"""What one of the staff may adjust without a second, and how much on a day. Pure."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["at_once", "waits", "over_cap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustLimits:
    """In points, whether given or taken; none: no limit.

    More than `approval_above` waits for a second of the staff. `cap_per_day`: of one of the staff in all.
    """

    approval_above: int | None
    cap_per_day: int | None


def weigh(points: int, *, used: int, limits: AdjustLimits) -> Verdict:
    """Whether an adjustment is posted at once, waits for a second, or is more than is left of the day's cap.

    `used`: what the same one has adjusted and asked for today, given and taken counted together.
    """
    size = abs(points)
    if limits.cap_per_day is not None and used + size > limits.cap_per_day:
        return "over_cap"
    if limits.approval_above is not None and size > limits.approval_above:
        return "waits"
    return "at_once"
