"""The policy in force, as the request's calls go by it."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from rewards.earning.terms import Terms
from rewards.http.surroundings import here, request_now
from rewards.policy.document import Policy
from rewards.policy.load import policy_in_force
from rewards.ranking.season_rows import SeasonRow, ensure_current, seasons_covering


def request_policy(session: Session) -> Policy:
    """The policy in force now. Raises NoPolicy."""
    return policy_in_force(session, now=request_now())


def request_terms(session: Session) -> Terms:
    """What earning goes by now: the policy, and the operator's calendar and grace."""
    surroundings = here()
    return request_policy(session).terms(calendar=surroundings.calendar, grace_s=surroundings.settings.season_grace_s)


def request_season(session: Session) -> SeasonRow:
    """The season that holds the present moment; opened now if nobody has written in it yet, so no worker is needed."""
    now, surroundings = request_now(), here()
    found = seasons_covering(session, [now])
    if found:
        return found[0]
    return ensure_current(
        session,
        calendar=surroundings.calendar,
        now=now,
        grace_s=surroundings.settings.season_grace_s,
        prizes=request_policy(session).prizes,
    )


def request_today() -> date:
    """The community's day that holds the present moment."""
    return here().calendar.day_of(request_now())


def span_of_days(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """From the start of the first day of the community to the end of the last one; open where a day is none."""
    calendar = here().calendar
    return (
        None if first is None else calendar.day_start(first),
        None if last is None else calendar.day_start(last + timedelta(days=1)),
    )
