"""Every page there is, once: what the pictures show, and what the tests of all pages open. The one list of both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from playwright.sync_api import Page

from tests.support.village import READER, WEEK
from tests.support.village_life import EARLY_WEEK, NEWCOMER, SUSPENDED

Scene = Literal["village", "empty", "first-minute", "review"]
VISITOR = None
LAST_WEEK = WEEK - timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Member:
    """A member who is signed in."""

    member_id: str = READER


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of the staff who is signed in."""

    name: str = "mina"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One page, in one state.

    `path` names what is only known once the scene stands in braces: see tests.support.tour_scenes. `act` is done on
    the page before it is looked at, `says` is a selector of what must be there, and `endpoint` is empty for no page.
    """

    name: str
    path: str
    endpoint: str
    who: Member | Staff | None = VISITOR
    scene: Scene = "village"
    status: int = 200
    says: str = "main h1"
    act: Callable[[Page], None] | None = None
    inside_forum: bool = False


def _mistype(page: Page) -> None:
    page.locator("input[name=name]").fill("mina")
    page.locator("input[name=password]").fill("not the password")
    page.locator("main form button").first.click()
    page.locator("main [role=alert], main .refused, main .wrong-says").first.wait_for()


def _show_code(page: Page) -> None:
    page.locator("main form:not([action*=cancel]) button").first.click()
    page.locator("main .code, main code").first.wait_for()


def _try_codes(page: Page) -> None:
    page.locator("main textarea").first.fill("code,expires_on\nNEW-0001,2027-05-01\nNEW-0002,2027-13-01\nNEW-0001\n")
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def _ask_too_much(page: Page) -> None:
    page.locator("input[name=points]").fill("-90000")
    page.locator("[name=reason]").fill("두 번 계산됐어요.")
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def _merge(page: Page) -> None:
    page.locator("input[name=into]").fill(READER)
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def _add_none(page: Page) -> None:
    page.locator("input[name=url]").fill("ftp://forum.example")
    page.locator("main form button").last.click()
    page.locator("main .wrong-says").first.wait_for()


def _add_one(page: Page) -> None:
    page.locator("input[name=url]").fill("https://forum.example/another")
    page.locator("[name='type:season.settled']").check()
    page.locator("main form button").last.click()
    page.locator("main .secret code").wait_for()


def _adjust(page: Page) -> None:
    page.locator("input[name=points]").fill("120")
    page.locator("[name=reason]").fill("가을 벼룩시장을 도와줬어요.")
    page.locator("main form button").first.click()
    page.wait_for_load_state()


MEMBERS = (
    Stop(name="start", path="/", endpoint="pages.start"),
    Stop(name="ranking", path="/ranking", endpoint="pages.ranking", who=Member()),
    Stop(name="ranking-month", path="/ranking/month", endpoint="pages.ranking_of", who=Member()),
    Stop(name="ranking-all-time", path="/ranking/all-time", endpoint="pages.ranking_of"),
    Stop(name="ranking-streak", path="/ranking/streak", endpoint="pages.ranking_of", who=Member("villager-03")),
    Stop(name="ranking-nobody", path="/ranking", endpoint="pages.ranking", who=Member(), scene="first-minute"),
    Stop(name="ranking-review", path="/ranking", endpoint="pages.ranking", who=Member(), scene="review"),
    Stop(name="hall-of-fame", path="/ranking/seasons", endpoint="pages.hall_of_fame"),
    Stop(name="settled-week", path=f"/ranking/seasons/{LAST_WEEK}", endpoint="pages.settled_week", who=Member()),
    Stop(name="attendance", path="/attendance", endpoint="pages.attendance", who=Member()),
    Stop(name="attendance-here", path="/attendance", endpoint="pages.attendance", who=Member("villager-03")),
    Stop(name="attendance-visitor", path="/attendance", endpoint="pages.attendance"),
    Stop(name="attendance-nobody", path="/attendance", endpoint="pages.attendance", who=Member(), scene="empty"),
    Stop(name="attendance-suspended", path="/attendance", endpoint="pages.attendance", who=Member(SUSPENDED)),
    Stop(name="market", path="/market", endpoint="pages.market", who=Member()),
    Stop(name="market-visitor", path="/market", endpoint="pages.market"),
    Stop(name="market-empty", path="/market", endpoint="pages.market", who=Member(), scene="empty"),
    Stop(name="market-suspended", path="/market", endpoint="pages.market", who=Member(SUSPENDED)),
    Stop(name="offer", path="/market/corner-shop-1000", endpoint="pages.offer", who=Member()),
    Stop(name="offer-too-dear", path="/market/cinema-12000", endpoint="pages.offer", who=Member()),
    Stop(name="offer-sold-out", path="/market/fried-chicken-20000", endpoint="pages.offer", who=Member("villager-04")),
    Stop(name="offer-limit", path="/market/ice-cream-500", endpoint="pages.offer", who=Member()),
    Stop(name="redemptions", path="/market/redemptions", endpoint="pages.redemptions", who=Member()),
    Stop(name="redemptions-none", path="/market/redemptions", endpoint="pages.redemptions", who=Member(NEWCOMER)),
    Stop(name="redemption-waiting", path="/market/redemptions/{waiting}", endpoint="pages.redemption", who=Member()),
    Stop(
        name="redemption-rejected",
        path="/market/redemptions/{rejected}",
        endpoint="pages.redemption",
        who=Member("villager-04"),
    ),
    Stop(
        name="redemption-code",
        path="/market/redemptions/{fulfilled}",
        endpoint="pages.redemption",
        who=Member(),
        act=_show_code,
    ),
    Stop(name="me", path="/me", endpoint="pages.me", who=Member()),
    Stop(name="me-newcomer", path="/me", endpoint="pages.me", who=Member(NEWCOMER)),
    Stop(name="me-suspended", path="/me", endpoint="pages.me", who=Member(SUSPENDED)),
    Stop(name="points", path="/points", endpoint="pages.points", who=Member()),
    Stop(name="not-signed-in", path="/me", endpoint="pages.me", status=401),
    Stop(name="sign-in-failed", path="/sso?token=a.b.c", endpoint="pages.sign_in", status=401),
    Stop(name="not-found", path="/nowhere", endpoint="", status=404),
    Stop(name="problems", path="/problems/", endpoint="pages.problem_list"),
    Stop(name="problem", path="/problems/not-enough-points", endpoint="pages.problem"),
)
EMBEDS = (
    Stop(
        name="embed-ranking",
        path="/embed/ranking",
        endpoint="pages.embed_ranking",
        says="body",
        inside_forum=True,
    ),
    Stop(
        name="embed-attendance",
        path="/embed/attendance",
        endpoint="pages.embed_attendance",
        says="body",
        inside_forum=True,
    ),
)
DESK = (
    Stop(name="staff-sign-in", path="/staff/sign-in", endpoint="staff.sign_in"),
    Stop(
        name="staff-sign-in-wrong",
        path="/staff/sign-in",
        endpoint="staff.sign_in",
        act=_mistype,
    ),
    Stop(name="staff", path="/staff/", endpoint="staff.front", who=Staff()),
    Stop(name="staff-viewer", path="/staff/", endpoint="staff.front", who=Staff("sora")),
    Stop(name="staff-queue", path="/staff/queue", endpoint="staff.queue", who=Staff("jun")),
    Stop(name="staff-queue-in-hand", path="/staff/queue?open={claimed}", endpoint="staff.queue", who=Staff()),
    Stop(name="staff-queue-empty", path="/staff/queue", endpoint="staff.queue", who=Staff(), scene="empty"),
    Stop(name="staff-products", path="/staff/products", endpoint="staff.products", who=Staff()),
    Stop(name="staff-product", path="/staff/products/{coffee}", endpoint="staff.product", who=Staff()),
    Stop(name="staff-product-new", path="/staff/products/new", endpoint="staff.new_product", who=Staff()),
    Stop(name="staff-codes", path="/staff/products/{coffee}/codes", endpoint="staff.codes", who=Staff()),
    Stop(
        name="staff-codes-tried",
        path="/staff/products/{coffee}/codes",
        endpoint="staff.codes",
        who=Staff(),
        act=_try_codes,
    ),
    Stop(name="staff-members", path="/staff/members?q=villager", endpoint="staff.members", who=Staff()),
    Stop(name="staff-member", path=f"/staff/members/view?id={READER}", endpoint="staff.member", who=Staff()),
    Stop(
        name="staff-member-suspended",
        path=f"/staff/members/view?id={SUSPENDED}",
        endpoint="staff.member",
        who=Staff(),
    ),
    Stop(name="staff-adjust", path=f"/staff/members/adjust?id={READER}", endpoint="staff.adjustment", who=Staff()),
    Stop(
        name="staff-adjust-check",
        path=f"/staff/members/adjust?id={READER}",
        endpoint="staff.adjustment",
        who=Staff(),
        act=_adjust,
    ),
    Stop(
        name="staff-adjust-too-much",
        path=f"/staff/members/adjust?id={READER}",
        endpoint="staff.adjustment",
        who=Staff(),
        act=_ask_too_much,
    ),
    Stop(
        name="staff-reverse",
        path=f"/staff/members/reverse?id={READER}&seq={{seq}}",
        endpoint="staff.reversal",
        who=Staff(),
    ),
    Stop(
        name="staff-restore",
        path="/staff/members/restore?id={corrected}&seq={reversal}",
        endpoint="staff.restoration",
        who=Staff(),
    ),
    Stop(name="staff-merge", path=f"/staff/members/merge?id={SUSPENDED}", endpoint="staff.merging", who=Staff()),
    Stop(
        name="staff-merge-check",
        path=f"/staff/members/merge?id={SUSPENDED}",
        endpoint="staff.merging",
        who=Staff(),
        act=_merge,
    ),
    Stop(name="staff-suspend", path=f"/staff/members/suspend?id={READER}", endpoint="staff.suspension", who=Staff()),
    Stop(name="staff-erase", path=f"/staff/members/erase?id={READER}", endpoint="staff.erasure", who=Staff()),
    Stop(name="staff-adjustments", path="/staff/adjustments", endpoint="staff.adjustments", who=Staff()),
    Stop(
        name="staff-adjustment",
        path="/staff/adjustments/{adjustment}",
        endpoint="staff.adjustment_asked",
        who=Staff(),
    ),
    Stop(name="staff-seasons", path="/staff/seasons", endpoint="staff.seasons", who=Staff()),
    Stop(name="staff-season", path=f"/staff/seasons/{EARLY_WEEK}", endpoint="staff.season", who=Staff()),
    Stop(
        name="staff-season-review", path=f"/staff/seasons/{WEEK}", endpoint="staff.season", who=Staff(), scene="review"
    ),
    Stop(
        name="staff-disqualify",
        path=f"/staff/seasons/{WEEK}/disqualify?id=villager-02",
        endpoint="staff.disqualification",
        who=Staff(),
        scene="review",
    ),
    Stop(
        name="staff-accept",
        path=f"/staff/seasons/{WEEK}/accept",
        endpoint="staff.acceptance",
        who=Staff(),
        scene="review",
    ),
    Stop(name="staff-audit", path="/staff/audit", endpoint="staff.audit", who=Staff()),
    Stop(name="staff-webhooks", path="/staff/webhooks", endpoint="staff.webhooks", who=Staff()),
    Stop(name="staff-webhooks-refused", path="/staff/webhooks", endpoint="staff.webhooks", who=Staff(), act=_add_none),
    Stop(name="staff-webhook-secret", path="/staff/webhooks", endpoint="staff.webhooks", who=Staff(), act=_add_one),
    Stop(name="staff-webhook", path="/staff/webhooks/{webhook}", endpoint="staff.webhook", who=Staff()),
    Stop(name="staff-sessions", path="/staff/sessions", endpoint="staff.sessions", who=Staff()),
    Stop(
        name="staff-not-for-role",
        path="/staff/products/new",
        endpoint="staff.new_product",
        who=Staff("sora"),
        status=403,
    ),
)
STOPS: tuple[Stop, ...] = (*MEMBERS, *EMBEDS, *DESK)

NOT_PAGES: Mapping[str, str] = {
    "pages.asset": "a file",
    "pages.picture": "a file",
    "pages.next_points": "a 404 until a policy is announced; tests/pages/points opens it",
    "staff.queue_csv": "a file",
}
"""Addresses of the pages' blueprints that are none of the stops, and why."""
