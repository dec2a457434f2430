"""Communities of tests that stand in a week of Seoul."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ledger.outbox import open_generation
from market.products import ensure_prize_products
from rewards.policy.document import DEFAULT_POLICY, read_document
from rewards.policy.load import apply_policy, policy_in_force
from rewards.ranking.season_rows import SeasonRow, ensure_current
from rewards.ranking.seasons import Calendar
from tests.support.calendar import SEOUL

CALENDAR = Calendar(SEOUL)
GRACE_S = 600
LONG_AGO = timedelta(days=3650)


def prepare(session: Session, *, now: datetime) -> None:
    """What `rewards migrate` leaves: an outbox, a policy in force, and the products that prizes bring."""
    open_generation(session)
    ensure_prize_products(session, now=now)
    apply_policy(session, read_document(DEFAULT_POLICY), by="system", now=now, valid_from=now - LONG_AGO)


def open_week(session: Session, *, now: datetime) -> SeasonRow:
    """The season that holds `now`, with the default prizes."""
    prizes = policy_in_force(session, now=now).prizes
    return ensure_current(session, calendar=CALENDAR, now=now, grace_s=GRACE_S, prizes=prizes)
