"""What the page of one's own shows, and how it is put together from what was read. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from babel.dates import get_day_names
from flask_babel import gettext

from ledger.lapses import Coming
from rewards.members.levels import Level, level_at
from rewards.members.statement import StatementLine
from rewards.pages import words
from rewards.pages.languages import Language
from rewards.pages.statement_words import LineWords
from rewards.ranking.seasons import Calendar

LINELESS_DAYS_MAX = 30
"""Days on which nothing came are shown for a while only: further back nobody wonders any more."""


@dataclass(frozen=True, slots=True)
class LineShown:
    """A movement of points in words, and when it occurred on the community's clock."""

    words: LineWords
    points: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayShown:
    """A community day, `balance` after everything that occurred on it.

    `nothing_for`: what earned nothing, and why; `set_aside`: for redemptions, and given back: the balance stays;
    `goes_on` for a day whose later part was on the page before.
    """

    day: date
    lines: tuple[LineShown, ...]
    balance: int
    nothing_for: tuple[str, ...] = ()
    set_aside: tuple[LineShown, ...] = ()
    goes_on: bool = False

    @property
    def points(self) -> int:
        """What the lines shown come to."""
        return sum(line.points for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelShown:
    """The level, and the next one with the points missing; none at the top, and for one that was given by hand."""

    name: str
    by_hand: bool
    next_name: str | None = None
    missing: int | None = None
    share_done: int = 0


@dataclass(frozen=True, slots=True)
class RankShown:
    """A place on a leaderboard; none where there is none."""

    leaderboard: str
    rank: int | None


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """A redemption for which points are set aside."""

    redemption_id: str
    product: str
    points: int
    state: str


@dataclass(frozen=True, slots=True)
class LapseShown:
    """Points that lapse next, and the last community day on which they can be used."""

    points: int
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MeView:
    """What do I have, and why? `kept_off` says by whom the member is kept off the ranking."""

    name: str
    balance: int
    held: int
    suspended_since: datetime | None
    kept_off: str | None
    level: LevelShown | None
    ranks: tuple[RankShown, ...]
    on_their_way: tuple[OnItsWay, ...]
    next_lapse: LapseShown | None
    days: tuple[DayShown, ...]
    only: str | None
    first_page: bool
    next_cursor: str | None

    @property
    def available(self) -> int:
        """Points that may be spent."""
        return max(self.balance - self.held, 0)

    @property
    def owed(self) -> int:
        """Points below zero, which the next earnings pay."""
        return max(-self.balance, 0)


def level_shown(levels: Sequence[Level], *, lifetime: int, by_hand: str | None, locale: Language) -> LevelShown:
    """Where a member stands among the levels, which rise by points."""
    if by_hand is not None:
        same = next((level for level in levels if level.name == by_hand), None)
        return LevelShown(name=_called(same, locale) if same else by_hand, by_hand=True)
    index = level_at(levels, lifetime)
    present = levels[index]
    if index + 1 == len(levels):
        return LevelShown(name=_called(present, locale), by_hand=False)
    following = levels[index + 1]
    span = following.points - present.points
    done = max(lifetime - present.points, 0)
    return LevelShown(
        name=_called(present, locale),
        by_hand=False,
        next_name=_called(following, locale),
        missing=following.points - lifetime,
        share_done=min(done * 100 // span, 99) if span > 0 else 0,
    )


def next_lapse(coming: Sequence[Coming], *, calendar: Calendar) -> LapseShown | None:
    """What lapses with the end of the earliest day on which something does."""
    days = [calendar.day_of(one.lapses_at - timedelta(microseconds=1)) for one in coming]
    if not days:
        return None
    return LapseShown(sum(one.points for one, day in zip(coming, days, strict=True) if day == days[0]), days[0])


def days_shown(
    lines: Iterable[StatementLine],
    *,
    told: Mapping[tuple[UUID, int], LineWords],
    nothing_for: Mapping[date, Sequence[str]],
    set_aside: Mapping[date, Sequence[LineShown]],
    balances: Mapping[date, int],
    calendar: Calendar,
    goes_on: date | None,
) -> tuple[DayShown, ...]:
    """The lines by community day, the latest first. `goes_on`: the day with which the page before ended."""
    by_day: dict[date, list[LineShown]] = {}
    for line in lines:
        shown = LineShown(told[line.account_id, line.seq], line.points, line.occurred_at.astimezone(calendar.timezone))
        by_day.setdefault(calendar.day_of(line.occurred_at), []).append(shown)
    lineless = (nothing_for.keys() | set_aside.keys()) - by_day.keys()
    for day in sorted(lineless, reverse=True)[:LINELESS_DAYS_MAX]:
        by_day[day] = []
    return tuple(
        DayShown(
            day=day,
            lines=tuple(by_day[day]),
            balance=balances[day],
            nothing_for=tuple(nothing_for.get(day, ())),
            set_aside=tuple(set_aside.get(day, ())),
            goes_on=day == goes_on,
        )
        for day in sorted(by_day, reverse=True)
    )


def day_name(day: date, *, locale: Language, today: date) -> str:
    """A community day as the statement calls it: 오늘 · 11월 24일 화요일."""
    parts = [words.day(day, locale, today=today), get_day_names("wide", locale=locale)[day.weekday()]]
    said = " ".join(parts if locale == "ko" else reversed(parts))
    near = {0: gettext("Today"), 1: gettext("Yesterday")}.get((today - day).days)
    return f"{near} · {said}" if near else said


def _called(level: Level, locale: Language) -> str:
    return level.name if locale == "ko" else level.name_en
