"""Who may take which step with a redemption as it stands: the table, and what never holds."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.states import GIVEN_BACK, State
from rewards.access.scopes import ROLES, Role
from rewards.pages.staff.queue.abilities import Abilities, Standing, abilities

ME, OTHER = "staff:jun", "staff:mina"
STATES: tuple[State, ...] = ("requested", "awaiting_approval", "claimed", "fulfilled", *GIVEN_BACK)


def may(
    role: Role,
    state: State,
    *,
    claimed_by: str | None = None,
    approved: bool = False,
    has_code: bool = True,
    may_go_on: bool = False,
) -> set[str]:
    found = Standing(
        state=state, claimed_by=claimed_by, is_approved_by_reader=approved, has_code=has_code, may_go_on=may_go_on
    )
    able = abilities(found, actor=ME, scopes=ROLES[role])
    return {name for name in Abilities.__dataclass_fields__ if getattr(able, name)}


@pytest.mark.parametrize("state", STATES)
def test_a_viewer_may_do_nothing(state: State) -> None:
    assert may("viewer", state, claimed_by=ME, may_go_on=True) == set()


@pytest.mark.parametrize("role", ["fulfiller", "manager"])
def test_what_waits_may_be_taken_sent_or_refused(role: Role) -> None:
    assert may(role, "requested") == {"claim", "from_stock", "typed", "reject"}
    assert may(role, "requested", has_code=False) == {"claim", "typed", "reject"}
    assert may(role, "requested", approved=True) == {"reject"}


def test_what_is_in_hand_is_its_holders_and_a_manager_may_lay_it_back() -> None:
    assert may("fulfiller", "claimed", claimed_by=ME) == {"from_stock", "typed", "reject", "release"}
    assert may("fulfiller", "claimed", claimed_by=OTHER) == set()
    assert may("manager", "claimed", claimed_by=OTHER) == {"release"}


def test_managers_approve_and_pass_prizes_on() -> None:
    assert may("fulfiller", "awaiting_approval") == {"reject"}
    assert may("manager", "awaiting_approval") == {"approve", "reject"}
    assert may("manager", "rejected", may_go_on=True) == {"pass_on"}
    assert may("manager", "rejected") == may("fulfiller", "rejected", may_go_on=True) == set()


@given(
    st.sampled_from(sorted(ROLES)),
    st.sampled_from(STATES),
    st.sampled_from([None, ME, OTHER]),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_steps_that_exclude_each_other_are_never_offered_together(
    role: str, state: State, claimed_by: str | None, said: tuple[bool, bool, bool]
) -> None:
    approved, has_code, may_go_on = said
    able = may(
        cast("Role", role), state, claimed_by=claimed_by, approved=approved, has_code=has_code, may_go_on=may_go_on
    )

    assert not {"claim", "release"} <= able
    assert not {"show_code", "reject"} <= able
    assert "from_stock" not in able or "typed" in able
    assert "from_stock" not in able or has_code
    assert not approved or state != "requested" or "typed" not in able
