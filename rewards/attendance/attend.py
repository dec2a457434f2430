"""Write check-ins: one of today, or many that a forum brings along. The caller commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
from rewards.earning.periods import Periods
from rewards.earning.terms import Terms
from rewards.errors import MemberSuspended
from rewards.members.ensure import MemberRow, ensure_members, read_members
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
    """A check-in that was written, with what it earned part by part; the decision is missing where nothing was to be awarded."""

    arrival: Arrival
    account_id: UUID
    day: date
    place: int
    streak: int
    parts: tuple[Part, ...]
    decision: Decision | None


_DAYS = text("select account_id, day, checked_in_at from attendance where account_id = any(cast(:accounts as uuid[]))")
_OPEN_DAYS = text(
    "insert into attendance_day (day, members) select day, 0 from unnest(cast(:days as date[])) as day order by day on conflict do nothing"
)
_LOCK_DAYS = text("select day, members from attendance_day where day = any(cast(:days as date[])) order by day for update")
_COUNT_DAYS = text(
    "update attendance_day d set members = n.members from unnest(cast(:days as date[]), cast(:members as bigint[])) as n(day, members)"
    " where d.day = n.day"
)
_WRITE = text(
    "insert into attendance (account_id, day, place, streak, origin, transfer_id, checked_in_at, recorded_at)"
    " select account_id, day, place, streak, :origin, transfer_id, checked_in_at, :now from unnest(cast(:accounts as uuid[]),"
    " cast(:days as date[]), cast(:places as bigint[]), cast(:streaks as bigint[]), cast(:transfers as uuid[]),"
    " cast(:times as timestamptz[])) as n(account_id, day, place, streak, transfer_id, checked_in_at)"
)
_GREET = text(
    "insert into greeting (account_id, day, greeting)"
    " select * from unnest(cast(:accounts as uuid[]), cast(:days as date[]), cast(:greetings as text[]))"
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

    Locks seasons, members, accounts, then the days' counters, and reads after that. Raises MemberSuspended.
    """
    periods = _lock_seasons(session, arrivals, terms=terms, now=now)
    members = ensure_members(session, [arrival.member_id for arrival in arrivals], now=now)
    accounts = lock_accounts(session, [member.account_id for member in members.values()], now=now)
    _refuse_suspended(read_members(session, members))
    visits = _read_visits(session, accounts)
    new = _first_of_each_day(arrivals, members, visits, terms)
    counts = _lock_days(session, {day for _, day in new})
    points = read_points(session, [Place("season", season, account) for season in periods.seasons for account in accounts])
    book = Book(terms, periods, now, accounts, {(place.period, place.account_id): value for place, value in points.items()})
    done = [_attend_one(book, arrival, day, members, visits, counts, rules, award) for arrival, day in new]
    _write(session, book, done, counts, visits, origin=origin)
    return done


def _refuse_suspended(members: Mapping[str, MemberRow]) -> None:
    """Under the accounts' locks, since somebody may be suspended while a check-in waits."""
    for member in members.values():
        if member.suspended_at is not None:
            raise MemberSuspended(member_id=member.member_id, since=member.suspended_at)


def _lock_seasons(session: Session, arrivals: Sequence[Arrival], *, terms: Terms, now: datetime) -> Periods:
    ensure_current(session, calendar=terms.calendar, now=now, grace_s=terms.grace_s, prizes=terms.prizes)
    season_ids = [row.season_id for row in seasons_covering(session, [arrival.checked_in_at for arrival in arrivals])]
    share_seasons(session, season_ids)
    return Periods({row.season_id: row for row in read_seasons(session, season_ids)}, terms.calendar, terms.grace_s, now)


def _read_visits(session: Session, accounts: Mapping[UUID, object]) -> dict[UUID, dict[date, datetime]]:
    visits: dict[UUID, dict[date, datetime]] = {account_id: {} for account_id in accounts}
    for row in session.execute(_DAYS, {"accounts": list(accounts)}):
        visits[row.account_id][row.day] = row.checked_in_at
    return visits


def _first_of_each_day(
    arrivals: Sequence[Arrival], members: Mapping[str, MemberRow], visits: Mapping[UUID, Mapping[date, datetime]], terms: Terms
) -> list[tuple[Arrival, date]]:
    seen: set[tuple[UUID, date]] = set()
    new: list[tuple[Arrival, date]] = []
    for arrival in sorted(arrivals, key=lambda arrival: (arrival.checked_in_at, arrival.member_id.encode())):
        account_id = members[arrival.member_id].account_id
        day = terms.calendar.day_of(arrival.checked_in_at)
        if day not in visits[account_id] and (account_id, day) not in seen:
            seen.add((account_id, day))
            new.append((arrival, day))
    return new


def _lock_days(session: Session, days: set[date]) -> dict[date, int]:
    ordered = sorted(days)
    session.execute(_OPEN_DAYS, {"days": ordered})
    return {row.day: row.members for row in session.execute(_LOCK_DAYS, {"days": ordered})}


def _attend_one(
    book: Book,
    arrival: Arrival,
    day: date,
    members: Mapping[str, MemberRow],
    visits: dict[UUID, dict[date, datetime]],
    counts: dict[date, int],
    rules: AttendanceRules,
    award: bool,
) -> Attended:
    member = members[arrival.member_id]
    counts[day] += 1
    mine = visits[member.account_id]
    mine[day] = arrival.checked_in_at
    parts = parts_of_check_in(day, place=counts[day], days=mine.keys(), rules=rules) if award else ()
    decision = _award(book, arrival, day, member, parts) if award else None
    return Attended(arrival, member.account_id, day, counts[day], streak_ending_on(day, mine.keys()), parts, decision)


def _award(book: Book, arrival: Arrival, day: date, member: MemberRow, parts: tuple[Part, ...]) -> Decision:
    event = Event(
        source=SOURCE,
        id=f"{member.account_id}:{day}",
        type=EVENT_TYPE,
        member_id=arrival.member_id,
        occurred_at=arrival.checked_in_at,
        data={"greeting": arrival.greeting},
    )
    lifetime = book.accounts[member.account_id].lifetime
    transfer_id = uuid7()
    season, month = book.periods.season_of(arrival.checked_in_at), book.periods.month_of(day)
    for part in parts:
        posting = Posting(
            points=part.points,
            kind="award",
            contra=f"issuance:{part.rule}",
            transfer_id=transfer_id,
            occurred_at=arrival.checked_in_at,
            season=season,
            month=month,
        )
        book.post(member.account_id, posting)
    points = sum(part.points for part in parts)
    verdict = Verdict(outcome="awarded", rule=f"attendance@{book.terms.rules.version}", points_asked=points, points=points)
    decision = book.conclude(
        event, member, verdict, lifetime_before=lifetime, season=season, transfer_id=transfer_id, keep_data=False
    )
    book.tell(decision)
    return decision


def _write(
    session: Session,
    book: Book,
    done: Sequence[Attended],
    counts: Mapping[date, int],
    visits: Mapping[UUID, Mapping[date, datetime]],
    *,
    origin: str,
) -> None:
    payloads = [(one, {"day": one.day.isoformat(), "place": one.place, "streak": one.streak}) for one in done]
    book.notices.extend(Notice("attendance", one.account_id, payload) for one, payload in payloads)
    today = book.terms.calendar.day_of(book.now)
    set_points(session, streak_rows(visits, {one.account_id for one in done}, today=today))
    book.write(session)
    session.execute(_COUNT_DAYS, {"days": list(counts), "members": list(counts.values())})
    columns = {
        "accounts": [one.account_id for one in done],
        "days": [one.day for one in done],
        "places": [one.place for one in done],
        "streaks": [one.streak for one in done],
        "transfers": [one.decision.transfer_id if one.decision else None for one in done],
        "times": [one.arrival.checked_in_at for one in done],
    }
    session.execute(_WRITE, {**columns, "origin": origin, "now": book.now})
    greeted = [one for one in done if one.arrival.greeting]
    greetings = [one.arrival.greeting for one in greeted]
    keys = {"accounts": [one.account_id for one in greeted], "days": [one.day for one in greeted]}
    session.execute(_GREET, {**keys, "greetings": greetings})


def streak_rows(
    visits: Mapping[UUID, Mapping[date, datetime]], account_ids: set[UUID], *, today: date
) -> dict[Place, tuple[int, datetime]]:
    """The streak leaderboard's rows of today and tomorrow: a streak lives on until the day after its last check-in ends."""
    rows: dict[Place, tuple[int, datetime]] = {}
    for account_id in account_ids:
        mine = visits[account_id]
        for day, length in ((today, current_streak(today, mine.keys())), (today + ONE_DAY, streak_ending_on(today, mine.keys()))):
            if length:
                reached_at = mine.get(today) or mine[today - timedelta(days=1)]
                rows[Place("streak", day, account_id)] = (length, reached_at)
    return rows
