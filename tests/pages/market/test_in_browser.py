"""The market in a real browser: a member redeems, cancels, sees and copies the code."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import village
from tests.support.accessible import faults_of
from tests.support.browser import Visit, visiting
from tests.support.http import Forum
from tests.support.shop import Shop, fill_redemptions, fill_shop
from tests.support.village import READER
from tests.support.world import World

pytestmark = pytest.mark.browser

CODE = "MOON-7F4F-77QX"
REQUESTS_MAX = 8
TOUCHED = "main a:not(li a):not(.up a):not(p.note a), main button"


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@contextmanager
def member_visiting(
    browser: Browser, address: str, *, forum: Forum, member_id: str = "minji", path: str = "/market", **window: Any
) -> Iterator[Visit]:
    """A member's window, come in from the forum."""
    with visiting(browser, address, **window) as visit:
        visit.open(f"/sso?next={path}&token={forum.token(member_id)}")
        yield visit


def paths_of(shop: Shop) -> list[str]:
    """Every page of the market, with something of every kind on it."""
    fill_shop(shop)
    made = fill_redemptions(shop)
    offers = ("coffee-3000", "books-5000", "ice-cream-500", "winter-3000", "bus-1000")
    return [
        "/market",
        *(f"/market/{key}" for key in offers),
        "/market/redemptions",
        *(f"/market/redemptions/{redemption_id}" for state, redemption_id in made.items() if state != "cancelled"),
    ]


def test_what_can_be_touched_is_large_enough_and_few_requests_do(
    chromium: Browser, address: str, settled: World, forum: Forum, shop: Shop
) -> None:
    paths = paths_of(shop)
    asked: list[str] = []
    with member_visiting(chromium, address, forum=forum, member_id=READER) as visit:
        visit.page.on("request", lambda request: asked.append(request.url))
        for path in paths:
            asked.clear()
            page = visit.open(path)

            small = page.evaluate(
                "wanted => [...document.querySelectorAll(wanted)]"
                ".filter(one => { const box = one.getBoundingClientRect(); return box.height < 44 || box.width < 24 })"
                ".map(one => one.textContent)",
                TOUCHED,
            )
            assert small == [], path
            assert len(asked) <= REQUESTS_MAX, asked


def test_a_member_redeems_sees_the_place_in_the_queue_and_cancels(
    chromium: Browser, address: str, forum: Forum, shop: Shop, world: World
) -> None:
    shop.offer("card", price=300, stock="number", quantity=1, name_ko="달빛커피 상품권")
    shop.give("minji", 1000)
    with member_visiting(chromium, address, forum=forum) as visit:
        page = visit.page
        page.get_by_role("link", name="달빛커피 상품권").click()
        expect(page.get_by_text("교환하고 남는 포인트")).to_be_visible()
        page.get_by_role("button", name="300P로 교환하기").click()

        expect(page.get_by_role("status").filter(has_text="교환을 신청했어요.")).to_be_visible()
        expect(page.get_by_text("바로 다음 차례예요")).to_be_visible()
        assert re.search(r"/market/redemptions/[0-9a-f-]{36}$", page.url)
        expect(page.locator(".purse")).to_contain_text("700")
        page.get_by_role("button", name="취소하고 300P 돌려받기").click()

        expect(page.get_by_text("취소했어요. 300P를 다시 쓸 수 있어요.")).to_be_visible()
        expect(page.locator(".purse")).to_contain_text("1,000")
        assert shop.left_of("card") == 1
        assert visit.complaints == []


def test_a_member_sees_and_copies_the_code(
    chromium: Browser, address: str, forum: Forum, shop: Shop, world: World
) -> None:
    shop.offer("card", stock="codes", codes=[f"{CODE},2027-01-31"])
    shop.give("minji", 100)
    asked = shop.redeem("minji", "card")
    shop.fulfil(asked)
    with member_visiting(chromium, address, forum=forum, path="/market/redemptions") as visit:
        page = visit.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("link", name="상품권 card").click()
        expect(page.get_by_text(CODE)).to_have_count(0)
        page.get_by_role("button", name="코드 보기").click()
        expect(page.get_by_text(CODE)).to_be_visible()
        page.get_by_role("button", name="코드 복사").click()

        expect(page.get_by_role("status").filter(has_text="복사했어요.")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == CODE
        assert faults_of(page) == []
        assert CODE not in page.url
        page.reload()
        expect(page.get_by_text(CODE)).to_have_count(0)
        assert visit.complaints == []
    assert len(world.rows("select * from code_reading")) == 1


def test_it_all_works_without_scripts(chromium: Browser, address: str, forum: Forum, shop: Shop) -> None:
    shop.offer("card", price=300, stock="codes", codes=[CODE])
    shop.give("minji", 1000)
    with member_visiting(chromium, address, forum=forum, scripts=False) as visit:
        page = visit.page
        page.get_by_role("link", name="상품권 card").click()
        page.get_by_role("button", name="300P로 교환하기").click()
        assert page.get_by_text("바로 다음 차례예요").is_visible()
        shop.fulfil(UUID(page.url.rsplit("/", 1)[1]))
        page.goto(page.url)
        page.get_by_role("button", name="코드 보기").click()

        assert page.get_by_text(CODE).is_visible()
        assert not page.get_by_role("button", name="코드 복사").is_visible()
        page.get_by_role("link", name="다시 가리기").click()
        assert page.get_by_text(CODE).count() == 0


def test_of_two_who_press_at_once_one_gets_the_last_card_and_the_other_keeps_every_point(
    chromium: Browser, address: str, forum: Forum, shop: Shop, world: World
) -> None:
    shop.offer("card", price=300, stock="codes", codes=[CODE])
    for member_id in ("minji", "jun"):
        shop.give(member_id, 1000)
    with (
        member_visiting(chromium, address, forum=forum, member_id="minji", path="/market/card") as one,
        member_visiting(chromium, address, forum=forum, member_id="jun", path="/market/card") as other,
    ):
        for visit in (one, other):
            # Sent a moment later by the page itself, so that both are on their way before either is answered.
            visit.page.evaluate("setTimeout(() => document.querySelector('main form').requestSubmit(), 400)")
        for visit in (one, other):
            expect(visit.page.locator(".notice")).to_be_visible()
        said = [visit.page.locator(".notice").inner_text() for visit in (one, other)]

    assert sorted(text[:10] for text in said) == sorted(
        ["교환을 신청했어요. 상품권"[:10], "다른 회원이 조금 먼저"[:10]]
    )
    held = sorted(world.account(member_id).held for member_id in ("minji", "jun"))
    balances = {world.account(member_id).balance for member_id in ("minji", "jun")}
    assert (held, balances) == ([0, 300], {1000})
    assert shop.left_of("card") == 0


def test_a_double_click_redeems_once(chromium: Browser, address: str, forum: Forum, shop: Shop, world: World) -> None:
    shop.offer("card", price=300)
    shop.give("minji", 1000)
    with member_visiting(chromium, address, forum=forum, path="/market/card") as visit:
        visit.page.get_by_role("button", name="300P로 교환하기").dblclick()
        visit.page.wait_for_url("**/market/redemptions/*")

    assert world.account("minji").held == 300
    assert len(world.rows("select * from redemption")) == 1


def test_pressing_again_on_a_page_that_the_browser_has_kept_shows_the_same_redemption(
    chromium: Browser, address: str, forum: Forum, shop: Shop, world: World
) -> None:
    shop.offer("card", price=300)
    shop.give("minji", 1000)
    with member_visiting(chromium, address, forum=forum, path="/market/card") as visit:
        # The page stays as it was, as it does for going back to it: each answer opens beside it.
        visit.page.locator("main form").evaluate("form => { form.target = '_blank' }")
        answers: list[Page] = []
        for _ in range(2):
            with visit.page.context.expect_page() as opened:
                visit.page.get_by_role("button", name="300P로 교환하기").click()
            answers.append(opened.value)
            expect(answers[-1].locator(".notice")).to_be_visible()

        assert answers[0].url == answers[1].url
        expect(answers[1].get_by_text("이미 신청한 교환이에요. 또 교환하지 않았어요.")).to_be_visible()
    assert world.account("minji").held == 300


def test_going_back_and_reloading_redeem_nothing(
    chromium: Browser, address: str, forum: Forum, shop: Shop, world: World
) -> None:
    shop.offer("card", price=300)
    shop.give("minji", 1000)
    with member_visiting(chromium, address, forum=forum, path="/market/card") as visit:
        page = visit.page
        page.get_by_role("button", name="300P로 교환하기").click()
        page.wait_for_url("**/market/redemptions/*")
        page.reload()
        page.go_back()

        expect(page.locator(".bill")).to_contain_text("700")
        page.reload()
    assert len(world.rows("select * from redemption")) == 1


def test_more_products_come_in_place(chromium: Browser, address: str, forum: Forum, shop: Shop) -> None:
    for number in range(80):
        shop.offer(f"card-{number}", position=number)
    shop.give("minji", 100)
    with member_visiting(chromium, address, forum=forum) as visit:
        page = visit.page
        while page.get_by_role("link", name="더 보기").count():
            shown = page.locator(".offer").count()
            page.get_by_role("link", name="더 보기").click()
            expect(page.locator(".offer").nth(shown)).to_be_attached()

        assert page.locator(".offer").count() == 80
        assert page.url == f"{address}/market"
        assert faults_of(page) == []
        assert visit.complaints == []


def test_names_of_all_kinds_fit(chromium: Browser, address: str, settled: World, forum: Forum, shop: Shop) -> None:
    fill_shop(shop)
    made = fill_redemptions(shop)
    paths = ("/market", "/market/coffee-3000", "/market/redemptions", f"/market/redemptions/{made['requested']}")
    with member_visiting(chromium, address, forum=forum, member_id=READER, width=320) as visit:
        for name in (village.LONG * 3, village.RIGHT_TO_LEFT, village.EMOJI, "W" * 200, "가" * 200, "a b " * 40):
            settled.execute("update product set name_ko = :name, brand = left(:name, 100)", name=name)
            for path in paths:
                assert not scrolls_sideways(visit.open(path)), (name, path)


def test_a_long_code_fits_a_small_phone(chromium: Browser, address: str, forum: Forum, shop: Shop) -> None:
    shop.offer("card", stock="codes", codes=["W" * 255])
    shop.give("minji", 100)
    asked = shop.redeem("minji", "card")
    shop.fulfil(asked)
    with member_visiting(chromium, address, forum=forum, path=f"/market/redemptions/{asked}", width=320) as visit:
        visit.page.get_by_role("button", name="코드 보기").click()
        expect(visit.page.locator(".code")).to_be_visible()

        assert not scrolls_sideways(visit.page)
