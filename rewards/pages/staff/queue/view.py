"""What the staff's queue shows, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from market.codes import ReadCode
from rewards.pages.faces import Face
from rewards.pages.staff.queue.abilities import Abilities
from rewards.pages.staff.queue.asked import Asked


@dataclass(frozen=True, slots=True)
class TabShown:
    """A tab with how many are in it."""

    key: str
    words: str
    count: str
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class PrizeWon:
    """The place and the days of the week that a prize is for; whether the next in the standing could get it."""

    place: int
    week: str
    may_go_on: bool


@dataclass(frozen=True, slots=True)
class Badge:
    """A state as a word with a look."""

    look: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShown:
    """A line of the list. `not_by_reader`: the reader approved it, so that another has to fulfil it."""

    redemption_id: UUID
    address: str
    face: Face
    product: str
    points: int
    place: int | None
    requested_at: datetime
    age: str
    badge: Badge
    is_open: bool
    not_by_reader: bool


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A line of the history, or a reading of the code: what, who, when, and why if a reason is kept."""

    words: str
    who: str
    at: datetime
    age: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Recent:
    """Another redemption of the same member."""

    address: str
    product: str
    points: int
    age: str
    at: datetime
    badge: Badge


@dataclass(frozen=True, slots=True)
class StockShown:
    """What is left, and the code that goes out first. `left` none: not counted. `kind` as the product says."""

    kind: str
    left: int | None
    has_code: bool
    lapses_on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandShown:
    """The redemption that is looked at."""

    redemption_id: UUID
    state: str
    badge: Badge
    product: str
    face_value: str
    face: Face
    member_id: str | None
    available: int
    owes: int
    suspended: bool
    points: int
    prize: PrizeWon | None
    requested_at: datetime
    age: str
    held_by: str | None
    approved_by_reader: bool
    stock: StockShown
    history: tuple[StepTaken, ...]
    recent: tuple[Recent, ...]
    recent_count: int
    may: Abilities


@dataclass(frozen=True, slots=True)
class LineDone:
    """What became of one of several that were fulfilled at once."""

    who: str
    product: str
    address: str
    is_done: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What a step leaves to be shown once: a code, mistakes in a form, results line by line."""

    code: ReadCode | None = None
    given: Mapping[str, str] = field(default_factory=dict[str, str])
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    lines: tuple[LineDone, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether the page answers a step."""
        return bool(self.code or self.errors or self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """The page."""

    asked: Asked
    tabs: tuple[TabShown, ...]
    rows: tuple[RowShown, ...]
    next_address: str | None
    waiting: int
    oldest_at: datetime | None
    oldest_age: str
    products: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    hand: HandShown | None
    reasons: tuple[str, ...]
    today: date
