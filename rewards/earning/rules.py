"""Rules: what an event of a type earns or costs. Pure values; versions are never edited."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

DELETED = ".deleted"
RESTORED = ".restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Of one event type. `points` below zero cost: a charge, which must be afforded, or else a penalty.

    `takes_back` names types whose awards of the same subject a deletion takes back from whoever got them. Awards lapse
    after so many full community days; without `lapses_after_days` never.
    """

    key: str
    version: int
    points: int = 0
    times_per_day: int | None = None
    points_per_day: int | None = None
    cooldown_s: int | None = None
    once_per_subject: bool = False
    once_ever: bool = False
    must_afford: bool = True
    boards: Mapping[str, int] = field(default_factory=dict[str, int])
    takes_back: tuple[str, ...] = ()
    lapses_after_days: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def name(self) -> str:
        """How decisions name it."""
        return f"{self.key}@{self.version}"

    def points_on(self, board: str | None) -> int:
        """The points that it asks for on a board of the forum."""
        return self.points if board is None else self.boards.get(board, self.points)

    def holds_at(self, instant: datetime) -> bool:
        """Whether it is valid for what occurred at that instant; from inclusive, until exclusive."""
        return (self.valid_from is None or self.valid_from <= instant) and (
            self.valid_until is None or instant < self.valid_until
        )


@dataclass(frozen=True)
class RuleSet:
    """The rules in force together, by event type."""

    version: int
    rules: Mapping[str, Rule]

    def rule_for(self, event_type: str) -> Rule | None:
        """The rule of a type, if there is one."""
        return self.rules.get(event_type)

    @cached_property
    def taken_back_from_anybody(self) -> frozenset[str]:
        """The types that another member's deletion may reverse."""
        return frozenset(event_type for rule in self.rules.values() for event_type in rule.takes_back)

    @cached_property
    def deletions_of(self) -> Mapping[str, frozenset[str]]:
        """For each type in `taken_back_from_anybody`: the deletions that reverse it, whoever deletes."""
        return {
            event_type: frozenset(rule.key for rule in self.rules.values() if event_type in rule.takes_back)
            for event_type in self.taken_back_from_anybody
        }

    def others_taken_back_by(self, deletion: str) -> tuple[str, ...]:
        """The types that a deletion takes back from whoever got them."""
        rule = self.rules.get(deletion)
        return () if rule is None else rule.takes_back


def stem_of(event_type: str) -> str | None:
    """`comment` for `comment.deleted` and `comment.restored`; none for every other type."""
    for suffix in (DELETED, RESTORED):
        if event_type.endswith(suffix) and len(event_type) > len(suffix):
            return event_type.removesuffix(suffix)
    return None


def deletion_of(event_type: str) -> str:
    """The deletion that takes back awards of a type from its own member: `comment.deleted` for `comment.created`."""
    return event_type.rpartition(".")[0] + DELETED
