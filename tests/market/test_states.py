"""The redemption's states and the steps between them, as product.md lists them."""

from itertools import product

import pytest

from market.states import BEGIN, GIVEN_BACK, OPEN, STEPS, WAITING, Action, State, edges, target_of
from market.tables import REDEMPTION_EDGES

STATES: tuple[State, ...] = (
    "requested",
    "awaiting_approval",
    "claimed",
    "fulfilled",
    "rejected",
    "cancelled",
    "expired",
)
ON_PAPER: dict[tuple[State, Action], State] = {
    ("requested", "ask_approval"): "awaiting_approval",
    ("awaiting_approval", "approve"): "requested",
    ("requested", "claim"): "claimed",
    ("claimed", "release"): "requested",
    ("claimed", "fulfil"): "fulfilled",
    ("requested", "reject"): "rejected",
    ("awaiting_approval", "reject"): "rejected",
    ("claimed", "reject"): "rejected",
    ("requested", "cancel"): "cancelled",
    ("awaiting_approval", "cancel"): "cancelled",
    ("requested", "expire"): "expired",
    ("awaiting_approval", "expire"): "expired",
}


@pytest.mark.parametrize("state, action", list(product(STATES, STEPS)))
def test_an_action_leads_where_it_should_from_every_state_or_nowhere(state: State, action: Action) -> None:
    assert target_of(state, action) == ON_PAPER.get((state, action))


def test_the_database_lists_exactly_the_edges_that_actions_take() -> None:
    assert edges() == set(REDEMPTION_EDGES)
    assert REDEMPTION_EDGES[0].startswith(BEGIN)


def test_every_state_is_open_given_back_or_fulfilled() -> None:
    assert {*OPEN, *GIVEN_BACK, "fulfilled"} == set(STATES)
    assert set(WAITING) == set(OPEN) - {"claimed"}
