"""How points work, in a real browser."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from rewards.policy.document import DEFAULT_POLICY, read_document
from rewards.policy.load import apply_policy
from tests.support.browser import visiting
from tests.support.village import LONG, NOW
from tests.support.world import World

pytestmark = pytest.mark.browser


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def announce(world: World) -> None:
    """A next version with long names and large numbers."""
    document = read_document(DEFAULT_POLICY)
    document["boards"]["long"] = {"name": LONG}
    document["rules"]["comment.created"] = {"points": 1_000_000, "points_per_day": 9_000_000, "boards": {"long": -10}}
    document["rules"][f"{'w' * 60}.happened"] = {"points": 3, "name": LONG}
    world.run(lambda session: apply_policy(session, document, by="test", now=NOW, valid_from=NOW + timedelta(days=7)))


def test_what_comes_next_is_one_link_away_without_scripts(chromium: Browser, address: str, world: World) -> None:
    announce(world)
    with visiting(chromium, address, scripts=False) as visit:
        page = visit.open("/ranking")

        page.get_by_role("link", name="포인트 안내").click()
        page.get_by_role("link", name="미리 보기").click()
        assert page.get_by_text("+1,000,000").is_visible()
        page.get_by_role("link", name="지금 안내 보기").click()
        assert page.url.endswith("/points")
