"""Whether everything agrees with the ledger: leaderboards, caps, attendance, seasons, standings, the market.

Reads one moment if the session does (READ ONLY, REPEATABLE READ).
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

import market.tables  # noqa: F401  (registers the tables, whose triggers are looked at)
from ledger.signing import Keyring
from ledger.verify import LEDGER_CHECKS, PROTECTION
from ledger.verify_blocks import block_part, sealed_findings
from ledger.verify_slices import (
    ACCOUNTS,
    DAYS,
    ROWS_AT_ONCE,
    Finding,
    Key,
    Part,
    Slice,
    cut_accounts,
    queries,
    whole,
)
from market.verify import PRODUCTS, STOCK, market_findings
from rewards.attendance.streaks import ONE_DAY
from rewards.earning.usage import EVER
from rewards.ranking.seasons import Calendar
from rewards.ranking.standings import hash_of, standing_rows
from rewards.tables import SEASON_EDGES
from rewards.verify_adjustments import OF_ADJUSTMENTS
from rewards.verify_merges import OF_MERGES
from rewards.verify_queries import AWARDS_OF_RULE, CAPS, LEADERBOARDS, OF_ACCOUNTS, OF_ALL, OF_DAYS, OF_SEASONS

DAYS_AT_ONCE = 366
STATES = [SEASON_EDGES[0].partition(">")[0], *(edge.partition(">")[2] for edge in SEASON_EDGES)]


def parts(*, calendar: Calendar, now: datetime, keyring: Keyring | None = None) -> tuple[Part, ...]:
    """Everything that is compared in the database, the accounts first. What is of several accounts is in one slice.

    Without a keyring the blocks' signatures are not looked at.
    """
    today = calendar.day_of(now)
    of_accounts = (
        *LEDGER_CHECKS,
        sealed_findings,
        _leaderboards,
        queries(OF_ACCOUNTS, days=[today, today + ONE_DAY]),
        partial(_caps, calendar=calendar),
        market_findings,
        queries(OF_ADJUSTMENTS),
        queries(OF_MERGES),
    )
    return (
        PROTECTION,
        Part(name="accounts", keys=ACCOUNTS, cut=cut_accounts, checks=of_accounts),
        block_part(keyring),
        Part(name="attendance", keys=DAYS, cut=_cut_days, checks=(queries(OF_DAYS),)),
        Part(name="seasons", keys=DAYS, cut=_cut_seasons, checks=(queries(OF_SEASONS), _standing_hashes)),
        whole("weeks", queries(OF_ALL, states=STATES)),
        STOCK,
        PRODUCTS,
    )


def findings(
    session: Session, *, calendar: Calendar, now: datetime, keyring: Keyring | None = None
) -> Iterator[Finding]:
    """Every broken row of the whole database: the accounts' first, then what else must agree with them."""
    for part in parts(calendar=calendar, now=now, keyring=keyring):
        for piece in part.slices(session):
            yield from part.findings(session, piece)


_DAYS_AHEAD = text("select day, members from attendance_day where day >= :first order by day limit :at_once")
_NEXT_SEASON = text("select min(season_id) from season where season_id >= :first")


def _cut_days(session: Session, first: Key) -> Slice:
    """Some days with not too many check-ins; the last slice goes on to the end of time."""
    members = 0
    ahead = session.execute(_DAYS_AHEAD, {"first": first, "at_once": DAYS_AT_ONCE}).all()
    for row in ahead:
        members += row.members
        if members >= ROWS_AT_ONCE:
            return Slice("attendance", first, row.day)
    return Slice("attendance", first, ahead[-1].day if len(ahead) == DAYS_AT_ONCE else DAYS.highest)


def _cut_seasons(session: Session, first: Key) -> Slice:
    """One season."""
    season = session.execute(_NEXT_SEASON, {"first": first}).scalar()
    return Slice("seasons", first, season or DAYS.highest)


def _leaderboards(session: Session, piece: Slice) -> Iterator[Finding]:
    for row in session.execute(text(LEADERBOARDS), {"first": piece.first, "last": piece.last}):
        where = f"leaderboard {row.leaderboard} of {row.period}, account {row.account_id}"
        if row.points != row.points_due:
            says = f"it has {row.points} points, the entries say {row.points_due}"
            yield Finding("leaderboards", where, says)
        else:
            says = f"reached_at is {row.reached_at}, the entries say {row.reached_at_due}"
            yield Finding("leaderboards reached", where, says)


def _caps(session: Session, piece: Slice, *, calendar: Calendar) -> Iterator[Finding]:
    """Usage that the decisions do not add up to. Rules without caps have none; a deletion gives nothing back."""
    given = {"timezone": calendar.timezone.key, "first": piece.first, "last": piece.last}
    for row in session.execute(text(CAPS), given).all():
        decided = (row.decided_times, row.decided_points, row.decided_last_at)
        if row.period != EVER:
            decided = _decided_on(session, row, calendar=calendar)
        if (row.times, row.points, row.last_at) != decided:
            says = f"{row.times} times, {row.points} points, last {row.last_at} are noted as used, the decisions say"
            where = f"account {row.account_id} rule {row.rule_key} in {row.period}"
            yield Finding("caps", where, f"{says} {decided[0]} times, {decided[1]} points, last {decided[2]}")


def _decided_on(session: Session, row: Row[Any], *, calendar: Calendar) -> tuple[int, int, datetime | None]:
    """What a rule gave a member on a community day: exact also where the clock goes back over midnight."""
    awards = session.execute(text(AWARDS_OF_RULE), {"account_id": row.account_id, "rule_key": row.rule_key}).all()
    of_day = [award for award in awards if calendar.day_of(award.occurred_at).isoformat() == row.period]
    latest = max((award.occurred_at for award in of_day), default=None)
    return len(of_day), sum(award.points for award in of_day), latest


_FINAL = text(
    "select season_id, standings_hash from season where season_id between :first and :last and state = 'final'"
)


def _standing_hashes(session: Session, piece: Slice) -> Iterator[Finding]:
    for season, digest in session.execute(_FINAL, {"first": piece.first, "last": piece.last}).all():
        if digest is None or hash_of(season, standing_rows(session, season, final=True)) != bytes(digest):
            yield Finding(
                "standing", f"season {season}", "its rows do not have the hash that was stored when it became final"
            )
