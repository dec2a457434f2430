"""Checking in for a request: one way for the API and the pages."""

from datetime import date

from sqlalchemy.orm import Session

from rewards.attendance.check_in import CheckIn, check_in
from rewards.http.recording import again
from rewards.http.surroundings import here
from rewards.http.terms import request_policy, request_terms


def check_in_now(member_id: str, *, greeting: str | None, day: date | None) -> CheckIn:
    """Check a member in at this moment, committed. Raises NotToday, MemberSuspended, NoPolicy."""

    def work(session: Session) -> CheckIn:
        policy, terms = request_policy(session), request_terms(session)
        # The clock is asked each time: a check-in that had to be done again may have crossed midnight.
        now = here().clock()
        return check_in(session, member_id, greeting=greeting, day=day, terms=terms, rules=policy.attendance, now=now)

    return again(work)
