"""What the boxes show, as values."""

from dataclasses import dataclass

from rewards.pages.attendance.view import Arrived
from rewards.pages.ranking.view import Place, PrizeShown, WeekBox


@dataclass(frozen=True, slots=True)
class Row:
    """A place of the week: who has it, or nobody yet, and what it wins."""

    rank: int
    place: Place | None
    prize: PrizeShown | None


@dataclass(frozen=True, slots=True)
class RankingBox:
    """The week's box."""

    week: WeekBox
    rows: tuple[Row, ...]
    anybody: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceBox:
    """Today's box. `state`, `streak`: the reader's, if the session came along; `points`: what the button earns."""

    total: int
    first: tuple[Arrived, ...]
    greetings: tuple[Arrived, ...]
    state: str | None
    streak: int
    points: int | None
    seconds_left: int


def rows_of(places: tuple[Place, ...], *, prizes: tuple[PrizeShown, ...], top: int) -> tuple[Row, ...]:
    """The first places; those that win something are there before anybody has them."""
    by_rank = {place.rank: place for place in places}
    winning = {prize.place: prize for prize in prizes if prize.place <= top}
    ranks = sorted(by_rank.keys() | winning.keys())
    return tuple(Row(rank, by_rank.get(rank), winning.get(rank)) for rank in ranks)
