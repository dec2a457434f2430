"""What the start page shows, as values."""

from dataclasses import dataclass
from datetime import date

from rewards.pages.ranking.view import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """How much there is: all of it public."""

    members: int
    entries: int
    settled_weeks: int
    waiting_redemptions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProgress:
    """The demo while it feeds: weeks that it has settled, of all it will."""

    settled_weeks: int
    weeks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartView:
    """The whole page. `demo` is there only while the demo feeds."""

    numbers: Numbers
    top: tuple[Place, ...]
    first_day: date
    last_day: date
    today: date
    seconds_left: int
    demo: DemoProgress | None
    api_url: str
