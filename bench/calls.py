"""The calls that the service makes most, or that look at most: what `--only plans` explains."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from bench.at_size import Loaded, make_events
from bench.community import CALENDAR, community
from bench.plans import Call
from ledger.blocks import seal
from ledger.lapses import coming_lapses
from ledger.signing import Keyring
from market.queue import count_queue, queue_totals, read_queue, redemptions_of
from rewards.access.audit import read_audit
from rewards.attendance.attend import Arrival, attend
from rewards.attendance.read import day_board, member_attendance
from rewards.earning.record import record
from rewards.members.moments import balance_at
from rewards.members.profile import read_profile
from rewards.members.search import search_members
from rewards.members.statement import statement, statement_as_it_occurred
from rewards.ranking.late_reversals import late_among, late_reversals
from rewards.ranking.places import places_of
from rewards.ranking.read import around, top
from rewards.ranking.rows import rows_of
from rewards.ranking.tally import ALL_TIME
from rewards.staff.statement import staff_statement
from rewards.verify import parts


def calls(loaded: Loaded, *, keyring: Keyring) -> Mapping[str, Call]:
    """By name. What they write is rolled back."""
    now = datetime.now(UTC)
    member, giant, saver = loaded.ordinary(), loaded.giants[0], loaded.saver
    week = CALENDAR.first_season(now).season_id
    last_week = week - timedelta(weeks=1)
    found: dict[str, Call] = {
        "one event": lambda session: record(session, make_events(loaded, 1), terms=loaded.terms, now=now),
        "250 events": lambda session: record(session, make_events(loaded, 250), terms=loaded.terms, now=now),
        "check-in": lambda session: attend(
            session,
            [Arrival(member, now)],
            terms=loaded.terms,
            rules=community(session, now=now).attendance,
            origin="check-in",
            award=True,
            now=now,
        ),
        "profile with ranks": lambda session: (
            read_profile(session, member),
            places_of(session, None, member_id=member, calendar=CALENDAR, now=now),
        ),
        "balance at a moment": lambda session: balance_at(session, giant, at=loaded.moment()),
        "statement": lambda session: statement(session, giant, limit=50),
        "statement as it occurred": lambda session: statement_as_it_occurred(session, giant, limit=50),
        "statement as it occurred, spent only": lambda session: statement_as_it_occurred(
            session, giant, limit=50, only="spent"
        ),
        "staff's statement": lambda session: staff_statement(session, giant, limit=50),
        "staff's statement, adjustments only": lambda session: staff_statement(
            session, giant, limit=50, only="adjustment"
        ),
        "attendance of a member": lambda session: member_attendance(
            session, giant, month=now.date(), calendar=CALENDAR, now=now
        ),
        "day's board": lambda session: day_board(session, now.date()),
        "queue": lambda session: read_queue(session, limit=50),
        "queue's counts": lambda session: (count_queue(session, actor="staff:x"), queue_totals(session)),
        "redemptions of a member": lambda session: redemptions_of(session, [saver], limit=50),
        "search, everybody": lambda session: search_members(session, limit=50),
        "search by a part": lambda session: search_members(session, "45678", limit=50),
        "search by a rare part": lambda session: search_members(session, "nobody-by-that-name", limit=50),
        "search, who owes": lambda session: search_members(session, limit=50, state="owes"),
        "search, suspended": lambda session: search_members(session, limit=50, state="suspended"),
        "audit": lambda session: read_audit(session, limit=50),
        "audit of somebody": lambda session: read_audit(session, limit=50, actor="staff:nobody"),
        "audit of a day": lambda session: read_audit(
            session, limit=50, since=loaded.since, until=loaded.since + timedelta(days=1)
        ),
        "late reversals of a week": lambda session: late_reversals(session, last_week, winners=3),
        "late reversals, which weeks": lambda session: late_among(session, [last_week]),
        "what lapses": lambda session: coming_lapses(session, giant, now=now),
        "projection, 100 accounts": lambda session: list(rows_of(session, loaded.some[:100], now=now)),
        "seal": lambda session: seal(session, keyring=keyring, now=now),
    }
    for name, leaderboard, period in (
        ("this week's", "season", week),
        ("last week's", "season", last_week),
        ("all-time", "all-time", ALL_TIME),
    ):
        board = {"leaderboard": leaderboard, "period": period, "now": now}
        found |= {
            f"{name} top 50, Redis away": partial(_top, board=board),
            f"{name} around a member, Redis away": partial(_around, board=board, member_id=member),
        }
    for part in parts(calendar=CALENDAR, now=now, keyring=keyring):
        found[f"verify a slice: {part.name}"] = lambda session, part=part: list(
            part.findings(session, part.cut(session, part.keys.lowest))
        )
    return found


def _top(session: Session, *, board: Mapping[str, Any]) -> object:
    return top(session, None, limit=50, **board)


def _around(session: Session, *, board: Mapping[str, Any], member_id: str) -> object:
    return around(session, None, member_id=member_id, n=5, **board)
