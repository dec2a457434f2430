"""Corrections on the pages: looked at before they are made, made once, and refused in words."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask

from market.products import ensure_prize_products
from rewards.settlement import settle
from tests.pages.staff.members.desk import AtTheDesk, at_the_desk, hidden_of, view_of
from tests.support.checker import assert_whole
from tests.support.factories import make_event
from tests.support.http import Forum
from tests.support.village import NOW, TODAY
from tests.support.world import World

ADJUST = "/staff/members/adjust?id=mina"
DO = "/staff/members/adjust/do?id=mina"


@pytest.fixture
def manager(forum: Forum, world: World) -> AtTheDesk:
    """A manager; mina has 100 points, her only entry."""
    world.record(make_event("member.joined", "mina", at=NOW - timedelta(minutes=5)), now=NOW)
    return at_the_desk(forum, name="sora")


def checked(manager: AtTheDesk, **fields: str) -> dict[str, str]:
    """What the page that asks whether it is right would send."""
    page = manager.send(ADJUST, **fields)
    assert page.status_code == 200, page.get_data(as_text=True)
    return hidden_of(page.get_data(as_text=True))


def balance(world: World) -> int:
    return world.account("mina").balance


def said(html: str) -> str:
    """The text of the page's notices."""
    return " ".join(re.findall(r'<p class="notice[^"]*" role="\w+"><span>(.*?)</span>', html))


def test_an_adjustment_is_shown_before_it_is_made(manager: AtTheDesk, world: World) -> None:
    page = manager.send(ADJUST, points="+1,500", reason="a contest").get_data(as_text=True)

    assert "1,600" in page
    assert "a contest" in page
    assert "Give 1,500P" in page
    assert balance(world) == 100


def test_an_adjustment_is_made_and_told(manager: AtTheDesk, world: World) -> None:
    page = manager.do(DO, **checked(manager, points="-20", reason="counted twice"))

    assert "Done: −20P. The balance is 80P now." in page
    assert "“<bdi>counted twice</bdi>”" in page
    assert "corrected by −20P" in page
    audit = world.rows("select actor, action, detail from audit")
    assert [(line.actor, line.action, line.detail) for line in audit] == [
        ("staff:sora", "points.adjust", {"seq": 2, "points": -20})
    ]
    assert_whole(world.engine, now=NOW)


@pytest.mark.parametrize(
    "points,wrong",
    [
        ("", "How many points?"),
        ("0", "Not 0"),
        ("many", "A whole number of points"),
        ("1.5", "A whole number of points"),
        ("9999999999999", "A whole number of points"),
        ("٣", "A whole number of points"),
    ],
)
def test_points_that_are_none_are_said_to_be(manager: AtTheDesk, points: str, wrong: str) -> None:
    answer = manager.send(ADJUST, points=points, reason="why")

    assert answer.status_code == 422
    assert wrong in answer.get_data(as_text=True)
    assert 'value="why"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\x00b"])
def test_a_reason_is_needed_and_is_one_line(manager: AtTheDesk, reason: str) -> None:
    assert manager.send(ADJUST, points="5", reason=reason).status_code == 422


def test_more_than_there_is_needs_the_tick(manager: AtTheDesk, world: World) -> None:
    refused = manager.send(ADJUST, points="-150", reason="fraud")
    manager.do(DO, **checked(manager, points="-150", reason="fraud", overdraft="true"))

    assert refused.status_code == 409
    assert "Only 100P are available, and nothing was changed" in refused.get_data(as_text=True)
    assert balance(world) == -50
    assert "owes points" in manager.read(view_of("mina"))


def test_points_that_went_meanwhile_are_not_taken(manager: AtTheDesk, world: World) -> None:
    form = checked(manager, points="-80", reason="fraud")
    manager.do(DO, **checked(manager, points="-50", reason="another"))

    refused = manager.send(DO, **form)

    assert refused.status_code == 409
    assert "Only 50P are available" in refused.get_data(as_text=True)
    assert balance(world) == 50


def test_a_form_that_is_sent_twice_moves_points_once(manager: AtTheDesk, world: World) -> None:
    form = checked(manager, points="40", reason="a contest")

    manager.do(DO, **form)
    again = manager.do(DO, **form)

    assert "once: the form had been sent twice" in said(again)
    assert balance(world) == 140


def test_a_double_click_moves_points_once(manager: AtTheDesk, world: World, app: Flask) -> None:
    form = checked(manager, points="40", reason="a contest")
    together = Barrier(6)

    def click(_: int) -> int:
        browser = AtTheDesk(app.test_client(), manager.secret, manager.proof)
        browser.client.set_cookie("rewards_staff", manager.secret)
        together.wait()
        return browser.send(DO, **form).status_code

    with ThreadPoolExecutor(6) as clicks:
        answers = list(clicks.map(click, range(6)))

    assert answers == [303] * 6
    assert balance(world) == 140
    assert len(world.rows("select 1 from audit")) == 1


def test_a_form_that_says_something_else_the_second_time_is_refused(manager: AtTheDesk, world: World) -> None:
    form = checked(manager, points="40", reason="a contest")
    manager.do(DO, **form)

    page = manager.do(DO, **{**form, "points": "4000"})

    assert "sent before, saying something else" in said(page)
    assert balance(world) == 140


@pytest.mark.parametrize("once", ["", "made up", "1"])
def test_a_form_that_is_not_one_of_a_kind_moves_nothing(manager: AtTheDesk, world: World, once: str) -> None:
    answer = manager.send(DO, points="40", reason="a contest", once=once)

    assert answer.status_code == 422
    assert balance(world) == 100


def test_an_award_is_taken_back_from_its_line(manager: AtTheDesk, world: World) -> None:
    address = "/staff/members/reverse?id=mina&seq=1"
    page = manager.read(address)
    form = hidden_of(page)

    done = manager.do(address, reason="not a member", once=form["once"])
    again = manager.do(address, reason="not a member", once=form["once"])
    later = manager.read(address)

    assert "Take 100P back" in page
    assert "Done: −100P. The balance is 0P now." in said(done)
    assert "taken back by entry 2" in done
    assert "took entry 1 back" in done
    assert "once: the form had been sent twice" in said(again)
    assert "It was taken back before, by entry 2." in later
    assert balance(world) == 0
    assert_whole(world.engine, now=NOW)


def test_an_award_that_went_meanwhile_is_not_taken_twice(manager: AtTheDesk, world: World) -> None:
    address = "/staff/members/reverse?id=mina&seq=1"
    first, second = (hidden_of(manager.read(address))["once"] for _ in range(2))

    manager.do(address, reason="one", once=first)
    page = manager.do(address, reason="other", once=second)

    assert "taken back meanwhile" in said(page)
    assert balance(world) == 0


def test_a_reversal_is_taken_back_from_its_line(manager: AtTheDesk, world: World) -> None:
    take, give = "/staff/members/reverse?id=mina&seq=1", "/staff/members/restore?id=mina&seq=2"
    taken = manager.do(take, reason="not a member", once=hidden_of(manager.read(take))["once"])
    page = manager.read(give)
    form = hidden_of(page)
    second = hidden_of(manager.read(give))

    done = manager.do(give, reason="a member after all", once=form["once"])
    again = manager.do(give, reason="a member after all", once=form["once"])
    other = manager.do(give, reason="a member after all", once=second["once"])

    assert "Give again" in taken
    assert "Give 100P again" in page
    assert "Done: +100P. The balance is 100P now." in said(done)
    assert "took entry 2 back" in done
    assert "Give again" not in done
    assert "once: the form had been sent twice" in said(again)
    assert "given again meanwhile" in said(other)
    assert "It was given again before, by entry 3." in manager.read(give)
    assert balance(world) == 100
    assert_whole(world.engine, now=NOW)


def test_what_belongs_to_a_final_week_leaves_its_ranking(manager: AtTheDesk, world: World) -> None:
    week = world.rows("select season_id, ends_at from season")[0]
    after = week.ends_at + timedelta(hours=1)
    world.run(lambda session: ensure_prize_products(session, now=NOW))
    world.run(lambda session: settle(session, week.season_id, review=False, today=TODAY, now=after))
    address = "/staff/members/reverse?id=mina&seq=1"

    page = manager.read(address)
    done = manager.do(address, reason="too late", once=hidden_of(page)["once"])

    assert "Its season is final" in page
    assert "The season is final, so its ranking stays as it is." in said(done)


def test_only_awards_can_be_taken_back(manager: AtTheDesk) -> None:
    manager.do(DO, **checked(manager, points="40", reason="a contest"))

    assert "Only an award can be taken back" in manager.read("/staff/members/reverse?id=mina&seq=2")
    assert "Only an award that was taken back" in manager.read("/staff/members/restore?id=mina&seq=1")
    assert manager.get("/staff/members/reverse?id=mina&seq=3").status_code == 404
    assert manager.get("/staff/members/reverse?id=mina&seq=0").status_code == 404
    assert manager.get("/staff/members/reverse?id=mina").status_code == 404


@pytest.mark.parametrize("path", [ADJUST, DO, "/staff/members/reverse?id=mina&seq=1", "/staff/members/suspend?id=mina"])
def test_a_form_of_another_site_does_nothing(manager: AtTheDesk, world: World, path: str) -> None:
    manager.proof = "0" * 64

    answer = manager.send(path, points="40", reason="x", ground="spam", once="019bc9a4-1f6a-7000-8000-000000000001")

    assert answer.status_code == 403
    assert balance(world) == 100
    assert world.rows("select 1 from audit") == []
