"""What came of it in the service: read from its database, and compared with the calculation line by line."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from rewards.attendance.read import member_attendance
from rewards.ranking.read import top
from rewards.ranking.seasons import Calendar
from rewards.ranking.tally import ALL_TIME
from rewards.runtime.database import snapshot
from tests.independent.calculation import Line, Result

ATTENDANCE = "attendance"
ALL = 10_000

_EVENTS = text(
    "select e.event_id, e.type, m.member_id, e.subject, e.occurred_at, e.outcome, e.reason, e.points"
    " from event e join member m using (account_id) where e.source <> 'attendance'"
)
_LEVELS = text(
    "select distinct on (account_id) m.member_id, e.level from event e join member m using (account_id)"
    " order by account_id, decision_no desc"
)
_VISITS = text(
    "select m.member_id, a.day, a.checked_in_at, a.place, a.streak, array_agg(e.contra order by e.seq) as contras,"
    " array_agg(e.points order by e.seq) as points from attendance a join member m using (account_id)"
    " join entry e on e.account_id = a.account_id and e.transfer_id = a.transfer_id group by 1, 2, 3, 4, 5"
)
_BALANCES = text(
    "select m.member_id, a.balance, a.lifetime, coalesce(sum(e.points), 0) as entries from member m"
    " join account a using (account_id) left join entry e using (account_id) group by 1, 2, 3"
)
_STANDINGS = text(
    "select s.season_id, s.place, m.member_id, s.points, s.reached_at from standing s join member m using (account_id)"
    " order by s.season_id, s.position"
)
_PRIZES = text(
    "select w.season_id, w.place, m.member_id, p.face_value from prize w join member m using (account_id)"
    " join redemption r using (redemption_id) join product p using (product_id)"
)
_STATES = text("select season_id, starts_at, ends_at, state from season")
_PERIODS = text(
    "select distinct leaderboard, period from leaderboard_points"
    " where leaderboard in ('season', 'month') and points > 0"
)
_MEMBERS = text("select member_id, account_id from member")


def differences(engine: Engine, expected: Result, *, calendar: Calendar, now: datetime) -> list[str]:
    """Every difference between the service and the calculation, named; none if all is as it must be."""
    with snapshot(engine) as session:
        return [
            *_events(session, expected),
            *_visits(session, expected),
            *_balances(session, expected),
            *_standings(session, expected, now=now),
            *_leaderboards(session, expected, calendar=calendar, now=now),
            *_streaks(session, expected, calendar=calendar, now=now),
        ]


def compare(name: str, *, got: Mapping[Any, Any], wanted: Mapping[Any, Any]) -> Iterator[str]:
    """What is missing, what is there beyond, what is other than wanted."""
    for key in wanted.keys() | got.keys():
        if got.get(key) != wanted.get(key):
            yield f"{name} {key}: the service has {got.get(key)}, the calculation {wanted.get(key)}"


def _events(session: Session, expected: Result) -> Iterator[str]:
    got = {row.event_id: tuple(row)[1:] for row in session.execute(_EVENTS)}
    wanted = {
        a.event_id: (a.type, a.member, a.subject, a.occurred_at, a.outcome, a.reason, a.points)
        for a in expected.answers.values()
    }
    yield from compare("event", got=got, wanted=wanted)


def _visits(session: Session, expected: Result) -> Iterator[str]:
    got = {
        (row.member_id, row.day): (
            row.checked_in_at,
            row.place,
            row.streak,
            tuple(zip((contra.removeprefix("issuance:") for contra in row.contras), row.points, strict=True)),
        )
        for row in session.execute(_VISITS)
    }
    wanted = {key: (v.at, v.place, v.streak, v.parts) for key, v in expected.visits.items()}
    yield from compare("check-in", got=got, wanted=wanted)


def _balances(session: Session, expected: Result) -> Iterator[str]:
    rows = session.execute(_BALANCES).all()
    wanted = {member: (points, points, points) for member, points in expected.balances.items()}
    got = {row.member_id: (row.balance, row.lifetime, row.entries) for row in rows}
    yield from compare("balance", got=got, wanted=wanted)
    levels = {row.member_id: row.level for row in session.execute(_LEVELS)}
    yield from compare("level", got=levels, wanted=expected.levels)


def _standings(session: Session, expected: Result, *, now: datetime) -> Iterator[str]:
    got: dict[date, list[Line]] = defaultdict(list)
    for row in session.execute(_STANDINGS):
        got[row.season_id].append(Line(row.place, row.member_id, row.points, row.reached_at))
    seasons = {row.season_id: row for row in session.execute(_STATES)}
    over = (
        {week for week in expected.weeks if seasons[week].ends_at <= now}
        if expected.weeks.keys() <= seasons.keys()
        else set(expected.weeks)
    )
    for week in over | got.keys():
        wanted = {line.place: line for line in expected.weeks.get(week, [])}
        yield from compare(f"standing of {week}, place", got={line.place: line for line in got[week]}, wanted=wanted)
    yield from compare(
        "state of season",
        got={week: seasons[week].state for week in expected.weeks if week in seasons},
        wanted={week: "final" if week in over else "open" for week in expected.weeks},
    )
    prizes = {(row.season_id, row.place): (row.member_id, row.face_value) for row in session.execute(_PRIZES)}
    yield from compare("prize", got=prizes, wanted=expected.winners)


def _leaderboards(session: Session, expected: Result, *, calendar: Calendar, now: datetime) -> Iterator[str]:
    wanted_lines = {("season", week): lines for week, lines in expected.weeks.items()}
    wanted_lines |= {("month", month): lines for month, lines in expected.months.items()}
    wanted_lines |= {("all-time", ALL_TIME): expected.all_time}
    wanted_lines |= {("streak", calendar.day_of(now)): expected.streaks_today}
    there = {(row.leaderboard, row.period) for row in session.execute(_PERIODS)}
    for leaderboard, period in wanted_lines.keys() | there:
        shown = top(session, None, leaderboard=leaderboard, period=period, limit=ALL, now=now)
        got = {line.rank: Line(line.rank, line.member_id or "", line.points, line.reached_at) for line in shown}
        wanted = {line.place: line for line in wanted_lines.get((leaderboard, period), [])}
        yield from compare(f"{leaderboard} leaderboard of {period}, place", got=got, wanted=wanted)


def _streaks(session: Session, expected: Result, *, calendar: Calendar, now: datetime) -> Iterator[str]:
    accounts = {row.member_id: row.account_id for row in session.execute(_MEMBERS)}
    month = calendar.day_of(now).replace(day=1)
    shown = {
        member: member_attendance(session, accounts[member], month=month, calendar=calendar, now=now)
        for member in expected.longest_streaks
        if member in accounts
    }
    current = {member: attendance.current_streak for member, attendance in shown.items()}
    longest = {member: attendance.longest_streak for member, attendance in shown.items()}
    yield from compare("current streak", got=current, wanted=expected.current_streaks)
    yield from compare("longest streak", got=longest, wanted=expected.longest_streaks)
