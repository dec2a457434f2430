from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.pages.market.waiting import Wait, typical_wait, wait_of
from tests.support.shop import Shop
from tests.support.village import NOW
from tests.support.world import World

UNIT_S = {"minutes": 60, "hours": 3_600, "days": 86_400}


@pytest.mark.parametrize(
    "seconds,said",
    [
        (0, Wait(10, "minutes")),
        (601, Wait(20, "minutes")),
        (3_000, Wait(50, "minutes")),
        (3_001, Wait(1, "hours")),
        (36 * 3_600, Wait(36, "hours")),
        (36 * 3_600 + 1, Wait(2, "days")),
        (10 * 86_400, Wait(10, "days")),
    ],
)
def test_a_wait_is_said_in_the_unit_that_people_think_in(seconds: int, said: Wait) -> None:
    assert wait_of(seconds) == said


@given(st.integers(0, 10**7))
def test_a_wait_is_never_said_shorter_than_it_was(seconds: int) -> None:
    said = wait_of(seconds)

    assert said.number >= 1
    assert said.number * UNIT_S[said.unit] >= seconds


def test_the_typical_wait_is_the_median_of_the_last_ones_and_unknown_of_too_few(shop: Shop, world: World) -> None:
    shop.offer("card")
    shop.give("jun", 10_000)
    for hours in (2, 30, 3):
        before = world.run(typical_wait)
        asked = shop.redeem("jun", "card", at=NOW)
        shop.fulfil(asked, at=NOW + timedelta(hours=hours), code=f"CODE-{hours}")

    assert before is None
    assert world.run(typical_wait) == Wait(3, "hours")
