"""The page of one's own in a real browser: on a small phone and a desk, in both modes, with and without scripts."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from rewards.earning.correct import adjust
from tests.support.accessible import faults_of
from tests.support.browser import Visit, visiting
from tests.support.factories import make_comment, make_event
from tests.support.http import Forum
from tests.support.shop import open_shop
from tests.support.village import LONG, NOW, READER, RIGHT_TO_LEFT
from tests.support.world import World

pytestmark = pytest.mark.browser

MINUTE = timedelta(minutes=1)


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def small_targets(page: Page) -> list[str]:
    """Links and buttons of the page's content that a thumb would miss."""
    return page.evaluate(
        "[...document.querySelectorAll('main a, main button, main summary')]"
        ".filter(e => e.getBoundingClientRect().height < 44 && e.getClientRects().length).map(e => e.textContent)"
    )


def come_in(visit: Visit, forum: Forum, path: str = "/me") -> Page:
    return visit.open(f"/sso?next={path}&token={forum.token(READER)}")


def live(world: World) -> None:
    """A day on which much happened, with texts of all kinds."""
    world.record(*[make_comment(READER, at=NOW - n * MINUTE, board="free") for n in range(30, 15, -1)], now=NOW)
    world.record(make_event("post.created", READER, board=f"{LONG}-board", subject="p:1", at=NOW), now=NOW)
    world.record(make_event("post.deleted", READER, subject="post:0:1", at=NOW), now=NOW)
    for reason in (f"{LONG} {LONG}", RIGHT_TO_LEFT, "w" * 200):
        world.run(
            lambda session, reason=reason: adjust(
                session, READER, points=-700, reason=reason, actor="staff:mina", now=NOW, overdraft=True
            )
        )


@pytest.mark.parametrize("scripts", ["with", "without"])
def test_a_member_reads_leaves_the_ranking_and_signs_out_everywhere(
    chromium: Browser, address: str, settled: World, forum: Forum, scripts: str
) -> None:
    live(settled)
    with visiting(chromium, address, scripts=scripts == "with") as visit:
        page = come_in(visit, forum)

        page.get_by_role("link", name="쓴 포인트").click()
        assert page.get_by_text(RIGHT_TO_LEFT).is_visible()
        assert not page.get_by_text("오늘 10/10").is_visible()
        page.get_by_role("link", name="전체", exact=True).last.click()
        page.get_by_role("link", name="이전 내역 보기").click()
        page.get_by_role("link", name="최근 내역으로").click()
        page.get_by_text("포인트가 안 들어온 이유").first.click()
        assert page.get_by_text("댓글 5건 · 하루 한도를 넘었어요").is_visible()

        page.get_by_role("button", name="랭킹에서 빠지기").click()
        page.get_by_text("랭킹에서 빠졌어요.").wait_for()
        page.get_by_role("button", name="랭킹에 다시 나오기").click()
        page.get_by_text("다시 랭킹에 나와요.").wait_for()

        page.get_by_role("button", name="모든 기기에서 로그아웃").click()
        page.get_by_text("모든 기기에서 로그아웃했어요.").wait_for()
        assert page.url.endswith("/ranking")
        assert visit.complaints == []


def test_nothing_but_itself_is_asked_for(chromium: Browser, address: str, settled: World, forum: Forum) -> None:
    with visiting(chromium, address) as visit:
        asked: list[str] = []
        visit.page.on("request", lambda request: asked.append(request.url))
        come_in(visit, forum)

        assert len(asked) <= 9
        assert visit.complaints == []


def test_what_is_set_aside_and_given_back_is_accessible_too(
    chromium: Browser, address: str, settled: World, forum: Forum
) -> None:
    shop = open_shop(settled, keys=forum.settings.code_keys)
    shop.offer("coffee", name_ko=LONG, price=500)
    shop.cancel(READER, shop.redeem(READER, "coffee"))
    shop.redeem(READER, "coffee")
    with visiting(chromium, address, width=320) as visit:
        page = come_in(visit, forum)

        assert page.get_by_text("취소되어 돌려받음").is_visible()
        assert faults_of(page) == []
        assert not scrolls_sideways(page)
        assert small_targets(page) == []
