"""Levels: names for how far a member has come. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """A level holds from `points` lifetime points on."""

    points: int
    name: str
    name_en: str


def level_at(levels: Sequence[Level], lifetime: int) -> int:
    """The index of the level at `lifetime` points; `levels` rise by points, and the first holds below its own, too."""
    reached = [index for index, level in enumerate(levels) if level.points <= lifetime]
    return reached[-1] if reached else 0
