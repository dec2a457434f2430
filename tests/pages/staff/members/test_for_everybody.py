"""The pages of members and seasons in both modes and languages, on a narrow phone and at a desk, for everybody."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from market.products import ensure_prize_products
from rewards.earning.correct import adjust
from rewards.pages.staff.blueprint import staff_blueprint
from rewards.pages.staff.desk import Desk
from rewards.settlement import settle
from rewards.staff.members import suspend_member
from rewards.staff.seasons import disqualify_member
from tests.pages.staff.members.desk import sit_down
from tests.support.accessible import faults_of
from tests.support.browser import Scheme, visiting
from tests.support.clock import SettableClock
from tests.support.factories import make_event
from tests.support.http import Forum
from tests.support.village import EMOJI, LONG, NOW, RIGHT_TO_LEFT, TODAY
from tests.support.world import World

NAMES = {"a" * 64: LONG, "b/%_": RIGHT_TO_LEFT, "c": EMOJI, "d": "밤하늘"}
BYTES_MAX = 60_000
LOOKS: tuple[tuple[int, Scheme, str], ...] = (
    (320, "light", "en"),
    (1280, "dark", "ko"),
)


@pytest.fixture
def week(world: World, clock: SettableClock) -> str:
    """A provisional week of people with names of all kinds: one suspended, one owing, one disqualified."""
    world.run(lambda session: ensure_prize_products(session, now=NOW))
    for number, (member_id, name) in enumerate(NAMES.items()):
        likes = [make_event("like.received", member_id, at=NOW, subject=f"s:{number}:{like}") for like in range(5)]
        world.record(make_event("member.joined", member_id, at=NOW), *likes, now=NOW)
        world.execute("update member set name = :name where member_id = :id", name=name, id=member_id)
    world.record(make_event("x" * 80, "c", at=NOW, subject="s" * 200, board="b" * 60, event_id="e" * 255), now=NOW)
    row = world.rows("select season_id, ends_at from season")[0]
    clock.set(row.ends_at + timedelta(hours=1))
    world.run(lambda session: settle(session, row.season_id, review=True, today=TODAY, now=clock.now))
    correct = {"reason": "w" * 500, "actor": "staff:sora", "now": clock.now, "overdraft": True}
    world.run(lambda session: adjust(session, "c", points=-2_000_000, **correct))
    world.run(
        lambda session: suspend_member(
            session, "d", suspended=True, actor="staff:sora", now=clock.now, ground="accounts"
        )
    )
    world.run(
        lambda session: disqualify_member(
            session, row.season_id, member_id="c", reason="w" * 300, actor="staff:sora", now=clock.now
        )
    )
    return row.season_id.isoformat()


def paths(week: str) -> tuple[str, ...]:
    """Every page of members and seasons."""
    one = "?id=b%2F%25_"
    return (
        "/staff/members",
        "/staff/members?q=nobody",
        f"/staff/members/view?id={'a' * 64}",
        "/staff/members/view?id=c",
        "/staff/members/view?id=d",
        "/staff/members/view?id=d&only=refund",
        *(f"/staff/members/{what}{one}" for what in ("adjust", "suspend", "erase")),
        f"/staff/members/reverse{one}&seq=1",
        "/staff/seasons",
        f"/staff/seasons/{week}",
        f"/staff/seasons/{week}/accept",
        f"/staff/seasons/{week}/disqualify{one}",
    )


def too_small(page: Page) -> list[str]:
    """What is pressed and not 24 px high, with its spacing; buttons are 44."""
    return page.evaluate(
        "[...document.querySelectorAll('main .button, main select, main input:not([type=hidden],[type=checkbox])')]"
        ".filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 43.5)"
        ".map(one => one.outerHTML.slice(0, 90))"
    )


@pytest.mark.browser
@pytest.mark.parametrize("width,scheme,language", LOOKS)
def test_every_page_is_right_for_everybody(
    chromium: Browser, address: str, forum: Forum, week: str, width: int, scheme: Scheme, language: str
) -> None:
    with visiting(chromium, address, width=width, scheme=scheme, language=language) as visit:
        sit_down(visit.page, forum, address)
        faults: dict[str, Any] = {}
        for path in paths(week):
            page = visit.open(path)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            large = max(len(page.content().encode()) - BYTES_MAX, 0)
            faults[path] = [
                *faults_of(page),
                *too_small(page),
                *([wide] if wide > 0 else []),
                *([large] if large else []),
            ]

        assert {path: found for path, found in faults.items() if found} == {}
        assert visit.complaints == []


@pytest.mark.browser
def test_what_is_wrong_in_a_form_is_tied_to_its_field(chromium: Browser, address: str, forum: Forum, week: str) -> None:
    with visiting(chromium, address, width=320, language="ko") as visit:
        sit_down(visit.page, forum, address)
        page = visit.open("/staff/members/adjust?id=c")
        page.locator("main .button").first.click()

        points = page.locator("#points")
        assert points.get_attribute("aria-invalid") == "true"
        assert points.get_attribute("aria-describedby") == "points-wrong points-hint"
        assert faults_of(page) == []


def test_only_managers_change_members_and_seasons() -> None:
    desk = staff_blueprint()
    assert isinstance(desk, Desk)
    rights = desk.rights

    changing = {name: scope for name, scope in rights.items() if name in CHANGING}

    assert changing == dict.fromkeys(CHANGING, "staff:manage")
    assert {rights[name] for name in ("members", "member", "seasons", "season")} == {"staff:view"}


CHANGING = (
    "adjustment",
    "check_adjustment",
    "do_adjustment",
    "reversal",
    "do_reversal",
    "suspension",
    "do_suspension",
    "readmit",
    "hide",
    "erasure",
    "do_erasure",
    "disqualification",
    "do_disqualify",
    "acceptance",
    "do_accept",
)
