"""What the ranking page shows, as values: everything is decided here, so that the templates only say it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from rewards.pages.faces import Face
from rewards.pages.ranking.next_place import NextPlace

BOARDS = ("season", "month", "all-time", "streak")

Standing = Literal["ranked", "no_points", "kept_off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrizeShown:
    """What a place wins: its name in full, and its value, short enough to stand beside a name."""

    place: int
    name: str
    short: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of the ranking. `change`: places up (below 0: down) since the last midnight; None: was not there."""

    rank: int
    face: Face
    points: int
    change: int | None = None
    prize: PrizeShown | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekBox:
    """The week's box: its days, what is left of it, what the first three win."""

    first_day: date
    last_day: date
    ends_at: datetime
    seconds_left: int
    reset_weekday: int
    reset_minute: int
    prizes: tuple[PrizeShown, ...]

    @property
    def resets_sunday_midnight(self) -> bool:
        """Whether the week ends with the midnight that ends Sunday."""
        return (self.reset_weekday, self.reset_minute) == (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MyPlace:
    """Where the reader stands: `next_place` above, or for the first the `lead` over the second (None: alone)."""

    standing: Standing
    name: str
    rank: int | None = None
    points: int = 0
    next_place: NextPlace | None = None
    lead: int | None = None
    starting_points: int | None = None

    @property
    def share_done(self) -> int:
        """How much of the way to the next place is done, in percent."""
        if self.next_place is None or self.points <= 0:
            return 0
        return self.points * 100 // (self.points + self.next_place.gap)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWeek:
    """The week before this one: who won, or that its result is still being settled."""

    season_id: date
    first_day: date
    last_day: date
    state: str
    winners: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingView:
    """The whole page. `podium` is on the first page only; `near_me` where no line above shows my place."""

    board: str
    week: WeekBox
    podium: tuple[Place, ...]
    places: tuple[Place, ...]
    near_me: tuple[Place, ...]
    total: int
    month: date
    today: date
    first_page: bool
    next_cursor: str | None
    me: MyPlace | None
    last_week: LastWeek | None

    @property
    def unit(self) -> Literal["points", "days"]:
        """What the numbers of this leaderboard count."""
        return "days" if self.board == "streak" else "points"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastWeek:
    """A line of the hall of fame."""

    season_id: date
    first_day: date
    last_day: date
    state: str
    members: int
    winners: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HallOfFame:
    """Past weeks, the latest first."""

    weeks: tuple[PastWeek, ...]
    today: date
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledWeek:
    """A week that is over: its standings as they are, and from `final` on the hash that anybody can recompute."""

    season_id: date
    first_day: date
    last_day: date
    today: date
    ends_at: datetime
    state: str
    standings_hash: str | None
    settled_at: datetime | None
    members: int
    places: tuple[Place, ...]
    next_cursor: str | None
    first_page: bool
    previous: date | None
    following: date | None
