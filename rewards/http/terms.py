"""The policy in force, as the request's calls go by it."""

from sqlalchemy.orm import Session

from rewards.earning.terms import Terms
from rewards.http.surroundings import here, request_now
from rewards.policy.document import Policy
from rewards.policy.load import policy_in_force


def request_policy(session: Session) -> Policy:
    """The policy in force now. Raises NoPolicy."""
    return policy_in_force(session, now=request_now())


def request_terms(session: Session) -> Terms:
    """What earning goes by now: the policy, and the operator's calendar and grace."""
    surroundings = here()
    return request_policy(session).terms(calendar=surroundings.calendar, grace_s=surroundings.settings.season_grace_s)
