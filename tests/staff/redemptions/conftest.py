import pytest
from sqlalchemy import Engine

from market.products import ensure_prize_products
from rewards.runtime.settings import Settings
from tests.support import village
from tests.support.clock import SettableClock
from tests.support.shop import Shop, open_shop
from tests.support.world import World, open_world


@pytest.fixture
def world(engine: Engine, clock: SettableClock) -> World:
    """A community with the default policy, at the village's moment."""
    clock.set(village.NOW)
    return open_world(engine, at=village.NOW)


@pytest.fixture
def shop(world: World, settings: Settings) -> Shop:
    """A market in which a card costs 100 points and has two codes."""
    world.run(lambda session: ensure_prize_products(session, now=village.NOW))
    shop = open_shop(world, keys=settings.code_keys)
    shop.offer("card", stock="codes", codes=["CARD-1,2027-01-31", "CARD-2"])
    shop.give("minji", 1000)
    return shop
