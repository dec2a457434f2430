"""What must come of the demo's messages, worked out by hand, as it were: an independent calculation.

Plain Python that imports nothing of the service. The amounts are those that docs/reference/points.md states, written
down again. It is meant to be read beside that page, so it is slow and obvious: lists, dictionaries, one pass each.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)

JOINED = 100
COMMENT = 10
COMMENTS_A_DAY = 10
COMMENT_COOLDOWN = timedelta(seconds=15)
REPLY = 3
REPLY_POINTS_A_DAY = 20
CHECK_IN = 20
PLACES = {1: 80, 2: 50, 3: 30}
STREAKS = {7: 70, 30: 300, 100: 1000, 365: 5000}
PERFECT_WEEK = 50
PERFECT_MONTH = 300
PRIZES = {1: 4000, 2: 3000, 3: 2000}
LEVELS = [(0, "새싹"), (1000, "잎새"), (5000, "나무"), (20000, "숲"), (100000, "산")]
GRACE = timedelta(minutes=10)


@dataclass(frozen=True)
class Message:
    """A line of the CSV, moved in time."""

    number: int
    sender: str
    recipient: str
    sent_at: datetime


@dataclass(frozen=True)
class Answer:
    """What the service must have answered to an event."""

    event_id: str
    type: str
    member: str
    subject: str | None
    occurred_at: datetime
    outcome: str
    reason: str | None
    points: int


@dataclass(frozen=True)
class Visit:
    """A check-in, with its parts kept apart."""

    member: str
    day: date
    at: datetime
    place: int
    streak: int
    parts: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Line:
    """A place on a leaderboard."""

    place: int
    member: str
    points: int
    reached_at: datetime


@dataclass
class Result:
    """Everything that must come out."""

    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    visits: dict[tuple[str, date], Visit] = field(default_factory=dict[tuple[str, date], Visit])
    balances: dict[str, int] = field(default_factory=dict[str, int])
    levels: dict[str, str] = field(default_factory=dict[str, str])
    weeks: dict[date, list[Line]] = field(default_factory=dict[date, list[Line]])
    months: dict[date, list[Line]] = field(default_factory=dict[date, list[Line]])
    all_time: list[Line] = field(default_factory=list[Line])
    streaks_today: list[Line] = field(default_factory=list[Line])
    current_streaks: dict[str, int] = field(default_factory=dict[str, int])
    longest_streaks: dict[str, int] = field(default_factory=dict[str, int])
    winners: dict[tuple[date, int], tuple[str, int]] = field(default_factory=dict[tuple[date, int], tuple[str, int]])


def read_messages(path: Path, *, now: datetime, numbers: AbstractSet[int] | None = None) -> list[Message]:
    """The CSV (or only these messages), moved by the largest whole number of weeks that leaves nothing after `now`."""
    with gzip.open(path, "rt", encoding="ascii", newline="") as file:
        rows = [row for row in csv.DictReader(file) if numbers is None or int(row["message_id"]) in numbers]
    times = [datetime.fromisoformat(row["sent_at"]).astimezone(UTC) for row in rows]
    weeks = 0
    while max(times) + (weeks + 1) * WEEK <= now:
        weeks += 1
    return [
        Message(
            int(row["message_id"]),
            f"member-{row['sender_id']}",
            f"member-{row['recipient_id']}",
            sent_at + weeks * WEEK,
        )
        for row, sent_at in zip(rows, times, strict=True)
    ]


def calculate(messages: Sequence[Message], *, timezone: ZoneInfo, now: datetime) -> Result:
    """All that the messages must come to, at `now`, with seasons from Monday 00:00 in the time zone."""
    result = Result()
    in_order = sorted(messages, key=lambda message: (message.sent_at, message.number))
    result.answers = _decide_all(in_order, timezone=timezone)
    result.visits = _visit_all(in_order, timezone=timezone)
    awards = [(a.member, a.points, a.occurred_at) for a in result.answers.values() if a.points]
    awards += [(v.member, sum(points for _, points in v.parts), v.at) for v in result.visits.values()]
    result.balances = {message.sender: 0 for message in in_order} | {message.recipient: 0 for message in in_order}
    for member, points, _ in awards:
        result.balances[member] += points
    result.levels = {member: _level(points) for member, points in result.balances.items()}
    _rank_all(result, awards, timezone=timezone, now=now)
    _measure_streaks(result, timezone=timezone, now=now)
    return result


def _day(at: datetime, timezone: ZoneInfo) -> date:
    return at.astimezone(timezone).date()


def _monday(day: date) -> date:
    while day.weekday() != 0:
        day -= DAY
    return day


def _level(points: int) -> str:
    name = ""
    for threshold, candidate in LEVELS:
        if points >= threshold:
            name = candidate
    return name


def _decide_all(messages: Iterable[Message], *, timezone: ZoneInfo) -> dict[str, Answer]:
    """One message after the other: who joins with it (sender before recipient), its comment, its reply."""
    answers: list[Answer] = []
    known: set[str] = set()
    comments: dict[tuple[str, date], int] = defaultdict(int)
    last_comment: dict[str, datetime] = {}
    reply_points: dict[tuple[str, date], int] = defaultdict(int)
    for message in messages:
        day = _day(message.sent_at, timezone)
        for member in (message.sender, message.recipient):
            if member not in known:
                known.add(member)
                answers.append(_joined(member, at=message.sent_at))

        sender = message.sender
        reason = None
        if sender in last_comment and abs(message.sent_at - last_comment[sender]) < COMMENT_COOLDOWN:
            reason = "cooldown"
        elif comments[sender, day] >= COMMENTS_A_DAY:
            reason = "daily_times"
        else:
            comments[sender, day] += 1
            last_comment[sender] = max(message.sent_at, last_comment.get(sender, message.sent_at))
        answers.append(_answer(message, "sent", "comment.created", sender, reason, 0 if reason else COMMENT))

        recipient = message.recipient
        points = min(REPLY, REPLY_POINTS_A_DAY - reply_points[recipient, day])
        reply_points[recipient, day] += points
        reason = None if points else "daily_points"
        answers.append(_answer(message, "received", "reply.received", recipient, reason, points))
    return {answer.event_id: answer for answer in answers}


def _joined(member: str, *, at: datetime) -> Answer:
    return Answer(f"member:{member}:joined", "member.joined", member, None, at, "awarded", None, JOINED)


def _answer(message: Message, what: str, kind: str, member: str, reason: str | None, points: int) -> Answer:
    return Answer(
        event_id=f"message:{message.number}:{what}",
        type=kind,
        member=member,
        subject=f"message:{message.number}",
        occurred_at=message.sent_at,
        outcome="capped" if reason else "awarded",
        reason=reason,
        points=points,
    )


def _visit_all(messages: Iterable[Message], *, timezone: ZoneInfo) -> dict[tuple[str, date], Visit]:
    """The sender's first message of a day is a check-in; who comes in the same second is placed by the id's bytes."""
    first: dict[tuple[str, date], datetime] = {}
    for message in messages:
        key = (message.sender, _day(message.sent_at, timezone))
        first.setdefault(key, message.sent_at)

    arrivals: dict[date, list[tuple[datetime, bytes, str]]] = defaultdict(list)
    for (member, day), at in first.items():
        arrivals[day].append((at, member.encode(), member))

    visits: dict[tuple[str, date], Visit] = {}
    days_of: dict[str, set[date]] = defaultdict(set)
    for day in sorted(arrivals):
        for place, (at, _, member) in enumerate(sorted(arrivals[day]), start=1):
            days_of[member].add(day)
            visits[member, day] = _visit(member, day, at=at, place=place, days=days_of[member])
    return visits


def _visit(member: str, day: date, *, at: datetime, place: int, days: set[date]) -> Visit:
    streak = 0
    while day - streak * DAY in days:
        streak += 1
    parts = [("attendance.base", CHECK_IN)]
    if place in PLACES:
        parts.append((f"attendance.place.{place}", PLACES[place]))
    if streak in STREAKS:
        parts.append((f"attendance.streak.{streak}", STREAKS[streak]))
    week = [_monday(day) + number * DAY for number in range(7)]
    if day == week[-1] and all(other in days for other in week):
        parts.append(("attendance.perfect-week", PERFECT_WEEK))
    tomorrow = day + DAY
    month = [day.replace(day=number) for number in range(1, day.day + 1)]
    if tomorrow.month != day.month and all(other in days for other in month):
        parts.append(("attendance.perfect-month", PERFECT_MONTH))
    return Visit(member, day, at, place, streak, tuple(parts))


def _measure_streaks(result: Result, *, timezone: ZoneInfo, now: datetime) -> None:
    today = _day(now, timezone)
    visits_of: dict[str, dict[date, Visit]] = defaultdict(dict)
    for visit in result.visits.values():
        visits_of[visit.member][visit.day] = visit
    rows: list[tuple[int, datetime, str]] = []
    for member, visits in visits_of.items():
        alive = visits.get(today) or visits.get(today - DAY)
        result.current_streaks[member] = alive.streak if alive else 0
        result.longest_streaks[member] = max(visit.streak for visit in visits.values())
        if alive:
            rows.append((alive.streak, alive.at, member))
    result.streaks_today = _in_order(rows)


def _rank_all(
    result: Result, awards: Sequence[tuple[str, int, datetime]], *, timezone: ZoneInfo, now: datetime
) -> None:
    by_week: dict[date, list[tuple[str, int, datetime]]] = defaultdict(list)
    by_month: dict[date, list[tuple[str, int, datetime]]] = defaultdict(list)
    for award in awards:
        day = _day(award[2], timezone)
        by_week[_monday(day)].append(award)
        if now < _end_of_month(day, timezone) + GRACE:
            by_month[day.replace(day=1)].append(award)
    result.weeks = {week: _leaderboard(those) for week, those in by_week.items()}
    result.months = {month: _leaderboard(those) for month, those in by_month.items()}
    result.all_time = _leaderboard(awards)
    for week, lines in result.weeks.items():
        if week + WEEK <= _day(now, timezone):
            for line in lines[:3]:
                result.winners[week, line.place] = (line.member, PRIZES[line.place])


def _end_of_month(day: date, timezone: ZoneInfo) -> datetime:
    next_month = (day.replace(day=28) + 4 * DAY).replace(day=1)
    return datetime.combine(next_month, time(0, 0), tzinfo=timezone)


def _leaderboard(awards: Iterable[tuple[str, int, datetime]]) -> list[Line]:
    points_of: dict[str, int] = defaultdict(int)
    reached: dict[str, datetime] = {}
    for member, points, at in awards:
        points_of[member] += points
        reached[member] = max(at, reached.get(member, at))
    return _in_order([(points, reached[member], member) for member, points in points_of.items()])


def _in_order(rows: Iterable[tuple[int, datetime, str]]) -> list[Line]:
    """Points, most first; then who reached them first; then the id by its bytes."""
    ordered = sorted(rows, key=lambda row: (-row[0], row[1].replace(microsecond=0), row[2].encode()))
    return [
        Line(place, member, points, reached_at.replace(microsecond=0))
        for place, (points, reached_at, member) in enumerate(ordered, start=1)
    ]
