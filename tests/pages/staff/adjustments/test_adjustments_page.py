"""Large adjustments on the pages: asked for by one of the staff, decided by another, once."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.staff.members.desk import AtTheDesk, at_the_desk, hidden_of, sit_down
from tests.support.browser import visiting
from tests.support.checker import assert_whole
from tests.support.factories import make_event
from tests.support.http import Forum
from tests.support.village import NOW
from tests.support.world import World

INBOX = "/staff/adjustments"


@pytest.fixture
def mina(forum: Forum, world: World) -> AtTheDesk:
    """A manager; sol has 100 points."""
    world.record(make_event("member.joined", "sol", at=NOW - timedelta(minutes=5)), now=NOW)
    return at_the_desk(forum, name="mina")


@pytest.fixture
def jun(forum: Forum, mina: AtTheDesk) -> AtTheDesk:
    return at_the_desk(forum, name="jun")


def ask(mina: AtTheDesk, points: str = "+8,000", **said: str) -> str:
    """The address of an adjustment that waits now."""
    checked = mina.send("/staff/members/adjust?id=sol", points=points, reason="won the contest", **said)
    answer = mina.send("/staff/members/adjust/do?id=sol", **hidden_of(checked.get_data(as_text=True)))
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{INBOX}/")
    return answer.headers["Location"]


def balance(world: World) -> int:
    return world.account("sol").balance


def said(html: str) -> str:
    """The text of the page's notices."""
    return " ".join(re.findall(r'<p class="notice[^"]*" role="\w+"><span>(.*?)</span>', html))


def test_one_asks_and_another_approves_once(mina: AtTheDesk, jun: AtTheDesk, world: World) -> None:
    checked = mina.send("/staff/members/adjust?id=sol", points="8000", reason="won").get_data(as_text=True)
    one = ask(mina)
    asked, inbox, menu = mina.read(one), jun.read(INBOX), jun.read("/staff/")
    form = hidden_of(jun.read(one))
    second = hidden_of(jun.read(one))

    done = jun.do(f"{one}/approve", once=form["once"])
    again = jun.do(f"{one}/approve", once=form["once"])
    late = jun.do(f"{one}/approve", once=second["once"])

    assert "So much needs a second" in checked
    assert "nothing has moved yet" in said(asked)
    assert "somebody else of the staff decides" in asked
    assert "Approve: give" not in asked
    assert "won the contest" in inbox
    assert "One adjustment needs approval." in menu
    assert '<span class="count">1</span>' in menu
    assert "Approved: the points have moved." in said(done)
    assert "entry 2" in done
    assert "once: the form had been sent twice" in said(again)
    assert "It was decided meanwhile: approved." in said(late)
    assert "Nothing waits." in jun.read(INBOX)
    assert "won the contest" in jun.read(f"{INBOX}?tab=decided")
    assert "approved +8,000P" in jun.read("/staff/members/view?id=sol")
    assert balance(world) == 8_100
    assert_whole(world.engine, now=NOW)


def test_it_is_refused_for_a_reason(mina: AtTheDesk, jun: AtTheDesk, world: World) -> None:
    one = ask(mina)
    form = hidden_of(jun.read(one))

    without = jun.send(f"{one}/refuse", once=form["once"])
    done = jun.do(f"{one}/refuse", once=form["once"], reason="the contest is not over")

    assert (without.status_code, "Say why, in words." in without.get_data(as_text=True)) == (422, True)
    assert "Refused: nothing moves." in said(done)
    assert "the contest is not over" in done
    assert balance(world) == 100


def test_whoever_asked_withdraws_it_and_decides_nothing(mina: AtTheDesk, jun: AtTheDesk, world: World) -> None:
    one = ask(mina)
    form = hidden_of(mina.read(one))

    own = mina.do(f"{one}/approve", once=form["once"])
    others = jun.do(f"{one}/withdraw", once=hidden_of(jun.read(one))["once"])
    done = mina.do(f"{one}/withdraw", once=hidden_of(mina.read(one))["once"])

    assert "Whoever asked for it may not decide on it" in said(own)
    assert "mina asked for it" in said(others)
    assert "Withdrawn: nothing moves." in said(done)
    assert balance(world) == 100


def test_what_is_not_available_any_more_is_not_approved(mina: AtTheDesk, jun: AtTheDesk, world: World) -> None:
    first = ask(mina)
    jun.do(f"{first}/approve", once=hidden_of(jun.read(first))["once"])
    one = ask(mina, "-6000")
    once = hidden_of(jun.read(one))["once"]
    jun.send(
        "/staff/members/adjust/do?id=sol",
        **hidden_of(jun.send("/staff/members/adjust?id=sol", points="-5000", reason="fraud").get_data(as_text=True)),
    )

    page = jun.read(one)
    refused = jun.do(f"{one}/approve", once=once)

    assert "it cannot be approved" in page
    assert "Only 3,100P are available by now" in said(refused)
    assert balance(world) == 3_100


def test_the_days_cap_is_said_before_and_when_it_is_made(mina: AtTheDesk, world: World) -> None:
    form = hidden_of(mina.send("/staff/members/adjust?id=sol", points="4000", reason="thanks").get_data(as_text=True))
    ask(mina, "17000")

    made = mina.send("/staff/members/adjust/do?id=sol", **form)
    looked = mina.send("/staff/members/adjust?id=sol", points="4000", reason="thanks")

    for answer in (made, looked):
        assert answer.status_code == 409
        assert "3,000P are left" in answer.get_data(as_text=True)
    assert balance(world) == 100


def test_a_viewer_sees_it_and_has_no_button(forum: Forum, mina: AtTheDesk) -> None:
    one = ask(mina)
    viewer = at_the_desk(forum, "viewer")

    page = viewer.read(one)

    assert "won the contest" in page
    assert "/approve" not in page
    assert viewer.get(f"{INBOX}/00000000-0000-0000-0000-000000000000").status_code == 404


@pytest.mark.browser
def test_two_of_the_staff_in_their_browsers(chromium: Browser, address: str, forum: Forum, world: World) -> None:
    world.record(make_event("member.joined", "sol", at=NOW - timedelta(minutes=5)), now=NOW)

    with visiting(chromium, address, width=1280, language="en") as visit:
        sit_down(visit.page, forum, address, name="mina")
        visit.open("/staff/members/adjust?id=sol")
        visit.page.get_by_label("Points", exact=True).fill("8000")
        visit.page.get_by_label("Why").fill("won the contest")
        visit.page.get_by_role("button", name="Look at it first").click()
        visit.page.get_by_role("button", name="Ask for it").click()
        expect(visit.page.get_by_text("You have asked for it")).to_be_visible()
        assert balance(world) == 100

    with visiting(chromium, address, width=360, language="en") as visit:
        sit_down(visit.page, forum, address, name="jun")
        visit.open("/staff")
        visit.page.get_by_role("link", name="One adjustment needs approval.").click()
        visit.page.get_by_role("link", name="sol").click()
        visit.page.get_by_role("button", name="Approve: give 8,000P").click()
        expect(visit.page.get_by_text("Approved: the points have moved.")).to_be_visible()
        assert visit.complaints == []

    assert balance(world) == 8_100
