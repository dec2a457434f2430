import pytest

from market.products import ensure_prize_products
from rewards.runtime.settings import Settings
from tests.support.shop import Shop, open_shop
from tests.support.village import NOW
from tests.support.world import World


@pytest.fixture
def shop(world: World, settings: Settings) -> Shop:
    """A market without any product but the prizes."""
    world.run(lambda session: ensure_prize_products(session, now=NOW))
    return open_shop(world, keys=settings.code_keys)
