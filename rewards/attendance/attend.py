"""Write check-ins: one of today, or many that a forum brings along. The caller commits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts
from ledger.events import Decision
from ledger.locks import share_seasons
from ledger.outbox import Notice
from ledger.postings import Posting
from rewards.attendance.bonuses import AttendanceRules, Part, parts_of_check_in
from rewards.attendance.streaks import ONE_DAY, current_streak, streak_ending_on
from rewards.earning.book import Book
from rewards.earning.decide import Verdict
from rewards.earning.events import Event
from rewards.earning.lapses import lapses_at
from rewards.earning.periods import Periods
from rewards.earning.terms import Terms
from rewards.errors import MemberMoved, MemberSuspended
from rewards.members.ensure import MemberRow, ensure_members, read_locked
from rewards.ranking.season_rows import ensure_current, read_seasons, seasons_covering
from rewards.ranking.tally import Place, read_points, set_points

SOURCE = "attendance"
EVENT_TYPE = "attendance.checked_in"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody checking in at an instant; at most one a member and community day is kept."""

    member_id: str
    checked_in_at: datetime
    greeting: str | None = None


@dataclass(frozen=True, slots=True)
class Attended:
    """A check-in that was written, with what it earned part by part; no decision where nothing was to be awarded.

    `member_id` is the member's own: another than the arrival's where that one was merged.
    """

    arrival: Arrival
    member_id: str
    account_id: UUID
    day: date
    place: int
    streak: int
    parts: tuple[Part, ...]
    decision: Decision | None


_DAYS = text("select account_id, day, checked_in_at from attendance where account_id = any(cast(:accounts as uuid[]))")
_OPEN_DAYS = text(
    "insert into attendance_day (day, members) select day, 0 from unnest(cast(:days as date[])) as day order"
    " by day on conflict do nothing"
)
_LOCK_DAYS = text(
    "select day, members from attendance_day where day = any(cast(:days as date[])) order by day for update"
)
_COUNT_DAYS = text(
    "update attendance_day d set members = n.members from unnest(cast(:days as date[]), cast(:members as"
    " bigint[])) as n(day, members)"
    " where d.day = n.day"
)
_WRITE = text(
    "insert into attendance (account_id, day, place, streak, origin, transfer_id, checked_in_at, recorded_at)"
    " select account_id, day, place, streak, :origin, transfer_id, checked_in_at, :now from"
    " unnest(cast(:accounts as uuid[]),"
    " cast(:days as date[]), cast(:places as bigint[]), cast(:streaks as bigint[]), cast(:transfers as uuid[]),"
    " cast(:times as timestamptz[])) as n(account_id, day, place, streak, transfer_id, checked_in_at)"
)
_GREET = text(
    "insert into greeting (account_id, day, greeting)"
    " select * from unnest(cast(:accounts as uuid[]), cast(:days as date[]), cast(:greetings as text[]))"
    " as n(account_id, day, greeting) where greeting <> ''"
)


def attend(
    session: Session,
    arrivals: Sequence[Arrival],
    *,
    terms: Terms,
    rules: AttendanceRules,
    origin: Literal["check-in", "import"],
    award: bool,
    now: datetime,
) -> list[Attended]:
    """Write the arrivals whose member has none on that day, places in the order of their time. At most 250.

    Locks seasons, members, accounts, then the days' counters, and reads after that. Raises MemberSuspended, and
    MemberMoved: roll back, run it again.
    """
    periods = _lock_seasons(session, arrivals, terms=terms, now=now)
    members = ensure_members(session, [arrival.member_id for arrival in arrivals], now=now)
    locked = [account_id for member in members.values() for account_id in member.accounts]
    accounts = lock_accounts(session, locked, now=now)
    members = read_locked(session, members)
    _refuse_suspended(members)
    points = _season_points(session, periods=periods, account_ids=accounts)
    book = Book(terms, periods, now, accounts, season_points=points)
    visits = read_visits(session, members.values())
    roster = Roster(book=book, members=members, visits=visits, rules=rules, award=award)
    new = roster.first_of_each_day(arrivals)
    if origin == "check-in":
        _refuse_passed(roster, new)
    roster.counts = _lock_days(session, {day for _, day in new})
    done = [roster.attend(arrival, day) for arrival, day in new]
    _write(session, roster, done=done, origin=origin)
    return done


@dataclass(slots=True, kw_only=True)
class Roster:
    """What check-ins are decided from, read under locks. `visits`: each member's days; `counts`: members by day."""

    book: Book
    members: Mapping[str, MemberRow]
    visits: dict[UUID, dict[date, datetime]]
    rules: AttendanceRules
    award: bool
    counts: dict[date, int] = field(default_factory=dict[date, int])

    def first_of_each_day(self, arrivals: Sequence[Arrival]) -> list[tuple[Arrival, date]]:
        """Those that are new, with their community day, in the order of their time."""
        seen: set[tuple[UUID, date]] = set()
        new: list[tuple[Arrival, date]] = []
        for arrival in sorted(arrivals, key=lambda arrival: (arrival.checked_in_at, arrival.member_id.encode())):
            account_id = self.members[arrival.member_id].account_id
            day = self.book.terms.calendar.day_of(arrival.checked_in_at)
            if day not in self.visits[account_id] and (account_id, day) not in seen:
                seen.add((account_id, day))
                new.append((arrival, day))
        return new

    def attend(self, arrival: Arrival, day: date) -> Attended:
        """Give the next place of the day, and what it earns."""
        member = self.members[arrival.member_id]
        self.counts[day] += 1
        place = self.counts[day]
        mine = self.visits[member.account_id]
        mine[day] = arrival.checked_in_at
        parts = parts_of_check_in(day, place=place, days=mine.keys(), rules=self.rules) if self.award else ()
        decision = self._award(arrival, day, member=member, parts=parts) if self.award else None
        return Attended(
            arrival=arrival,
            member_id=member.member_id,
            account_id=member.account_id,
            day=day,
            place=place,
            streak=streak_ending_on(day, mine.keys()),
            parts=parts,
            decision=decision,
        )

    def _award(self, arrival: Arrival, day: date, *, member: MemberRow, parts: Sequence[Part]) -> Decision:
        """One entry a part, one decision for all of them."""
        book, transfer_id = self.book, uuid7()
        lifetime_before = book.lifetime_of(member)
        season = book.periods.season_of(arrival.checked_in_at)
        after_days = self.rules.lapses_after_days
        expires_at = lapses_at(arrival.checked_in_at, after_days=after_days, calendar=book.terms.calendar)
        for part in parts:
            posting = Posting(
                points=part.points,
                kind="award",
                contra=f"issuance:{part.rule}",
                transfer_id=transfer_id,
                occurred_at=arrival.checked_in_at,
                season=season,
                month=book.periods.month_of(day),
                expires_at=expires_at,
            )
            book.post(member.account_id, posting)
        points = sum(part.points for part in parts)
        rule = f"attendance@{book.terms.rules.version}"
        return book.conclude(
            check_in_event(arrival, day, account_id=member.account_id),
            Verdict(outcome="awarded", rule=rule, points_asked=points, points=points),
            member=member,
            lifetime_before=lifetime_before,
            season=season,
            transfer_id=transfer_id,
            keep_data=False,
        )


def check_in_event(arrival: Arrival, day: date, *, account_id: UUID) -> Event:
    """A check-in as an event of the service's own; the greeting is kept elsewhere, and covered by the fingerprint."""
    return Event(
        source=SOURCE,
        id=f"{account_id}:{day}",
        type=EVENT_TYPE,
        member_id=arrival.member_id,
        occurred_at=arrival.checked_in_at,
        data={"greeting": arrival.greeting},
    )


def _refuse_suspended(members: Mapping[str, MemberRow]) -> None:
    """Under the accounts' locks, since somebody may be suspended while a check-in waits."""
    for member in members.values():
        if member.suspended_at is not None:
            raise MemberSuspended(member_id=member.member_id, since=member.suspended_at)


def _refuse_passed(roster: Roster, new: Sequence[tuple[Arrival, date]]) -> None:
    """A check-in that waited past midnight, behind the member's own of the next day: by now it is not that day's.

    Raises MemberMoved, since the clock has to be asked again.
    """
    for arrival, day in new:
        if max(roster.visits[roster.members[arrival.member_id].account_id], default=day) > day:
            raise MemberMoved


def _lock_seasons(session: Session, arrivals: Sequence[Arrival], *, terms: Terms, now: datetime) -> Periods:
    ensure_current(session, calendar=terms.calendar, now=now, grace_s=terms.grace_s, prizes=terms.prizes)
    season_ids = [row.season_id for row in seasons_covering(session, [one.checked_in_at for one in arrivals])]
    share_seasons(session, season_ids)
    rows = {row.season_id: row for row in read_seasons(session, season_ids)}
    return Periods(rows, terms.calendar, terms.grace_s, now)


def _season_points(session: Session, *, periods: Periods, account_ids: Iterable[UUID]) -> dict[tuple[date, UUID], int]:
    places = [Place("season", season, account_id) for season in periods.seasons for account_id in account_ids]
    return {(place.period, place.account_id): points for place, points in read_points(session, places).items()}


def read_visits(session: Session, members: Iterable[MemberRow]) -> dict[UUID, dict[date, datetime]]:
    """When each member was here, by account and day. A day on which two who were merged were here counts once."""
    owners = {account_id: member.account_id for member in members for account_id in member.accounts}
    visits: dict[UUID, dict[date, datetime]] = {account_id: {} for account_id in owners.values()}
    for row in session.execute(_DAYS, {"accounts": list(owners)}):
        mine = visits[owners[row.account_id]]
        mine[row.day] = min(row.checked_in_at, mine.get(row.day, row.checked_in_at))
    return visits


def _lock_days(session: Session, days: set[date]) -> dict[date, int]:
    """The days' counters, locked last: everybody who checks in wants them."""
    ordered = sorted(days)
    session.execute(_OPEN_DAYS, {"days": ordered})
    return {row.day: row.members for row in session.execute(_LOCK_DAYS, {"days": ordered})}


def _write(session: Session, roster: Roster, *, done: Sequence[Attended], origin: str) -> None:
    book, counts = roster.book, roster.counts
    for one in done:
        payload = {"day": one.day.isoformat(), "place": one.place, "streak": one.streak}
        book.notices.append(Notice("attendance", one.account_id, payload))
    book.write(session)
    visits = {one.account_id: roster.visits[one.account_id] for one in done}
    set_points(session, streak_rows(visits, today=book.terms.calendar.day_of(book.now)))
    session.execute(_COUNT_DAYS, {"days": list(counts), "members": list(counts.values())})
    columns = {
        "accounts": [one.account_id for one in done],
        "days": [one.day for one in done],
        "places": [one.place for one in done],
        "streaks": [one.streak for one in done],
        "transfers": [one.decision.transfer_id if one.decision else None for one in done],
        "times": [one.arrival.checked_in_at for one in done],
        "greetings": [one.arrival.greeting for one in done],
    }
    session.execute(_WRITE, {**columns, "origin": origin, "now": book.now})
    session.execute(_GREET, columns)


def streak_rows(visits: Mapping[UUID, Mapping[date, datetime]], *, today: date) -> dict[Place, tuple[int, datetime]]:
    """The streak leaderboard's rows of today and tomorrow: a streak lives until the day after its last check-in ends.

    So whoever was here yesterday is on today's board before checking in, and everybody of today is on tomorrow's.
    """
    rows: dict[Place, tuple[int, datetime]] = {}
    for account_id, mine in visits.items():
        lengths = {
            today: current_streak(today, mine.keys()),
            today + ONE_DAY: streak_ending_on(today, mine.keys()),
        }
        for day, length in lengths.items():
            if length:
                reached_at = mine[today] if today in mine else mine[today - ONE_DAY]
                rows[Place("streak", day, account_id)] = (length, reached_at)
    return rows
