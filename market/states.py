"""The states of a redemption and the steps between them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

State = Literal["requested", "awaiting_approval", "claimed", "fulfilled", "rejected", "cancelled", "expired"]
Action = Literal["ask_approval", "approve", "claim", "release", "fulfil", "reject", "cancel", "expire"]

BEGIN: Final[State] = "requested"
WAITING: Final[tuple[State, ...]] = ("requested", "awaiting_approval")
"""Not yet in anybody's hand: may still be cancelled by the member, and expires."""
OPEN: Final[tuple[State, ...]] = ("requested", "awaiting_approval", "claimed")
"""Holds points and stock."""
GIVEN_BACK: Final[tuple[State, ...]] = ("rejected", "cancelled", "expired")
"""Points and stock went back."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where an action may start, and where it ends."""

    sources: tuple[State, ...]
    target: State


STEPS: Mapping[Action, Step] = MappingProxyType(
    {
        "ask_approval": Step(("requested",), "awaiting_approval"),
        "approve": Step(("awaiting_approval",), "requested"),
        "claim": Step(("requested",), "claimed"),
        "release": Step(("claimed",), "requested"),
        "fulfil": Step(("claimed",), "fulfilled"),
        "reject": Step(OPEN, "rejected"),
        "cancel": Step(WAITING, "cancelled"),
        "expire": Step(WAITING, "expired"),
    }
)


def target_of(state: str, action: Action) -> State | None:
    """The state after the action; none where the action may not be taken."""
    step = STEPS[action]
    return step.target if state in step.sources else None


def edges() -> frozenset[str]:
    """Every edge that some action takes, as the database lists them: `from>to`."""
    return frozenset(f"{source}>{step.target}" for step in STEPS.values() for source in step.sources)
