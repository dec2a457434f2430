"""What somebody may ask of the service, as data: told to the service and to the model alike."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from rewards.earning.events import Event

ALONE_MAX = 100
"""Points that one of the staff may adjust alone."""


@dataclass(frozen=True, slots=True)
class Send:
    """The forum sends a micro-batch of events."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class CheckIn:
    member: str
    greeting: str | None = None


@dataclass(frozen=True, slots=True)
class Redeem:
    """A member asks for a product, under an id that the caller chose: the same again is the same redemption."""

    redemption_id: UUID
    member: str
    product: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """A member (or, for none, the forum on anybody's behalf) takes a redemption back."""

    redemption_id: UUID
    member: str | None


@dataclass(frozen=True, slots=True)
class Approve:
    redemption_id: UUID
    actor: str


@dataclass(frozen=True, slots=True)
class Claim:
    redemption_id: UUID
    actor: str


@dataclass(frozen=True, slots=True)
class LayBack:
    """Somebody of the staff releases their claim, or (`of_anybody`) a manager somebody else's."""

    redemption_id: UUID
    actor: str
    of_anybody: bool = False


@dataclass(frozen=True, slots=True)
class Fulfil:
    """With a code typed in, or (none) from the stock."""

    redemption_id: UUID
    actor: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    redemption_id: UUID
    actor: str


@dataclass(frozen=True, slots=True)
class Expire:
    """What has waited for more than so many seconds."""

    after_s: int


@dataclass(frozen=True, slots=True)
class BringCodes:
    """Codes, each with its last day."""

    product: str
    codes: tuple[tuple[str, date], ...]


@dataclass(frozen=True, slots=True)
class LapseCodes:
    """Codes whose last day has passed leave the stock."""


@dataclass(frozen=True, slots=True)
class Count:
    """Staff count a stock that is a number up or down."""

    product: str
    by: int


@dataclass(frozen=True, slots=True)
class Adjust:
    """Waits for a second of the staff where it is larger than ALONE_MAX."""

    member: str
    points: int
    overdraft: bool
    actor: str


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Staff reverse the award that a member's entry is."""

    member: str
    seq: int
    actor: str


@dataclass(frozen=True, slots=True)
class GiveAgain:
    """Staff take back the reversal that a member's entry is."""

    member: str
    seq: int
    actor: str


@dataclass(frozen=True, slots=True)
class Decide:
    """One of the staff approves, refuses or withdraws (`how`) an adjustment that waits."""

    adjustment_id: UUID
    how: Literal["approved", "refused", "withdrawn"]
    actor: str


@dataclass(frozen=True, slots=True)
class Merge:
    """A member becomes another's. The model knows nothing of it."""

    member: str
    into: str


@dataclass(frozen=True, slots=True)
class Suspend:
    """Or (`suspended` false) readmit."""

    member: str
    suspended: bool


@dataclass(frozen=True, slots=True)
class Hide:
    member: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Erase:
    member: str


@dataclass(frozen=True, slots=True)
class Settle:
    """Take a season as far as the clock allows; with `review` staff look at the standing first."""

    season: date
    review: bool = False


@dataclass(frozen=True, slots=True)
class PassOn:
    """Give a prize that came back to the next."""

    redemption_id: UUID
    actor: str


Call = (
    Send
    | CheckIn
    | Redeem
    | Cancel
    | Approve
    | Claim
    | LayBack
    | Fulfil
    | Reject
    | Expire
    | BringCodes
    | LapseCodes
    | Count
    | Adjust
    | TakeBack
    | GiveAgain
    | Decide
    | Merge
    | Suspend
    | Hide
    | Erase
    | Settle
    | PassOn
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The name of what was raised; nothing was changed."""

    name: str


class OneOf:
    """Equal to each of the values: where the words leave open which."""

    def __init__(self, *values: object) -> None:
        self.values = values

    def __eq__(self, other: object) -> bool:
        return other in self.values

    __hash__ = None  # pyright: ignore[reportAssignmentType] -- several values have no one hash

    def __repr__(self) -> str:
        return " or ".join(map(repr, self.values))


Answer = Refusal | dict[str, Any] | list[dict[str, Any]]
"""A refusal, or what was answered, in words and numbers that two databases would share."""
