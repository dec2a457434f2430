"""Members and their points in the plainest Python: nothing here is the service's.

Days are those of Seoul, nine hours ahead and without summer time.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

NINE_HOURS = timedelta(hours=9)
WEEK = timedelta(days=7)
ALL_TIME = ("all-time", date(1, 1, 1))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TOLERANCE = timedelta(minutes=5)

Period = tuple[str, date]


def day_of(at: datetime) -> date:
    return (at + NINE_HOURS).date()


def start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - NINE_HOURS


@dataclass(eq=False)
class Person:
    """Somebody of the forum; `name` is none once they are erased. `number` counts them as they came."""

    name: str | None
    number: int
    balance: int = 0
    held: int = 0
    lifetime: int = 0
    suspended: bool = False
    hidden: bool = False
    entries: list["Entry"] = field(default_factory=list)
    visits: dict[date, datetime] = field(default_factory=dict)
    called: str = ""

    @property
    def available(self) -> int:
        return self.balance - self.held

    @property
    def seen(self) -> bool:
        """Whether leaderboards show them."""
        return self.name is not None and not self.suspended and not self.hidden


@dataclass(eq=False)
class Award:
    """Points that count; `seqs` are the entries that gave them, `reversed_by` the one that took them if one did."""

    person: Person
    type: str
    subject: str | None
    points: int
    at: datetime
    periods: list[Period]
    counted_in: set[Period]
    stands: bool = True
    taken_by: str = ""
    seqs: set[int] = field(default_factory=set)
    reversed_by: int | None = None


@dataclass(frozen=True)
class Entry:
    kind: str
    points: int
    award: Award | None = None


@dataclass(eq=False)
class Week:
    """A season, from reset to reset; `live` is false for a past one that the operator opened."""

    starts_at: datetime
    state: str = "open"
    live: bool = True
    standing: list[tuple[Person, int, datetime]] = field(default_factory=list)
    prizes: dict[int, list[tuple[Person, UUID]]] = field(default_factory=dict)
    """Each place's, to whom it went one after the other."""

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + WEEK

    @property
    def name(self) -> date:
        return day_of(self.starts_at)


class Points:
    """What everybody owns, what of it counts where, and how that moves."""

    def __init__(self, policy: dict[str, Any], *, weeks: list[Week], grace_s: int) -> None:
        self.policy = policy
        self.weeks = weeks
        self.grace = timedelta(seconds=grace_s)
        self.everybody: list[Person] = []
        self.awards: list[Award] = []
        self.shown: frozenset[Person] | None = None

    def find(self, name: str | None) -> Person | None:
        return next((one for one in self.everybody if name is not None and one.name == name), None)

    def ensure(self, names: set[str]) -> None:
        for name in sorted(names, key=str.encode):
            if self.find(name) is None:
                self.everybody.append(Person(name, len(self.everybody), called=name))

    def post(self, person: Person, kind: str, points: int, *, award: Award | None = None) -> int:
        """Move points; answers the number of the entry."""
        person.entries.append(Entry(kind, points, award))
        person.balance += points
        if kind in {"award", "reversal", "restore"}:
            person.lifetime += points
        return len(person.entries)

    def give(
        self, person: Person, type_: str, points: int, *, subject: str | None, at: datetime, now: datetime
    ) -> Award:
        """An award, which counts in the periods that still take it."""
        periods: list[Period] = [ALL_TIME]
        season = self.season_for_award(at, now)
        if season is not None:
            periods.append(("season", season))
        month = day_of(at).replace(day=1)
        if self.month_open(month, now):
            periods.append(("month", month))
        award = Award(person, type_, subject, points, at, periods, set(periods))
        award.seqs.add(self.post(person, "award", points, award=award))
        self.awards.append(award)
        return award

    def turn(self, award: Award, *, restoring: bool, by: str, now: datetime) -> tuple[int, set[date]]:
        """Take an award back, or give it again, where that still counts; the points, and the seasons that they hit."""
        award.stands, award.taken_by = restoring, "" if restoring else by
        seasons: set[date] = set()
        for period in award.periods:
            if self.still(period, now):
                (award.counted_in.add if restoring else award.counted_in.discard)(period)
                seasons |= {period[1]} if period[0] == "season" else set()
        points = award.points if restoring else -award.points
        seq = self.post(award.person, "restore" if restoring else "reversal", points, award=award)
        award.reversed_by = None if restoring else seq
        if restoring:
            award.seqs.add(seq)
        return points, seasons

    def points(self, period: Period, person: Person) -> tuple[int, datetime]:
        """A member's points in a period, and when they were reached: whole seconds."""
        mine = [award for award in self.awards if award.person is person and period in award.counted_in]
        latest = max((award.at for award in mine), default=EPOCH)
        return sum(award.points for award in mine), latest.replace(microsecond=0)

    def places(self, period: Period) -> list[tuple[Person, int, datetime]]:
        """Whoever is shown (or was, where `shown` says so), in their order."""
        shown = self.seen() if self.shown is None else self.shown
        rows = [(one, *self.points(period, one)) for one in self.everybody if one in shown]
        return sorted((row for row in rows if row[1] > 0), key=lambda row: (-row[1], row[2], row[0].called.encode()))

    def seen(self) -> frozenset[Person]:
        return frozenset(one for one in self.everybody if one.seen)

    def periods(self) -> set[Period]:
        return {period for award in self.awards for period in award.periods}

    def week_at(self, at: datetime) -> Week | None:
        return next((week for week in self.weeks if week.starts_at <= at < week.ends_at), None)

    def week_named(self, name: date) -> Week | None:
        return next((week for week in self.weeks if week.name == name), None)

    def season_for_award(self, at: datetime, now: datetime) -> date | None:
        week = self.week_at(at)
        if week is None or week.state not in {"open", "closing"}:
            return None
        return week.name if not week.live or now < week.ends_at + self.grace else None

    def still(self, period: Period, now: datetime) -> bool:
        """Whether a period takes reversals and restores."""
        kind, name = period
        if kind == "season":
            week = self.week_named(name)
            return week is not None and week.state != "final"
        return kind == "all-time" or self.month_open(name, now)

    def month_open(self, month: date, now: datetime) -> bool:
        return now < start_of((month + timedelta(days=32)).replace(day=1)) + self.grace
