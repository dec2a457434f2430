"""The community that a load or a measurement happens in: its policy, its calendar, its weeks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bench.history import RULE_WITHOUT_CAPS, Size
from ledger.outbox import open_generation
from market.products import ensure_prize_products
from rewards.attendance.bonuses import AttendanceRules
from rewards.earning.terms import Terms
from rewards.policy.document import DEFAULT_POLICY, read_document
from rewards.policy.load import apply_policy, policy_in_force
from rewards.ranking.season_rows import SeasonRow, ensure_current, seasons_before
from rewards.ranking.seasons import Calendar

CALENDAR = Calendar(ZoneInfo("Asia/Seoul"))
GRACE_S = 600
LONG_AGO = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Community:
    """What everything is decided by; `weeks` are the seasons stored."""

    terms: Terms
    attendance: AttendanceRules
    weeks: Mapping[date, SeasonRow]


def found(session: Session, size: Size) -> None:
    """What `rewards migrate` leaves, with a rule more, and the weeks of the history, which give no prizes."""
    document = read_document(DEFAULT_POLICY)
    document = {**document, "rules": {**document["rules"], **RULE_WITHOUT_CAPS}}
    open_generation(session)
    ensure_prize_products(session, now=size.since)
    apply_policy(session, document, by="system", now=size.since, valid_from=size.since - LONG_AGO)
    for at in (size.since, size.until):
        ensure_current(session, calendar=CALENDAR, now=at, grace_s=GRACE_S, prizes=())


def community(session: Session, *, now: datetime) -> Community:
    """The community of a database that was founded."""
    policy = policy_in_force(session, now=now)
    weeks = seasons_before(session, now + timedelta(weeks=1), limit=1000)
    terms = policy.terms(calendar=CALENDAR, grace_s=GRACE_S)
    return Community(terms, policy.attendance, {week.season_id: week for week in weeks})
