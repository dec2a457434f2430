"""What earning goes by: rules, levels and the calendar, as handed in by whoever holds policy and settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.earning.rules import RuleSet
from rewards.members.levels import Level
from rewards.ranking.seasons import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`grace_s`: seconds after a season or month ends in which late events still count.

    `prizes` are those of a season that opens now.
    """

    rules: RuleSet
    levels: Sequence[Level]
    prizes: Sequence[Mapping[str, Any]]
    calendar: Calendar
    grace_s: int
