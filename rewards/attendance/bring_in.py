"""Bring in past check-ins of a forum that moves here: for the operator's import, since the API never back-dates."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from rewards.attendance.attend import Arrival, Attended, attend
from rewards.attendance.bonuses import AttendanceRules
from rewards.earning.terms import Terms


def bring_in(
    session: Session, arrivals: Sequence[Arrival], *, terms: Terms, rules: AttendanceRules, award: bool, now: datetime
) -> list[Attended]:
    """Write at most 250 past check-ins; those whose member has one on that day are left out, so twice does no harm.

    Without `award` the days are recorded and nothing is earned: the old forum has paid for them.
    """
    assert all(arrival.checked_in_at <= now for arrival in arrivals), "the import refuses what lies ahead by its line"
    return attend(session, arrivals, terms=terms, rules=rules, origin="import", award=award, now=now)
