from collections.abc import Callable

import pytest

from market.products import ensure_prize_products
from rewards.access.scopes import Role
from rewards.runtime.settings import Settings
from tests.pages.staff.queue.clerks import Clerk, clerk_of
from tests.support.http import Forum
from tests.support.shop import Shop, open_shop
from tests.support.village import NOW
from tests.support.world import World


@pytest.fixture
def shop(world: World, settings: Settings) -> Shop:
    """A market in which a card costs 100 points and has three codes, the last to come being the first to lapse."""
    world.run(lambda session: ensure_prize_products(session, now=NOW))
    shop = open_shop(world, keys=settings.code_keys)
    shop.offer("card", stock="codes", codes=["CARD-LATE,2027-12-31", "CARD-SOON,2027-01-31", "CARD-EVER"])
    shop.give("minji", 1000)
    shop.give("haneul", 1000)
    return shop


@pytest.fixture
def clerk(forum: Forum) -> Callable[..., Clerk]:
    """Staff at their desks, each with a browser that runs no scripts."""

    def sit_down(role: Role = "fulfiller", name: str = "jun", language: str = "ko") -> Clerk:
        return clerk_of(forum, role=role, name=name, language=language)

    return sit_down
