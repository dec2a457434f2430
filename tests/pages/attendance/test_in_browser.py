"""The attendance page in a real browser."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessible import faults_of
from tests.support.browser import StandingVillage, visiting
from tests.support.http import Forum
from tests.support.village import NOW, READER, TODAY
from tests.support.world import World

pytestmark = pytest.mark.browser

NOW_IN_SEOUL = "2026-11-24T13:18"


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def come_in(page: Page, forum: Forum, address: str, member_id: str = READER) -> None:
    page.goto(f"{address}/sso?next=/attendance&token={forum.token(member_id)}")


def test_checking_in_changes_the_page_in_place_and_the_purse_with_it(
    chromium: Browser, address: str, lively: World, forum: Forum
) -> None:
    with visiting(chromium, address) as visit:
        come_in(visit.page, forum, address)
        page = visit.page
        page.evaluate("window.unreloaded = true")
        purse = page.locator("#purse").inner_text()

        page.get_by_label("오늘 한마디").fill("눈이 와요 ☃️")
        page.locator(".press").dblclick()
        page.get_by_text("출석했어요. 20P를 받았어요.").wait_for()

        assert page.evaluate("window.unreloaded === true"), "the page was not loaded anew"
        assert page.locator(".press").count() == 0
        expect(page.locator("#purse")).not_to_have_text(purse)
        assert page.locator(".said").inner_text() == "눈이 와요 ☃️"
        assert page.locator("li.mine .greeting").inner_text() == "눈이 와요 ☃️"
        assert faults_of(page) == []
        assert visit.complaints == []
    assert (
        lively.rows(
            "select count(*) as n from attendance a join member m using (account_id)"
            " where m.member_id = :id and a.day = :day",
            id=READER,
            day=TODAY,
        )[0].n
        == 1
    )


def test_it_all_works_without_scripts(chromium: Browser, address: str, lively: World, forum: Forum) -> None:
    with visiting(chromium, address, scripts=False) as visit:
        come_in(visit.page, forum, address)
        page = visit.page

        page.get_by_role("link", name="2026년 10월").click()
        assert page.get_by_role("heading", name="2026년 10월").is_visible()
        page.get_by_role("link", name="2026년 11월").click()
        page.get_by_role("link", name="11월 23일").click()
        assert page.get_by_role("heading", name="11월 23일의 출석").is_visible()
        page.get_by_role("link", name="11월 24일").click()
        page.get_by_label("오늘 한마디").fill("스크립트 없이")
        page.get_by_role("button", name="출석하기").click()

        assert page.get_by_text("출석했어요. 20P를 받았어요.").is_visible()
        assert page.locator(".said").inner_text() == "스크립트 없이"
        assert page.url == f"{address}/attendance"


def test_months_and_days_change_in_place_and_going_back_works(
    chromium: Browser, living_village: StandingVillage
) -> None:
    with visiting(chromium, living_village.address) as visit:
        come_in(visit.page, living_village.forum, living_village.address)
        page = visit.page
        page.evaluate("window.unreloaded = true")

        page.get_by_role("link", name="2026년 10월").click()
        page.get_by_role("heading", name="2026년 10월").wait_for()
        page.get_by_role("link", name="11월 23일").click()
        page.get_by_role("heading", name="11월 23일의 출석").wait_for()

        assert page.evaluate("window.unreloaded === true")
        assert page.get_by_role("heading", name="2026년 10월").is_visible(), "the month stays where it was"
        page.go_back()
        page.get_by_role("heading", name="오늘의 출석").wait_for()
        page.go_back()
        page.get_by_role("heading", name="2026년 11월").wait_for()
        assert visit.complaints == []


def test_a_greeting_of_two_lines_is_said_to_be_wrong_where_it_is_written(
    chromium: Browser, address: str, lively: World, forum: Forum
) -> None:
    with visiting(chromium, address) as visit:
        come_in(visit.page, forum, address)
        page = visit.page
        page.evaluate("document.getElementById('greeting').removeAttribute('maxlength')")

        page.get_by_label("오늘 한마디").fill("가" * 101)
        page.locator(".press").click()
        page.get_by_text("한 줄로 100자까지 쓸 수 있어요.").wait_for()

        assert page.get_by_label("오늘 한마디").input_value() == "가" * 101
        assert faults_of(page) == []


def test_the_keyboard_alone_suffices(chromium: Browser, address: str, lively: World, forum: Forum) -> None:
    with visiting(chromium, address) as visit:
        come_in(visit.page, forum, address)
        page = visit.page

        page.get_by_label("오늘 한마디").focus()
        page.keyboard.type("keys")
        page.keyboard.press("Enter")
        page.get_by_text("출석했어요. 20P를 받았어요.").wait_for()

    assert lively.rows("select greeting from greeting where day = :day and greeting = 'keys'", day=TODAY)
    assert NOW.date() == TODAY
