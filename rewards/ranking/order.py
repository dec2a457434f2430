"""The one order of every leaderboard, and its form in a sorted set. Pure.

Points down; then whoever reached them first, in whole seconds; then the member id by its bytes. A sorted set is read
ascending, where equal scores sort by the member's name: descending would turn those round.
"""

from dataclasses import dataclass, field
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
    span_s: int = field(init=False)
    last_s: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "span_s", (1 << self.bits) - 1)
        object.__setattr__(self, "last_s", _epoch_s(self.origin) + self.span_s)


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
    return score_at(reached.points, epoch_s=_epoch_s(reached.reached_at), scale=scale)


def name_of(reached: Reached, *, scale: Scale) -> bytes:
    """The member's name in the sorted set, whose bytes order what has equal scores."""
    return name_at(reached.member_id, epoch_s=_epoch_s(reached.reached_at), scale=scale)


def score_at(points: int, *, epoch_s: int, scale: Scale) -> int:
    """As `score_of`, of points reached that many whole seconds after 1970."""
    if not scale.bits:
        score, spare = points, 0
    else:
        spare = scale.last_s - epoch_s
        score = (points << scale.bits) + spare
    if points <= 0 or score >= SCORE_LIMIT or not 0 <= spare <= scale.span_s:
        raise DoesNotFit(f"{points} points reached {epoch_s} s after 1970 don't fit into {scale}.")
    return -score


def name_at(member_id: str, *, epoch_s: int, scale: Scale) -> bytes:
    """As `name_of`, of points reached that many whole seconds after 1970."""
    if scale.bits:
        return member_id.encode()
    if not 0 <= epoch_s < 16**_NAME_DIGITS:
        raise DoesNotFit(f"{epoch_s} s after 1970 don't fit into {_NAME_DIGITS} digits.")
    return f"{epoch_s:0{_NAME_DIGITS}x}:{member_id}".encode()


def reached_from(score: int, name: bytes, *, scale: Scale) -> Reached:
    """The inverse of `score_of` and `name_of`."""
    if not scale.bits:
        seconds, member_id = int(name[:_NAME_DIGITS], 16), name[_NAME_DIGITS + 1 :].decode()
        return Reached(-score, _EPOCH + timedelta(seconds=seconds), member_id)
    points, spare = divmod(-score, 1 << scale.bits)
    return Reached(points, scale.origin + timedelta(seconds=scale.span_s - spare), name.decode())


def _epoch_s(at: datetime) -> int:
    return int((at - _EPOCH).total_seconds())
