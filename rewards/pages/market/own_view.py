"""What a member's own redemptions show, as values."""

from dataclasses import dataclass
from uuid import UUID

from market.codes import ReadCode
from market.states import WAITING, State
from rewards.pages.market.times import Time
from rewards.pages.market.view import Card
from rewards.pages.market.waiting import Wait


@dataclass(frozen=True, slots=True)
class Prize:
    """What a redemption was won by: a place in the ranking of a week, whose days are in words."""

    week: str
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionShown:
    """A redemption of one's own. `ahead`: how many in the queue come first; none where it waits for nobody's turn."""

    redemption_id: UUID
    name: str
    brand: str
    card: Card
    prize: Prize | None
    points: int
    state: State
    ahead: int | None
    requested: Time

    @property
    def may_cancel(self) -> bool:
        """Whether points would come back on asking. A prize has cost none, so that nobody gives one up by mistake."""
        return self.state in WAITING and self.prize is None


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step that was taken, and its reason where staff gave one that is still kept."""

    action: str
    state: str
    time: Time
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionView:
    """One redemption. `code` is there only where the member has just asked for it."""

    shown: RedemptionShown
    steps: tuple[StepShown, ...]
    wait: Wait | None
    code: ReadCode | None
    expires: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionsView:
    """A page of one's own redemptions, the newest first."""

    redemptions: tuple[RedemptionShown, ...]
    first_page: bool
    next_cursor: str | None
