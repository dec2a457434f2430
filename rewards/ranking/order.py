"""The one order of every leaderboard, and its form in a sorted set. Pure.

Points down; then whoever reached them first, in whole seconds; then the member id by its bytes. A sorted set is read
ascending, where equal scores sort by the member's name: descending would turn those round.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

LEADERBOARDS = ("season", "month", "all-time", "streak")
SEASON_BITS = 20
"""2^20 seconds are 12 days: a season lasts at most 10.5. Leaves 8.6·10⁹ points."""
MONTH_BITS = 22
"""2^22 seconds are 48 days. Leaves 2.1·10⁹ points."""
EPOCH_BITS = 32
"""For streaks, whose last check-in may be long ago: seconds since 1970, until 2106. Leaves two million days."""
SCORE_LIMIT = 2**53
"""From here on a score, being a double, would skip numbers."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_NAME_DIGITS = 10


class DoesNotFit(Exception):
    """Points or a time that a score cannot hold exactly."""


class Reached(NamedTuple):
    """What decides a place; `reached_at` in whole seconds."""

    points: int
    reached_at: datetime
    member_id: str

    @property
    def order(self) -> tuple[int, datetime, bytes]:
        """Sorts ascending into the order of the leaderboard."""
        return (-self.points, self.reached_at, self.member_id.encode())


@dataclass(frozen=True, slots=True)
class Scale:
    """How one period of a leaderboard fits into scores: seconds count from `origin`, in `bits` bits.

    Without bits points alone are the score, and the tie order lies in the name.
    """

    bits: int
    origin: datetime = _EPOCH


@lru_cache(maxsize=256)
def scale_of(leaderboard: str, period: date, *, season_starts_at: datetime | None = None) -> Scale:
    """The scale of a period; a season's needs its start. None depends on the community's present time zone."""
    if leaderboard == "season":
        assert season_starts_at is not None
        return Scale(SEASON_BITS, season_starts_at)
    if leaderboard == "month":
        # A day early, so that the month has begun nowhere on earth.
        return Scale(MONTH_BITS, datetime(period.year, period.month, 1, tzinfo=UTC) - _DAY)
    return Scale(EPOCH_BITS if leaderboard == "streak" else 0)


def score_of(reached: Reached, *, scale: Scale) -> int:
    """The score, at most 0. Raises DoesNotFit rather than to lose a point or a second."""
    seconds = int((reached.reached_at - scale.origin).total_seconds())
    spare = (1 << scale.bits) - 1 - seconds if scale.bits else 0
    score = (reached.points << scale.bits) + spare
    if reached.points <= 0 or score >= SCORE_LIMIT or spare < 0 or seconds < 0:
        raise DoesNotFit(f"{reached.points} points reached at {reached.reached_at} don't fit into {scale}.")
    return -score


def name_of(reached: Reached, *, scale: Scale) -> bytes:
    """The member's name in the sorted set, whose bytes order what has equal scores."""
    if scale.bits:
        return reached.member_id.encode()
    seconds = int((reached.reached_at - _EPOCH).total_seconds())
    if not 0 <= seconds < 16**_NAME_DIGITS:
        raise DoesNotFit(f"{reached.reached_at} doesn't fit into {_NAME_DIGITS} digits of seconds.")
    return f"{seconds:0{_NAME_DIGITS}x}:{reached.member_id}".encode()


def reached_from(score: int, name: bytes, *, scale: Scale) -> Reached:
    """The inverse of `score_of` and `name_of`."""
    if not scale.bits:
        seconds, member_id = int(name[:_NAME_DIGITS], 16), name[_NAME_DIGITS + 1 :].decode()
        return Reached(-score, _EPOCH + timedelta(seconds=seconds), member_id)
    points, spare = divmod(-score, 1 << scale.bits)
    seconds = (1 << scale.bits) - 1 - spare
    return Reached(points, scale.origin + timedelta(seconds=seconds), name.decode())
