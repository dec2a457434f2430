"""Calls that meet, in many interleavings: each pair was once answered wrongly by one of them."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.model.calls import Call, Cancel, Erase, Redeem, Send
from tests.simulation.history import Theatre
from tests.simulation.plan import Plan, Planned, plan_of
from tests.simulation.run import play_plan, theatre
from tests.support.database import Database
from tests.support.factories import make_event

INTERLEAVINGS = 12


@pytest.fixture
def stage(database: Database) -> Iterator[Theatre]:
    with theatre(database) as stage:
        yield stage


def meet(stage: Theatre, *clients: tuple[Call, ...], seed: int) -> None:
    planned = tuple(tuple(Planned(call) for call in calls) for calls in clients)
    history, failed = play_plan(stage, Plan(seed, plan_of(seed).start, plan_of(seed).before[:1], planned))
    assert failed is None, str(failed)
    assert len(history.spoken) == sum(map(len, clients))


def test_a_member_is_erased_while_asking_for_a_card(stage: Theatre) -> None:
    for seed in range(INTERLEAVINGS):
        first = plan_of(seed)
        member, product = f"{first.name}-a", f"{first.name}-coded"
        asked = Redeem(plan_of(seed).redemption_id(0), member, product)

        meet(stage, (asked,), (Erase(member),), seed=seed)


def test_a_member_is_erased_while_cancelling(stage: Theatre) -> None:
    for seed in range(INTERLEAVINGS):
        first = plan_of(seed)
        member, product = f"{first.name}-a", f"{first.name}-coded"
        asked = Redeem(plan_of(seed).redemption_id(0), member, product)

        meet(stage, (asked, Cancel(asked.redemption_id, member)), (Erase(member),), seed=seed)


def test_a_member_is_erased_right_after_being_made_while_somebody_else_makes_them(stage: Theatre) -> None:
    numbers = count()
    for seed in range(INTERLEAVINGS):
        comes, again = (
            Send((make_event("login", "newcomer", event_id=f"newcomer-{next(numbers)}", at=plan_of(seed).start),))
            for _ in range(2)
        )

        meet(stage, (comes, Erase("newcomer")), (again, Erase("newcomer")), seed=seed)
