"""A manager's day in a real browser: search, read, correct, suspend, review a week."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from market.products import ensure_prize_products
from rewards.settlement import settle
from tests.pages.staff.members.desk import sit_down
from tests.support.browser import visiting
from tests.support.checker import assert_whole
from tests.support.clock import SettableClock
from tests.support.factories import make_event
from tests.support.http import Forum, problem_of
from tests.support.village import NOW, TODAY
from tests.support.world import World

pytestmark = pytest.mark.browser

WITH_AND_WITHOUT = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture
def week(world: World, clock: SettableClock) -> str:
    """A provisional week of four; ara leads, and the next week is an hour old."""
    world.run(lambda session: ensure_prize_products(session, now=NOW))
    for number, name in enumerate(("ara", "bom", "chan", "dal/el")):
        likes = [make_event("like.received", name, at=NOW, subject=f"{name}:{like}") for like in range(4 - number)]
        world.record(make_event("member.joined", name, at=NOW), *likes, now=NOW)
    world.record(make_event("poll.closed", "ara", at=NOW), now=NOW)
    row = world.rows("select season_id, ends_at from season")[0]
    clock.set(row.ends_at + timedelta(hours=1))
    world.run(lambda session: settle(session, row.season_id, review=True, today=TODAY, now=clock.now))
    return row.season_id.isoformat()


def notice(page: Page) -> str:
    return page.locator(".notice.done, .notice.refused").first.inner_text()


@WITH_AND_WITHOUT
@pytest.mark.usefixtures("week")
def test_the_day_with_members(
    chromium: Browser, address: str, forum: Forum, world: World, clock: SettableClock, *, scripts: bool
) -> None:
    with visiting(chromium, address, width=1280, language="en", scripts=scripts) as visit:
        page = visit.page
        sit_down(page, forum, address, name="sora")

        # Search, and read why something gave nothing.
        visit.open("/staff/members")
        page.get_by_label("Part of an id or a nickname").fill("AR")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="ara").click()
        expect(page.get_by_text("poll.closed: no rule for it")).to_be_visible()
        page.get_by_label("What to show").select_option("Whatever gave nothing")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.locator(".ledger > li")).to_have_count(1)
        page.locator("summary").click()
        expect(page.get_by_text("ignored, no_rule")).to_be_visible()

        # Correct points: looked at, then made.
        page.get_by_role("link", name="Correct points").click()
        page.get_by_label("Points", exact=True).fill("-20")
        page.get_by_label("Why").fill("counted twice")
        page.get_by_role("button", name="Look at it first").click()
        expect(page.locator(".result")).to_contain_text("100")
        page.get_by_role("button", name="Take 20P").click()
        assert notice(page) == "Done: −20P. The balance is 100P now."

        # Take an award back from its line.
        line = page.locator(".ledger > li", has_text="+100").first
        line.locator("summary").click()
        line.get_by_role("link", name="Take back").click()
        page.get_by_label("Why").fill("not a member")
        page.get_by_role("button", name="Take 100P back").click()
        expect(page.get_by_text("taken back by entry").first).to_be_attached()
        assert notice(page) == "Done: −100P. The balance is 0P now."

        # Suspend: the market refuses; readmit: it would sell again.
        page.get_by_role("link", name="Suspend").click()
        page.get_by_label("Why").select_option("Several accounts")
        page.get_by_role("button", name="Suspend").click()
        expect(page.get_by_text("Suspended since")).to_be_visible()
        wanted = {"product": "coffee"}
        refused = forum.member("ara").post("/v1/market/redemptions", json=wanted)
        problem_of(refused, 403, "member-suspended")
        page.get_by_role("button", name="Readmit").click()
        expect(page.get_by_text("Readmitted:")).to_be_visible()
        problem_of(forum.member("ara").post("/v1/market/redemptions", json=wanted), 404, "not-found")
        assert visit.complaints == []
    assert world.account("ara").balance == 0
    assert_whole(world.engine, now=clock.now)


@WITH_AND_WITHOUT
def test_the_day_with_a_week(
    chromium: Browser,
    address: str,
    forum: Forum,
    world: World,
    clock: SettableClock,
    week: str,
    *,
    scripts: bool,
) -> None:
    with visiting(chromium, address, width=1280, language="en", scripts=scripts) as visit:
        page = visit.page
        sit_down(page, forum, address, name="sora")

        visit.open("/staff/seasons")
        page.get_by_role("link", name="23 – 29 November").click()
        page.get_by_role("row", name=re.compile("ara")).get_by_role("link", name="Disqualify").click()
        expect(page.locator("tbody tr").first).to_contain_text("bom")
        page.get_by_label("Why").fill("two accounts")
        page.get_by_role("button", name="Disqualify").click()
        assert notice(page) == "Disqualified. Everybody below has moved up by one."
        page.get_by_role("link", name="Accept the standing").click()
        expect(page.locator(".prizes li")).to_have_count(3)
        expect(page.locator(".prizes li").last).to_contain_text("dal/el")
        page.get_by_role("button", name="Make it final").click()
        assert notice(page) == "The week is final. Its prizes are in the queue: 3."
        expect(page.locator(".given .badge")).to_have_count(3)
        page.locator(".given .badge").first.click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert "/staff/queue" in page.url
        assert visit.complaints == []
    waiting = forum.staff("viewer").get("/v1/staff/redemptions?origin=prize").get_json()["items"]
    assert [item["member_id"] for item in waiting] == ["bom", "chan", "dal/el"]
    assert world.rows("select state from season where season_id = :week", week=week)[0].state == "final"
    assert_whole(world.engine, now=clock.now)


@pytest.mark.usefixtures("week")
def test_a_double_click_corrects_once(chromium: Browser, address: str, forum: Forum, world: World) -> None:
    with visiting(chromium, address, width=1280, language="en") as visit:
        page = visit.page
        sit_down(page, forum, address)
        visit.open("/staff/members/adjust?id=ara")
        page.get_by_label("Points", exact=True).fill("+500")
        page.get_by_label("Why").fill("a contest")
        page.get_by_role("button", name="Look at it first").click()

        page.get_by_role("button", name="Give 500P").dblclick()

        expect(page.locator(".notice.done")).to_be_visible()
    assert world.account("ara").balance == 620


@pytest.mark.usefixtures("week")
def test_the_keyboard_alone_suffices(chromium: Browser, address: str, forum: Forum, world: World) -> None:
    with visiting(chromium, address, width=1280, language="en") as visit:
        page = visit.page
        sit_down(page, forum, address)
        visit.open("/staff/members")
        page.keyboard.press("/")
        page.keyboard.type("dal/")
        page.keyboard.press("Enter")
        expect(page.locator(".people tbody tr")).to_have_count(1)
        page.get_by_role("link", name="dal/el").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("dal/el")
        page.keyboard.press("a")
        page.get_by_label("Points", exact=True).press("5")
        page.keyboard.press("Tab")
        page.keyboard.type("thanks")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Give 5P").press("Enter")

        expect(page.get_by_text("Done: +5P. The balance is 110P now.")).to_be_visible()
        assert visit.complaints == []
    assert world.account("dal/el").balance == 110
