"""What the page about points shows: a whole policy, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from market.products import ProductRow
from rewards.attendance.bonuses import AttendanceRules
from rewards.pages.points.rules import DeletionShown, Reading, RuleShown, deletions_shown, rules_shown
from rewards.pages.ranking.view import PrizeShown
from rewards.pages.ranking.weeks import prizes_shown
from rewards.policy.document import Policy


@dataclass(frozen=True, slots=True)
class LevelShown:
    """A level and the lifetime points from which it holds."""

    name: str
    points: int


@dataclass(frozen=True, slots=True)
class LimitShown:
    """How many of a product one may have in a period of the community."""

    product: str
    times: int
    period: str


@dataclass(frozen=True, slots=True)
class MarketShown:
    """What the market's products limit: how many one may have; and which staff must approve."""

    limits: tuple[LimitShown, ...]
    approved: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyShown:
    """A policy in words. `changed` names what differs from the policy before it: keys of rules, and sections."""

    rules: tuple[RuleShown, ...]
    deletions: tuple[DeletionShown, ...]
    attendance: AttendanceRules
    streaks: tuple[tuple[int, int], ...]
    levels: tuple[LevelShown, ...]
    prizes: tuple[PrizeShown, ...]
    changed: frozenset[str] = frozenset()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsView:
    """How points work. `since`: from when the shown policy holds; `next_from`: from when another one will."""

    policy: PolicyShown
    since: datetime
    is_next: bool
    next_from: datetime | None
    market: MarketShown
    reset_weekday: int
    reset_minute: int
    grace_minutes: int
    expiry_days: int

    @property
    def resets_sunday_midnight(self) -> bool:
        """Whether the reset is at the midnight that ends Sunday."""
        return (self.reset_weekday, self.reset_minute) == (0, 0)


def policy_shown(policy: Policy, *, reading: Reading, before: Policy | None = None) -> PolicyShown:
    """A policy for its readers, marked with what differs from the one before."""
    rules = rules_shown(policy.rules.rules.values(), reading=reading)
    old = rules_shown(before.rules.rules.values(), reading=reading) if before else ()
    kept = {rule.key for rule in rules}
    return PolicyShown(
        rules=rules,
        deletions=deletions_shown(policy.rules.rules.values(), reading=reading),
        attendance=policy.attendance,
        streaks=tuple(sorted(policy.attendance.streaks.items())),
        levels=tuple(
            LevelShown(level.name if reading.locale == "ko" else level.name_en, level.points) for level in policy.levels
        ),
        prizes=prizes_shown(policy.prizes, locale=reading.locale),
        changed=_changed(policy, before, rules=rules, old=old) if before else frozenset(),
        gone=tuple(rule.name for rule in old if rule.key not in kept),
    )


def market_shown(products: Sequence[ProductRow], *, locale: str) -> MarketShown:
    """The limits of the products that are on sale."""
    named = [(row.details.name_ko if locale == "ko" else row.details.name_en, row.details) for row in products]
    return MarketShown(
        tuple(LimitShown(name, each.limit.times, each.limit.period) for name, each in named if each.limit),
        tuple(name for name, each in named if each.needs_approval),
    )


def _changed(policy: Policy, before: Policy, *, rules: Sequence[RuleShown], old: Sequence[RuleShown]) -> frozenset[str]:
    was: Mapping[str, RuleShown] = {rule.key: rule for rule in old}
    changed = {rule.key for rule in rules if was.get(rule.key) != rule}
    sections = {
        "attendance": policy.attendance != before.attendance,
        "levels": policy.levels != before.levels,
        "prizes": policy.prizes != before.prizes,
    }
    return frozenset(changed | {name for name, differs in sections.items() if differs})
