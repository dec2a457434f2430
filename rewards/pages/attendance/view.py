"""What the attendance page shows, as values."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from rewards.attendance.ahead import Bonus, NextStreak
from rewards.pages.faces import Face

State = Literal["open", "done", "suspended", "closed"]


@dataclass(frozen=True, slots=True)
class PartShown:
    """A part of what a check-in earns, in words."""

    words: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a check-in earns at this moment, part by part, and which place of the day it gets."""

    place: int
    parts: tuple[PartShown, ...]

    @property
    def points(self) -> int:
        """All of it."""
        return sum(part.points for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Today's check-in as it was answered. Without parts where it was brought along and earned nothing."""

    place: int
    at: datetime
    greeting: str | None
    points: int
    parts: tuple[PartShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """The reader's own: `state` says whether today's check-in can still come."""

    state: State
    streak: int
    longest: int
    next_streak: NextStreak | None
    done: Done | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayShown:
    """A day of the calendar: whether the reader was there, and which bonuses fall on it for whoever comes every day."""

    day: date
    here: bool
    today: bool
    bonuses: tuple[Bonus, ...]

    @property
    def points(self) -> int:
        """All that the bonuses ahead bring."""
        return sum(bonus.points for bonus in self.bonuses)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthShown:
    """A month of the reader's. `weeks` run from Monday to Sunday, None where a day is of another month."""

    month: date
    weeks: tuple[tuple[DayShown | None, ...], ...]
    count: int
    ahead: tuple[Bonus, ...]
    earlier: date | None
    later: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A line of a day's board. `bonus`: what the place earned, under the policy in force."""

    place: int
    face: Face
    at: datetime
    greeting: str | None
    bonus: int | None
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBoard:
    """A day's board, in order of arrival. `bonuses` are those of the first places."""

    day: date
    today: bool
    total: int
    lines: tuple[Arrived, ...]
    bonuses: tuple[int, ...]
    next_cursor: str | None
    first_page: bool
    earlier: date | None
    later: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earnings:
    """What attendance earns at all, for whoever is not signed in."""

    base: int
    bonuses: tuple[PartShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceView:
    """The whole page. `promise` is None where no check-in can come; `mine` and `month` are None for visitors."""

    today: date
    midnight: datetime
    seconds_left: int
    promise: Promise | None
    mine: Mine | None
    month: MonthShown | None
    board: DayBoard
    earnings: Earnings | None
