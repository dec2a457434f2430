"""A fulfiller's day at the queue in a real browser: by keys alone, without scripts, two at once, on a small phone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from rewards.access.scopes import Role
from rewards.http.auth import STAFF_COOKIE
from tests.pages.staff.queue.clerks import QUEUE
from tests.pages.test_browser import scrolls_sideways
from tests.support.accessible import faults_of
from tests.support.browser import Scheme, Visit, visiting
from tests.support.http import Forum
from tests.support.shop import Shop
from tests.support.village import LONG, NOW, RIGHT_TO_LEFT

pytestmark = pytest.mark.browser


@contextmanager
def at_a_desk(
    browser: Browser,
    address: str,
    forum: Forum,
    *,
    role: Role = "fulfiller",
    name: str = "jun",
    width: int = 1280,
    scheme: Scheme = "light",
    language: str = "ko",
    scripts: bool = True,
) -> Iterator[Visit]:
    """Somebody of the staff, signed in, with a window of their own."""
    token = forum.staff(role, name=name).headers["Authorization"].removeprefix("Bearer ")
    with visiting(browser, address, width=width, scheme=scheme, language=language, scripts=scripts) as visit:
        visit.page.context.add_cookies([{"name": STAFF_COOKIE, "value": token, "url": address}])
        yield visit


def states_of(shop: Shop) -> list[str]:
    rows = shop.world.rows("select state from redemption order by requested_at, redemption_id")
    return [row.state for row in rows]


def done(page: Page, said: str) -> None:
    """What the last step says on top, and aloud for whoever listens."""
    expect(page.locator("main .notice")).to_contain_text(said)
    expect(page.locator("body > .unseen[role=status]")).to_contain_text(said)


def test_a_fulfillers_day_by_keys_alone(chromium: Browser, address: str, shop: Shop, forum: Forum) -> None:
    for hours, member in ((5, "minji"), (4, "haneul"), (3, "minji")):
        shop.redeem(member, "card", at=NOW - timedelta(hours=hours))
    with at_a_desk(chromium, address, forum) as visit:
        page = visit.open(QUEUE)

        page.keyboard.press("n")
        done(page, "맡았어요: minji")
        expect(page.get_by_role("button", name="재고에서 지급", exact=True)).to_be_focused()
        page.keyboard.press("f")
        done(page, "재고에서 지급했어요: minji")
        expect(page.get_by_role("button", name="다음 것 맡기")).to_be_focused()
        page.keyboard.press("n")
        done(page, "맡았어요: haneul")
        page.keyboard.press("t")
        expect(page.get_by_label("코드", exact=True)).to_be_focused()
        page.keyboard.type("nfr-1")
        page.keyboard.press("Enter")
        done(page, "입력한 코드로 지급했어요: haneul")
        page.keyboard.press("n")
        done(page, "맡았어요: minji")
        page.keyboard.press("r")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        done(page, "반려했어요: minji")
        expect(page.get_by_text("기다리는 것이 없어요. 다 했어요!").first).to_be_visible()

        assert states_of(shop) == ["fulfilled", "fulfilled", "rejected"]
        assert visit.complaints == []
        assert faults_of(page) == []


def test_the_list_by_keys(chromium: Browser, address: str, shop: Shop, forum: Forum) -> None:
    first, second = (shop.redeem("minji", "card", at=NOW - timedelta(hours=hours)) for hours in (5, 4))
    with at_a_desk(chromium, address, forum) as visit:
        page = visit.open(QUEUE)

        page.keyboard.press("j")
        expect(page.locator(f"#r{first.hex}")).to_be_focused()
        page.keyboard.press("j")
        expect(page.locator(f"#r{second.hex}")).to_be_focused()
        page.keyboard.press("x")
        expect(page.locator("tr", has=page.locator(f"#r{second.hex}")).get_by_role("checkbox")).to_be_checked()
        page.keyboard.press("o")
        expect(page).to_have_url(f"{address}{QUEUE}?open={second}")
        expect(page.locator(f"#r{second.hex}")).to_have_attribute("aria-current", "true")
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{address}{QUEUE}?open={first}")
        expect(page.locator(f"#r{first.hex}")).to_have_attribute("aria-current", "true")
        expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox", name="회원")).to_be_focused()
        page.keyboard.type("min")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{address}{QUEUE}?member=min&product=&kind=&from=&to=")
        expect(page.locator(f"#r{first.hex}")).to_be_focused()
        page.keyboard.press("?")
        expect(page.get_by_text("목록에서 아래, 위")).to_be_visible()
        page.go_back()
        expect(page).to_have_url(f"{address}{QUEUE}?open={first}")
        assert visit.complaints == []


def test_keys_work_while_hangul_is_typed_and_can_be_switched_off(
    chromium: Browser, address: str, shop: Shop, forum: Forum
) -> None:
    shop.redeem("minji", "card")
    with at_a_desk(chromium, address, forum) as visit:
        page = visit.open(QUEUE)
        page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: '?', code: 'Slash', bubbles: true}))")
        page.keyboard.press("?")
        switch = page.get_by_role("button", name="단축키 켜짐")
        switch.click()

        page.keyboard.press("c")
        assert states_of(shop) == ["requested"]
        switch.click()
        page.locator("h1").evaluate(
            "one => one.dispatchEvent(new KeyboardEvent('keydown', {key: 'ㅊ', code: 'KeyC', bubbles: true}))"
        )

        done(page, "맡았어요: minji")
        assert states_of(shop) == ["claimed"]


def test_a_mistake_in_the_code_leads_back_to_its_field(
    chromium: Browser, address: str, shop: Shop, forum: Forum
) -> None:
    shop.redeem("minji", "card")
    with at_a_desk(chromium, address, forum) as visit:
        page = visit.open(QUEUE)

        page.keyboard.press("t")
        page.keyboard.type("CARD-EVER")
        page.keyboard.press("Enter")

        expect(page.get_by_text("이미 있는 코드예요.").first).to_be_visible()
        expect(page.get_by_label("코드", exact=True)).to_be_focused()
        expect(page.get_by_label("코드", exact=True)).to_have_value("")
        assert faults_of(page) == []


def test_a_code_is_shown_in_place_and_its_address_is_none_to_come_back_to(
    chromium: Browser, address: str, shop: Shop, forum: Forum
) -> None:
    asked = shop.redeem("minji", "card")
    shop.fulfil(asked)
    with at_a_desk(chromium, address, forum) as visit:
        page = visit.open(f"{QUEUE}?tab=closed&open={asked}")

        page.keyboard.press("s")
        page.keyboard.type("asked by phone")
        page.keyboard.press("Enter")

        shown = page.locator(".shown-code")
        expect(shown).to_contain_text("CARD-SOON")
        expect(shown).to_be_focused()
        assert page.url == f"{address}{QUEUE}?tab=closed&open={asked}"
        assert faults_of(page) == []
        page.reload()
        expect(shown).to_have_count(0)
        assert "CARD-SOON" not in page.content()


def test_several_at_once_by_keys_end_at_their_results(
    chromium: Browser, address: str, shop: Shop, forum: Forum
) -> None:
    for hours in (5, 4):
        shop.redeem("minji", "card", at=NOW - timedelta(hours=hours))
    with at_a_desk(chromium, address, forum) as visit:
        page = visit.open(QUEUE)
        for key in "jxjxb":
            page.keyboard.press(key)

        results = page.get_by_role("heading", name="2건 가운데 2건을 재고에서 지급했어요")
        expect(results).to_be_focused()
        assert page.url == f"{address}{QUEUE}"
        assert states_of(shop) == ["fulfilled", "fulfilled"]
        assert faults_of(page) == []
        assert visit.complaints == []


def test_two_fulfillers_at_once_get_different_ones(chromium: Browser, address: str, shop: Shop, forum: Forum) -> None:
    for hours, member in ((5, "minji"), (4, "haneul")):
        shop.redeem(member, "card", at=NOW - timedelta(hours=hours))
    with at_a_desk(chromium, address, forum) as jun, at_a_desk(chromium, address, forum, name="sora") as sora:
        jun.open(QUEUE)
        sora.open(QUEUE)

        jun.page.keyboard.press("n")
        done(jun.page, "맡았어요: minji")
        sora.page.keyboard.press("c")
        expect(sora.page.get_by_role("alert")).to_contain_text("그사이 jun 님이 맡았어요.")
        done(sora.page, "그사이 jun 님이 맡았어요.")
        sora.page.keyboard.press("n")
        done(sora.page, "맡았어요: haneul")

        assert states_of(shop) == ["claimed", "claimed"]
        assert jun.complaints == sora.complaints == []


def test_it_all_works_without_scripts(chromium: Browser, address: str, shop: Shop, forum: Forum) -> None:
    shop.offer("more", stock="codes", codes=["MORE-1"])
    wishes = ((5, "minji", "card"), (4, "haneul", "card"), (3, "minji", "card"), (2, "haneul", "more"))
    for hours, member, product in wishes:
        shop.redeem(member, product, at=NOW - timedelta(hours=hours))
    with at_a_desk(chromium, address, forum, scripts=False) as visit:
        page = visit.open(QUEUE)

        page.get_by_role("button", name="다음 것 맡기").click()
        page.get_by_role("button", name="재고에서 지급", exact=True).click()
        page.get_by_text("재고에서 지급했어요: minji").wait_for()
        page.get_by_role("button", name="다음 것 맡기").click()
        page.locator("summary", has_text="직접 입력").click()
        page.get_by_label("코드", exact=True).fill("TYPED-1")
        page.get_by_role("button", name="이 코드로 지급").click()
        page.locator("summary", has_text="코드 보기").click()
        page.get_by_label("왜 보나요?").fill("확인")
        page.get_by_role("button", name="한 번 보기").click()
        assert page.get_by_text("TYPED-1").is_visible()
        page.get_by_role("button", name="다음 것 맡기").click()
        page.locator("summary", has_text="반려").click()
        page.get_by_label("같은 신청이 두 번 들어왔어요.").check()
        page.get_by_role("button", name="이 이유로 반려").click()
        page.get_by_role("checkbox", name="haneul").check()
        page.get_by_role("button", name="고른 것 재고에서 지급").click()

        assert page.get_by_text("1건 가운데 1건을 재고에서 지급했어요").is_visible()
        assert states_of(shop) == ["fulfilled", "fulfilled", "rejected", "fulfilled"]


def test_a_viewer_looks_and_keys_do_nothing(chromium: Browser, address: str, shop: Shop, forum: Forum) -> None:
    shop.redeem("minji", "card")
    with at_a_desk(chromium, address, forum, role="viewer") as visit:
        page = visit.open(QUEUE)
        for key in "ncftrlasb":
            page.keyboard.press(key)

        assert page.get_by_role("heading", name="minji").is_visible()
        assert states_of(shop) == ["requested"]
        assert visit.complaints == []


@pytest.mark.parametrize("width,scheme", [(320, "light"), (1280, "dark")])
def test_every_state_is_accessible_and_fits(
    chromium: Browser, address: str, shop: Shop, forum: Forum, width: int, scheme: Scheme
) -> None:
    shop.offer("dear", name_ko="가" * 40, needs_approval=True)
    shop.world.execute("update member set name = :name where member_id = 'minji'", name=LONG)
    shop.world.execute("update member set name = :name where member_id = 'haneul'", name=RIGHT_TO_LEFT)
    seen = {
        "waiting": shop.redeem("minji", "card"),
        "to_approve": shop.redeem("haneul", "dear"),
        "in_hand": shop.redeem("minji", "card"),
        "closed": shop.redeem("haneul", "card"),
    }
    shop.claim(seen["in_hand"])
    shop.fulfil(seen["closed"])
    with at_a_desk(chromium, address, forum, role="manager", width=width, scheme=scheme) as visit:
        for tab, redemption_id in seen.items():
            for path in (f"{QUEUE}?tab={tab}", f"{QUEUE}?tab={tab}&open={redemption_id}"):
                page = visit.open(path)
                for summary in page.locator("summary:visible").all():
                    summary.click()

                assert faults_of(page) == [], path
                assert not scrolls_sideways(page), path
        assert visit.complaints == []


def test_what_can_be_touched_is_large_enough(chromium: Browser, address: str, shop: Shop, forum: Forum) -> None:
    asked = shop.redeem("minji", "card")
    with at_a_desk(chromium, address, forum, width=360) as visit:
        for path in (QUEUE, f"{QUEUE}?open={asked}"):
            page = visit.open(path)
            small = page.evaluate(
                "[...document.querySelectorAll('main .button, .tabs a, a.row, .pick label, .back a')]"
                ".filter(one => one.checkVisibility()).filter(one => { const box = one.getBoundingClientRect();"
                " return box.height < 44 || box.width < 24 }).map(one => one.textContent)"
            )

            assert small == [], path


def test_on_a_phone_list_and_hand_take_turns(chromium: Browser, address: str, shop: Shop, forum: Forum) -> None:
    asked = shop.redeem("minji", "card")
    with at_a_desk(chromium, address, forum, width=360) as visit:
        page = visit.open(QUEUE)
        assert not page.locator(".hand").is_visible()

        page.locator(f"#r{asked.hex}").click()
        expect(page.get_by_role("heading", name="minji")).to_be_visible()
        assert not page.locator(".queue-list").is_visible()
        page.get_by_role("link", name="목록으로").click()

        expect(page.locator(".queue-list")).to_be_visible()
        assert visit.complaints == []
