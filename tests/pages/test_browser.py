"""The pages in a real browser: Chromium, with the real service and database behind them."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from tests.support import village
from tests.support.accessible import faults_of
from tests.support.browser import Scheme, StandingVillage, visiting
from tests.support.clock import SettableClock
from tests.support.http import Forum
from tests.support.village import NOW, READER, WEEK
from tests.support.world import World

pytestmark = pytest.mark.browser

LAST_WEEK = WEEK - timedelta(weeks=1)
SEEN = [(360, "light", "ko"), (1280, "dark", "en")]
PATHS = (
    "/",
    "/ranking",
    "/ranking/month",
    "/ranking/all-time",
    "/ranking/streak",
    "/ranking/seasons",
    f"/ranking/seasons/{LAST_WEEK}",
    "/problems/",
    "/problems/not-found",
)


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def sign_in(page: Page, forum: Forum, address: str, member_id: str = READER) -> None:
    page.goto(f"{address}/sso?next=/ranking&token={forum.token(member_id)}")


@pytest.mark.parametrize("width,scheme,language", SEEN)
def test_the_ranking_is_right_for_everybody(
    chromium: Browser, standing_village: StandingVillage, width: int, scheme: Scheme, language: str
) -> None:
    address = standing_village.address
    with visiting(chromium, address, width=width, scheme=scheme, language=language) as visit:
        sign_in(visit.page, standing_village.forum, address)

        assert faults_of(visit.page) == []
        assert not scrolls_sideways(visit.page)
        assert visit.page.locator("html").get_attribute("lang") == language
        assert visit.page.get_by_text("1,340").is_visible()
        assert visit.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_minute_of_a_week_is_designed(
    chromium: Browser, address: str, settled: World, forum: Forum, clock: SettableClock, scheme: Scheme
) -> None:
    clock.set(NOW + timedelta(days=5, hours=10, minutes=42, seconds=5))
    with visiting(chromium, address, scheme=scheme) as visit:
        sign_in(visit.page, forum, address)

        assert visit.page.get_by_text("새 주가 시작됐어요. 첫 번째가 되어 보세요.").is_visible()
        assert visit.page.get_by_text("지난주 결과를 정리하고 있어요.").is_visible()
        assert faults_of(visit.page) == []


def test_it_all_works_without_scripts(chromium: Browser, standing_village: StandingVillage) -> None:
    with visiting(chromium, standing_village.address, scripts=False) as visit:
        page = visit.open("/ranking")

        assert page.locator(".countdown b").all_inner_texts() == ["5", "10", "42"]
        page.get_by_role("link", name="전체", exact=True).click()
        assert page.url.endswith("/ranking/all-time")
        assert page.get_by_text("74,710").is_visible()
        page.get_by_role("link", name="English").click()
        assert page.get_by_role("heading", name="Point ranking", exact=True).is_visible()


def test_the_countdown_ticks_and_says_when_the_week_is_over(
    chromium: Browser, address: str, settled: World, clock: SettableClock
) -> None:
    clock.set(NOW + timedelta(days=5, hours=10, minutes=41))
    with visiting(chromium, address) as visit:
        visit.page.clock.install()
        page = visit.open("/ranking")

        assert page.locator(".countdown b").all_inner_texts() == ["0", "0", "1"]
        page.clock.run_for(61_000)
        assert page.get_by_text("새 주가 시작됐어요. 새로 보기").is_visible()
        assert not page.locator(".countdown").is_visible()


def test_the_keyboard_goes_everywhere_and_shows_where_it_is(
    chromium: Browser, standing_village: StandingVillage
) -> None:
    with visiting(chromium, standing_village.address, width=1280) as visit:
        sign_in(visit.page, standing_village.forum, standing_village.address)
        wanted = visit.page.locator("a:visible, button:visible").count()
        seen: list[str] = []
        for _ in range(wanted):
            visit.page.keyboard.press("Tab")
            seen.append(visit.page.evaluate("document.activeElement.textContent.trim()"))
            assert visit.page.evaluate(
                "(() => { const shown = getComputedStyle(document.activeElement);"
                " return shown.outlineStyle !== 'none' && parseFloat(shown.outlineWidth) >= 2 })()"
            ), seen[-1]

        assert seen[0] == "본문으로 건너뛰기"
        assert {"랭킹", "이번 달", "지난 주 모두 보기", "로그아웃", "English"} <= set(seen)


def test_names_of_all_kinds_fit(chromium: Browser, address: str, settled: World) -> None:
    with visiting(chromium, address, width=320) as visit:
        for name in (village.LONG, village.RIGHT_TO_LEFT, village.EMOJI, "W" * 40, "가" * 40, "a b " * 10):
            settled.execute("update member set name = :name", name=name)
            for path in ("/", "/ranking", "/ranking/seasons", f"/ranking/seasons/{LAST_WEEK}"):
                assert not scrolls_sideways(visit.open(path)), (name, path)


def test_large_text_and_much_zoom_still_fit(chromium: Browser, standing_village: StandingVillage) -> None:
    with visiting(chromium, standing_village.address, width=320) as visit:
        page = visit.open("/ranking")
        spacing = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
        page.evaluate(
            "text => { const sheet = new CSSStyleSheet(); sheet.replaceSync(text);"
            " document.adoptedStyleSheets = [sheet] }",
            spacing,
        )

        assert not scrolls_sideways(page), "text spacing of WCAG 1.4.12"


def test_the_start_page_follows_the_demo(chromium: Browser, address: str, settled: World, forum: Forum) -> None:
    settled.execute("insert into demo (shift_weeks, chosen_at) values (1174, :now)", now=NOW)
    with visiting(chromium, address) as visit:
        page = visit.open("/")
        assert page.locator(".feeding").is_visible()
        settled.execute("update demo set finished_at = :now", now=NOW)

        page.locator(".feeding").wait_for(state="detached", timeout=10_000)

        assert page.get_by_text("이웃마을의 포인트와 보상").is_visible()
        assert visit.complaints == []
