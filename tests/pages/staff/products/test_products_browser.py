"""The catalogue in a real browser: a manager's way from nothing to a card on sale, and two at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from rewards.access.scopes import Role
from rewards.http.auth import STAFF_COOKIE
from tests.pages.staff.products.shelf import FILLED_IN, keeper, made, png, upload
from tests.support.accessible import faults_of
from tests.support.browser import Scheme, Visit, visiting
from tests.support.http import Forum

pytestmark = pytest.mark.browser

CODES = "code,expires_on\nGIFT-1,2027-01-31\nGIFT-2,2027-01-31\nGIFT-2\nGIFT-3,someday\n"


@contextmanager
def at_the_desk(
    chromium: Browser, forum: Forum, address: str, role: Role = "manager", **window: Any
) -> Iterator[Visit]:
    """A window in which somebody of that role is signed in."""
    with visiting(chromium, address, **{"width": 1280, "language": "en", **window}) as visit:
        token = forum.staff(role).headers["Authorization"].removeprefix("Bearer ")
        visit.page.context.add_cookies([{"name": STAFF_COOKIE, "value": token, "url": address}])
        yield visit


def is_right(page: Page) -> bool:
    """Nothing scrolls sideways, axe finds nothing, and the page is short."""
    assert faults_of(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return len(page.content()) < 60_000


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_manager_brings_a_card_from_nothing_to_members_market(
    chromium: Browser, forum: Forum, address: str, *, scripts: bool
) -> None:
    with at_the_desk(chromium, forum, address, scripts=scripts) as visit:
        page = visit.open("/staff/products")
        page.get_by_role("link", name="New product").click()
        for label, said in (
            ("Key", "coffee-5000"),
            ("Name in Korean", "커피 5,000원권"),
            ("Name in English", "5,000 won coffee card"),
            ("Price in points", "500"),
            ("Face value", "5,000"),
        ):
            page.get_by_label(label, exact=True).fill(said)
        page.get_by_label("Picture").set_input_files({"name": "card.png", "mimeType": "image/png", "buffer": png()})
        page.get_by_role("button", name="Put on the list").click()
        expect(page.get_by_role("status")).to_have_text("The product is on the list.")

        page.get_by_role("link", name="Codes").click()
        page.get_by_label("Lines to import").fill(CODES)
        page.get_by_role("button", name="Try", exact=True).click()
        expect(page.get_by_text("2 codes can be taken in")).to_be_visible()
        expect(page.get_by_text("line 4")).to_be_visible()
        expect(page.get_by_text("line 5")).to_be_visible()
        page.get_by_role("button", name="Take in 2 codes").click()
        expect(page.get_by_text("2 codes are in the stock now")).to_be_visible()

        page.goto(f"{address}/market")
        expect(page.get_by_role("heading", name="5,000 won coffee card")).to_be_visible()
        picture = page.locator("img[src^='/pictures/']").first
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.complete && image.naturalWidth") == 160
        assert visit.complaints == []


def test_of_two_browsers_the_second_keeps_what_was_typed_and_sees_what_differs(
    chromium: Browser, forum: Forum, address: str
) -> None:
    one = made(keeper(forum))
    with at_the_desk(chromium, forum, address) as first, at_the_desk(chromium, forum, address) as second:
        for visit in (first, second):
            visit.open(one)
        first.page.get_by_label("Price in points").fill("600")
        second.page.get_by_label("Price in points").fill("700")

        first.page.get_by_role("button", name="Save").click()
        expect(first.page.get_by_role("status")).to_contain_text("Saved.")
        second.page.get_by_role("button", name="Save").click()

        expect(second.page.get_by_role("alert")).to_contain_text("Somebody else has changed this product meanwhile")
        expect(second.page.get_by_role("row", name="Price in points 600P 700P")).to_be_visible()
        expect(second.page.get_by_label("Price in points")).to_have_value("700")
        assert is_right(second.page)
        second.page.get_by_role("button", name="Save").click()
        expect(second.page.get_by_role("status")).to_contain_text("Saved.")


@pytest.mark.parametrize("scripts", [True, False], ids=["while typing", "by its button"])
def test_the_card_is_seen_as_members_would_see_it_before_it_is_saved(
    chromium: Browser, forum: Forum, address: str, *, scripts: bool
) -> None:
    one = made(keeper(forum), stock="unlimited")
    with at_the_desk(chromium, forum, address, scripts=scripts) as visit:
        page = visit.open(one)
        page.get_by_label("Brand").fill("Moonlight")
        page.get_by_label("Price in points").fill("1,234")
        if not scripts:
            page.get_by_role("button", name="Preview").click()

        expect(page.locator("#preview")).to_contain_text("Moonlight")
        expect(page.locator("#preview")).to_contain_text("1,234P")

        expect(page.get_by_label("Brand")).to_have_value("Moonlight")
        page.get_by_label("Price in points").fill("12345678901234567")
        page.get_by_label("Price in points").fill("4321")
        if scripts:
            expect(page.locator("#preview")).to_contain_text("4,321P")
        assert visit.complaints == []
        page.goto(address + one)
        expect(page.locator("#preview")).not_to_contain_text("Moonlight")


def test_the_stock_is_counted_in_place_and_by_two_clicks_once(chromium: Browser, forum: Forum, address: str) -> None:
    one = made(keeper(forum), stock="number", quantity="2")
    with at_the_desk(chromium, forum, address) as visit:
        page = visit.open(one)
        page.get_by_label("How many more").fill("10")

        page.get_by_role("button", name="Count").dblclick()

        expect(page.get_by_role("status").first).to_contain_text("counted")
        expect(page.locator(".numbers dd").first).to_have_text("12")
        assert visit.complaints == []


def test_the_keyboard_alone_finds_a_product_and_opens_a_new_one(chromium: Browser, forum: Forum, address: str) -> None:
    made(keeper(forum))
    with at_the_desk(chromium, forum, address) as visit:
        page = visit.open("/staff/products")
        page.keyboard.press("/")
        page.keyboard.type("coffee")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="5,000 won coffee card")).to_be_visible()
        expect(page.get_by_role("row")).to_have_count(2)

        page.keyboard.press("n")

        expect(page.get_by_role("heading", name="New product")).to_be_visible()


@pytest.mark.parametrize("width,scheme,language", [(320, "light", "en"), (1280, "dark", "ko")])
def test_every_page_of_the_catalogue_is_right_for_everybody(
    chromium: Browser, forum: Forum, address: str, width: int, scheme: Scheme, language: str
) -> None:
    mina = keeper(forum)
    one = made(mina, name_ko="가나다라마바사아자차" * 4, name_en="W" * 40, limit_period="week", limit_times="1")
    made(mina, key="counted", stock="number", quantity="0", upload=upload(png()))
    made(mina, key="arabic", name_ko="مرحبا بالعالم", stock="unlimited", on_sale_from="2027-01-01T00:00")
    window = {"width": width, "scheme": scheme, "language": language}
    with at_the_desk(chromium, forum, address, **window) as visit:
        for path in ("/staff/products", "/staff/products/new", one, f"{one}/codes"):
            page = visit.open(path)
            assert is_right(page), path

        page.locator("#lines").fill(CODES)
        page.locator("button[value=try]").click()
        expect(page.locator("#result")).to_be_visible()
        assert is_right(page)
        assert visit.complaints == []
        mina.send("/staff/products/new", FILLED_IN | {"key": "wrong key"})
    with at_the_desk(chromium, forum, address, "viewer", **window) as visit:
        assert is_right(visit.open(one))
        assert is_right(visit.open(f"{one}/codes"))
