"""What a comment is worth to a member right now, under the policy in force."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from rewards.earning.rules import Rule
from rewards.earning.usage import UsageKey, read_usage
from rewards.pages.ranking.next_place import CommentWorth
from rewards.policy.document import Policy

COMMENT = "comment.created"


def comment_worth(
    session: Session, *, policy: Policy | None, account_id: UUID, day: date, now: datetime
) -> CommentWorth | None:
    """What one more comment earns, and how many may today; None where comments earn nothing."""
    rule = policy.rules.rule_for(COMMENT) if policy else None
    if rule is None or rule.points <= 0 or rule.once_ever or not rule.holds_at(now):
        return None
    key = UsageKey(account_id, rule.key, day.isoformat())
    used = read_usage(session, [key]).get(key)
    return CommentWorth(
        points=rule.points,
        times_a_day=_times(rule, times=0, points=0),
        left_today=_times(rule, times=used.times, points=used.points) if used else _times(rule, times=0, points=0),
        cooldown_s=rule.cooldown_s or 0,
    )


def _times(rule: Rule, *, times: int, points: int) -> int | None:
    """How many comments still earn in full on a day on which so many have; None without a cap."""
    left = [] if rule.times_per_day is None else [rule.times_per_day - times]
    if rule.points_per_day is not None:
        left.append((rule.points_per_day - points) // rule.points)
    return max(min(left), 0) if left else None
