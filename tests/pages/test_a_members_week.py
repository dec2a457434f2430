"""A member's week, from the forum's link to the gift card of the first place: in real browsers, by the real jobs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from market.products import ensure_prize_products
from rewards.commands.context import Context, calendar_of
from rewards.ranking.projection import project
from rewards.runtime.database import snapshot
from tests.support.browser import Visit, visiting
from tests.support.clock import SettableClock
from tests.support.http import PASSWORD, Forum
from tests.support.village import NOW, WEEK
from tests.support.village_life import hire
from tests.support.world import World
from workers.jobs import rank_midnight, settle_season

pytestmark = pytest.mark.browser

MEMBER, RIVAL = "haneul", "badger"
RESET = datetime(2026, 11, 29, 15, 0, tzinfo=UTC)
"""The midnight that ends Sunday in Seoul."""


@dataclass
class Forumside:
    """The forum's backend: it posts what happens on the forum, over the API."""

    forum: Forum
    clock: SettableClock
    posted: int = 0

    def post(self, member_id: str, event_type: str, *, times: int = 1, board: str = "free") -> None:
        """So many things that a member did, one a minute."""
        key = self.forum.key("events:write")
        for _ in range(times):
            self.posted += 1
            event = {
                "id": f"e{self.posted}",
                "type": event_type,
                "member_id": member_id,
                "occurred_at": self.clock().isoformat(),
                "subject": f"s{self.posted}",
                "board": board,
            }
            assert key.post("/v1/events", json=event).status_code == 201
            self.clock.advance(minutes=1)

    def name(self, member_id: str, name: str) -> None:
        """How the forum calls a member."""
        answer = self.forum.key("members:write").put(f"/v1/members/{member_id}", json={"name": name})
        assert answer.status_code in (200, 201)

    def sends(self, visit: Visit, *, to: str) -> Page:
        """The member follows the forum's link."""
        return visit.open(f"/sso?next={to}&token={self.forum.token(MEMBER)}")


@pytest.fixture
def context(forum: Forum) -> Context:
    """What the workers' jobs go by."""
    settings = forum.settings
    return Context(settings=settings, engine=forum.engine, calendar=calendar_of(settings), clock=forum.clock)


@pytest.fixture
def backend(forum: Forum, world: World, clock: SettableClock) -> Forumside:
    """A forum on a Tuesday, with a gift card on offer and staff that has been hired."""
    world.run(lambda session: ensure_prize_products(session, now=NOW))
    world.run(hire)
    clock.set(NOW)
    mina = forum.staff("manager", name="boss")
    card: dict[str, Any] = {
        "key": "tea-100",
        "name": {"ko": "따뜻한 차 한 잔", "en": "A cup of tea"},
        "face_value": 100,
        "currency": "KRW",
        "price": 100,
        "for_sale": True,
        "stock": "codes",
    }
    product = mina.post("/v1/staff/products", json=card).get_json()["id"]
    csv = {"data": b"TEA-ONE-1111\nTEA-TWO-2222\n", "headers": {"Content-Type": "text/csv"}}
    assert mina.post(f"/v1/staff/products/{product}/codes", **csv).get_json()["imported"] == 2
    return Forumside(forum, clock)


@pytest.fixture
def windows(chromium: Browser, address: str) -> Iterator[tuple[Visit, Visit]]:
    """The member's phone, and the desk of the staff."""
    with visiting(chromium, address) as phone, visiting(chromium, address, width=1280) as desk:
        yield phone, desk


def test_a_members_week(
    windows: tuple[Visit, Visit], backend: Forumside, context: Context, clock: SettableClock, redis_client: Any
) -> None:
    phone, desk = windows
    backend.name(MEMBER, "하늘")
    backend.name(RIVAL, "너구리")
    backend.post(RIVAL, "post.created", times=4)

    _checks_in(phone, backend)
    _climbs(phone, backend)
    redemption = _redeems(phone)
    _staff_fulfil_from_stock(desk)
    _sees_code(phone, redemption, code="TEA-ONE-1111")
    _week_turns(phone, backend, context=context, redis_client=redis_client)
    prize = _finds_prize_waiting(phone)
    _staff_type_code_in(desk)
    _sees_code(phone, prize, code="PRIZE-4000-WON")

    assert phone.complaints == []
    assert desk.complaints == []


def _checks_in(phone: Visit, backend: Forumside) -> None:
    page = backend.sends(phone, to="/attendance")
    page.get_by_role("textbox").fill("첫 출석이에요!")
    page.locator(".press").click()

    expect(page.get_by_text("첫 출석이에요!").first).to_be_visible()
    expect(page.locator(".purse")).to_contain_text(": 100")


def _climbs(phone: Visit, backend: Forumside) -> None:
    """Second to the rival by a lead that the page names; then what comes in over the API makes it the first."""
    backend.post(RIVAL, "post.created", times=2)
    page = phone.open("/ranking")
    expect(page.get_by_text("1위까지 21P 남았어요.")).to_be_visible()

    backend.post(MEMBER, "comment.created", times=3)

    page = phone.open("/ranking")
    expect(page.get_by_text("지금 1위예요. 2위보다 10P 앞서 있어요.")).to_be_visible()


def _redeems(phone: Visit) -> str:
    """The tea, for a hundred points; where its page is."""
    page = phone.open("/market")
    page.get_by_role("link", name="따뜻한 차 한 잔").click()
    page.get_by_role("button", name="100P로 교환하기").click()

    expect(page.get_by_text("바로 다음 차례예요")).to_be_visible()
    expect(page.locator(".purse")).to_contain_text(": 30")
    return page.url.removeprefix(phone.address)


def _staff_fulfil_from_stock(desk: Visit) -> None:
    page = _come_to_queue(desk)
    _take_next(page)
    page.get_by_role("button", name="재고에서 지급", exact=True).click()
    expect(page.get_by_text("재고에서 지급했어요: 하늘").first).to_be_visible()


def _come_to_queue(desk: Visit) -> Page:
    """Jun signs in with name and password, where he is not signed in still, and is where he wanted to go."""
    page = desk.open("/staff/queue")
    if page.get_by_label("비밀번호").count():
        page.get_by_label("이름").fill("jun")
        page.get_by_label("비밀번호").fill(PASSWORD)
        page.get_by_role("button", name="로그인").click()
    expect(page).to_have_url(f"{desk.address}/staff/queue")
    return page


def _take_next(page: Page) -> None:
    """The oldest that waits is in hand once the page says so aloud."""
    page.get_by_role("button", name="다음 것 맡기").first.click()
    expect(page.locator("body > .unseen[role=status]")).to_contain_text("맡았어요: 하늘")


def _sees_code(phone: Visit, path: str, *, code: str) -> None:
    page = phone.open(path)
    assert code not in page.content(), "only who asks is shown the code"
    page.get_by_role("button", name="코드 보기").click()
    expect(page.get_by_text(code)).to_be_visible()


def _week_turns(phone: Visit, backend: Forumside, *, context: Context, redis_client: Any) -> None:
    """Nobody is awake at the reset; ten minutes later the workers settle the week."""
    clock = backend.clock
    clock.set(RESET + timedelta(seconds=30))
    page = backend.sends(phone, to="/ranking")
    expect(page.get_by_text("새 주가 시작됐어요. 첫 번째가 되어 보세요.")).to_be_visible()
    expect(page.get_by_text("지난주 결과를 정리하고 있어요.")).to_be_visible()

    clock.set(RESET + timedelta(minutes=11))
    settle_season(WEEK.isoformat(), context=context)
    rank_midnight("2026-11-30", context=context)
    with snapshot(context.engine) as session:
        project(session, redis_client, now=clock())

    page = phone.open(f"/ranking/seasons/{WEEK}")
    expect(page.get_by_text("확정 순위")).to_be_visible()
    expect(page.locator("main").get_by_text("하늘").first).to_be_visible()


def _finds_prize_waiting(phone: Visit) -> str:
    """The gift card of the first place is in the member's list; where its page is."""
    page = phone.open("/market/redemptions")
    page.get_by_role("link", name="상품권 4,000원").first.click()
    page.wait_for_url("**/market/redemptions/*")
    expect(page.get_by_text("바로 다음 차례예요")).to_be_visible()
    return page.url.removeprefix(phone.address)


def _staff_type_code_in(desk: Visit) -> None:
    page = _come_to_queue(desk)
    _take_next(page)
    if not page.get_by_label("코드", exact=True).is_visible():
        page.get_by_text("직접 입력").click()
    page.get_by_label("코드", exact=True).fill("PRIZE-4000-WON")
    page.get_by_label("코드", exact=True).press("Enter")
    expect(page.get_by_text("입력한 코드로 지급했어요: 하늘").first).to_be_visible()
