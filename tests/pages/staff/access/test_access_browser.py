"""The desk's front door, overview, sign-ins and audit in a real browser."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessible import faults_of
from tests.support.browser import Visit, visiting
from tests.support.clock import SettableClock
from tests.support.http import PASSWORD, Forum
from tests.support.world import World

pytestmark = pytest.mark.browser

PATHS = ("/staff/", "/staff/sessions", "/staff/audit")


def come_in(visit: Visit, name: str = "mina", *, password: str = PASSWORD, wanted: str = "") -> Page:
    """Sign in by the form."""
    page = visit.open(f"/staff/sign-in{wanted}")
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    page.locator("form .button").click()
    return page


def test_the_keyboard_alone_signs_in_and_out(chromium: Browser, address: str, lively: World) -> None:
    with visiting(chromium, address, width=1280) as visit:
        page = visit.open("/staff/")
        page.keyboard.type("mina")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{address}/staff/")
        sign_out = page.get_by_role("button", name="로그아웃")
        for _ in range(80):
            page.keyboard.press("Tab")
            if sign_out.evaluate("one => one === document.activeElement"):
                break
        page.keyboard.press("Enter")

        expect(page.get_by_text("로그아웃했어요.")).to_be_visible()
        assert page.url == f"{address}/staff/sign-in"


def test_a_wrong_password_is_told_and_the_name_kept(chromium: Browser, address: str, lively: World) -> None:
    with visiting(chromium, address, scripts=False) as visit:
        page = come_in(visit, password="not the password")

        assert page.get_by_role("alert").inner_text().strip().endswith("이름이나 비밀번호가 맞지 않아요.")
        assert page.locator("#name").input_value() == "mina"
        assert page.locator("#password").input_value() == ""
        assert faults_of_password_focus(page)


def faults_of_password_focus(page: Page) -> bool:
    """Whether typing may go on at once where it has to."""
    return page.locator("#password").evaluate("one => one.hasAttribute('autofocus')")


def test_too_many_failures_wait_and_then_come_in(
    chromium: Browser, address: str, lively: World, clock: SettableClock
) -> None:
    with visiting(chromium, address, language="en") as visit:
        for _ in range(5):
            come_in(visit, password="a guess")
        page = come_in(visit)
        expect(page.get_by_text("Try again in 2 seconds; nothing is locked.")).to_be_visible()
        assert faults_of(page) == []
        clock.advance(seconds=2)

        come_in(visit, wanted="?next=/staff/sessions")

        assert page.url == f"{address}/staff/sessions"


@pytest.mark.parametrize("scripts", [True, False])
def test_ending_a_sign_in_ends_the_other_browser_at_its_next_click(
    chromium: Browser, address: str, lively: World, *, scripts: bool
) -> None:
    with (
        visiting(chromium, address, scripts=scripts) as own,
        visiting(chromium, address, width=1280, scripts=scripts) as other,
    ):
        come_in(other, "jun")
        come_in(own, "jun")
        page = own.open("/staff/sessions")
        page.get_by_role("button", name="다른 로그인 모두 끝내기").click()
        expect(page.get_by_role("status")).to_contain_text("끝냈어요")

        other.page.get_by_role("navigation").get_by_role("link", name="현황").click()

        expect(other.page).to_have_url(f"{address}/staff/sign-in?next=/staff/")
        assert own.open("/staff/").url == f"{address}/staff/"
        assert own.complaints == []


def test_each_role_sees_only_what_it_may_open(chromium: Browser, address: str, lively: World, forum: Forum) -> None:
    for name, sees_audit in (("sora", False), ("jun", False), ("mina", True)):
        with visiting(chromium, address, width=1280) as visit:
            page = come_in(visit, name)
            links = page.locator("main a, header a").evaluate_all("all => all.map(one => one.getAttribute('href'))")

            assert ("/staff/audit" in links) is sees_audit
            statuses = {link: page.request.get(address + link).status for link in set(links) if link.startswith("/")}
            assert {link for link, status in statuses.items() if status != 200} == set()


def test_the_audit_is_narrowed_in_place(chromium: Browser, address: str, lively: World) -> None:
    with visiting(chromium, address, width=1280, language="en") as visit:
        come_in(visit)
        page = visit.open("/staff/audit")
        page.locator("#what").select_option("product.create")
        page.get_by_role("button", name="Show", exact=True).click()

        expect(page.locator(".deeds li").first).to_contain_text("Product made")
        assert "what=product.create" in page.url
        page.locator(".deeds summary").first.click()
        expect(page.locator(".deeds dl").first).to_be_visible()
        assert faults_of(page) == []
        assert visit.complaints == []
