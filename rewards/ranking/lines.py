"""What a reader of a leaderboard gets."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rewards.ranking.order import Reached


@dataclass(frozen=True, slots=True)
class Line:
    """A member's place. `change` is how many places up since the last midnight, None for whoever was not there.

    `member_id`, `name` and `avatar` are None for somebody who was erased after the standing became final.
    """

    rank: int
    account_id: UUID
    member_id: str | None
    name: str | None
    avatar: str | None
    points: int
    reached_at: datetime
    change: int | None

    @property
    def reached(self) -> Reached:
        """The line as a cursor: the next page begins after it, whatever arrives meanwhile."""
        return Reached(self.points, self.reached_at, self.member_id or "")


@dataclass(frozen=True, slots=True)
class Around:
    """The lines around a member's own, and how many members have a place at all."""

    own: Line | None
    lines: list[Line]
    count: int
