"""What the queue's page shows: tabs, filters, pages, the one in hand, and nothing to press for who may not."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import event

from tests.pages.staff.queue.clerks import QUEUE, Clerk, step_at
from tests.support.http import Forum
from tests.support.member_pages import HTML_BYTES_MAX, words_of
from tests.support.shop import Shop
from tests.support.village import LONG, NOW, RIGHT_TO_LEFT
from tests.support.world import World

Sit = Callable[..., Clerk]


def rows_of(page: str) -> list[str]:
    """The members in the list, in its order."""
    return re.findall(r'<a class="row"[^>]*><bdi>([^<]*)</bdi>', page)


def tabs_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'id="tab-(\w+)".*?<span class="count number">([^<]*)</span>', page))


def fill_queue(shop: Shop, number: int) -> None:
    """So many that wait, written at once: a row of each kind of state comes from elsewhere."""
    shop.world.execute(
        "insert into redemption (redemption_id, account_id, product_id, origin, points, state, requested_at)"
        " select gen_random_uuid(), m.account_id, p.product_id, 'prize', 0, 'requested', cast(:now as timestamptz)"
        " - n * interval '1 minute' from generate_series(1, :number) n, member m, product p"
        " where m.member_id = 'minji' and p.key = 'card'",
        number=number,
        now=NOW,
    )
    shop.world.execute(
        "insert into redemption_history (redemption_id, action, state, actor, recorded_at)"
        " select redemption_id, 'request', 'requested', 'system', requested_at from redemption"
    )


def test_the_list_is_oldest_first_and_tabs_say_how_many(shop: Shop, clerk: Sit) -> None:
    shop.offer("dear", needs_approval=True)
    shop.redeem("haneul", "card", at=NOW - timedelta(minutes=5))
    shop.redeem("minji", "card", at=NOW - timedelta(hours=2, minutes=11))
    shop.redeem("minji", "dear")
    shop.claim(shop.redeem("minji", "card"))
    jun = clerk()

    page = jun.read()

    assert rows_of(page) == ["minji", "haneul"]
    assert tabs_of(page) == {"waiting": "2", "mine": "0", "in_hand": "1", "to_approve": "1", "closed": "0"}
    assert "가장 오래된 신청 2시간 11분 전" in words_of(page)
    assert rows_of(jun.read(tab="in_hand")) == ["minji"]
    assert "mina 님이 처리하고 있어요." in jun.words(tab="in_hand")


def test_what_is_done_is_newest_first(shop: Shop, clerk: Sit) -> None:
    for minutes, member in ((9, "minji"), (3, "haneul")):
        shop.reject(shop.redeem(member, "card", at=NOW - timedelta(minutes=minutes)), reason="no")

    assert rows_of(clerk().read(tab="closed")) == ["haneul", "minji"]


def test_what_is_in_ones_hand_is_opened_first_then_the_oldest_that_waits(shop: Shop, clerk: Sit) -> None:
    waiting = shop.redeem("minji", "card", at=NOW - timedelta(hours=3))
    mine = shop.redeem("haneul", "card")
    jun = clerk()

    before = jun.read()
    jun.does("claim", mine)
    after = jun.read()

    assert step_at(waiting, "claim") in before
    assert step_at(mine, "release") in after


@pytest.mark.parametrize(
    "query,members",
    [
        ({"member": "HANEUL"}, ["haneul"]),
        ({"member": "nobody"}, []),
        ({"kind": "prize"}, []),
        ({"kind": "market"}, ["minji", "haneul"]),
        ({"from": "2026-11-24"}, ["haneul"]),
        ({"to": "2026-11-23"}, ["minji"]),
        ({"from": "2026-11-23", "to": "2026-11-24"}, ["minji", "haneul"]),
        ({"from": "nonsense", "product": "nonsense", "kind": "nonsense", "open": "nonsense"}, ["minji", "haneul"]),
        ({"member": "min\x00ji"}, ["minji"]),
    ],
)
def test_the_list_is_narrowed(shop: Shop, clerk: Sit, query: dict[str, str], members: list[str]) -> None:
    # 2026-11-24 00:05 in Seoul, and ten minutes before it.
    shop.redeem("minji", "card", at=NOW - timedelta(hours=13, minutes=23))
    shop.redeem("haneul", "card", at=NOW - timedelta(hours=13, minutes=13))

    assert rows_of(clerk().read(**query)) == members


def test_the_list_is_narrowed_to_a_product(shop: Shop, clerk: Sit) -> None:
    other = shop.offer("other")
    shop.redeem("minji", "card")
    shop.redeem("haneul", "other")

    assert rows_of(clerk().read(product=str(other.product_id))) == ["haneul"]


def test_a_thousand_rows_come_in_small_pages_each_row_once(shop: Shop, clerk: Sit) -> None:
    fill_queue(shop, 1000)
    jun = clerk()

    page, seen = jun.read(), list[str]()
    while True:
        assert len(page.encode()) < HTML_BYTES_MAX
        seen += re.findall(r'name="pick" value="([^"]*)"', page)
        following = re.search(r'href="([^"]*)" rel="next"', page)
        if not following:
            break
        page = jun.read(following[1].replace("&amp;", "&"))

    assert len(seen) == len(set(seen)) == 1000
    assert tabs_of(page)["waiting"] == "1,000"


def test_the_page_asks_the_database_as_often_for_many_as_for_one(shop: Shop, clerk: Sit) -> None:
    jun = clerk()
    shop.redeem("minji", "card")
    one = queries_of(shop.world, jun)
    fill_queue(shop, 200)

    assert queries_of(shop.world, jun) == one
    assert one < 30


def queries_of(world: World, clerk: Clerk) -> int:
    asked: list[str] = []

    def note(*given: object) -> None:
        asked.append(str(given[2]))

    event.listen(world.engine, "before_cursor_execute", note)
    clerk.read()
    event.remove(world.engine, "before_cursor_execute", note)
    return len(asked)


def test_a_viewer_sees_everything_and_has_nothing_to_press(shop: Shop, clerk: Sit) -> None:
    asked = shop.redeem("minji", "card")
    shop.fulfil(shop.redeem("haneul", "card"))
    sora = clerk("viewer", "sora")

    for tab in ("waiting", "mine", "in_hand", "to_approve", "closed"):
        assert sora.forms(tab=tab) == {}
    assert rows_of(sora.read()) == ["minji"]
    assert 'name="pick"' not in sora.read()
    assert "CARD-" not in sora.read(tab="closed")
    for step in ("claim", "release", "fulfil", "typed", "reject", "code", "approve", "pass-on"):
        assert sora.send(step_at(asked, step)).status_code == 403
    assert sora.send(f"{QUEUE}/next").status_code == sora.send(f"{QUEUE}/fulfil").status_code == 403


def test_a_fulfiller_may_not_approve_nor_pass_prizes_on(shop: Shop, clerk: Sit) -> None:
    asked, jun = shop.redeem("minji", "card"), clerk()

    for step in ("approve", "pass-on"):
        answer = jun.send(step_at(asked, step))
        assert answer.status_code == 403
        assert "staff:manage" in words_of(answer)


def test_nobody_sees_it_without_signing_in(shop: Shop, forum: Forum) -> None:
    asked, anybody = shop.redeem("minji", "card"), forum.anybody()

    for response in (anybody.get(QUEUE), anybody.get(f"{QUEUE}.csv"), anybody.post(step_at(asked, "claim"))):
        assert response.status_code == 303
        assert response.location.startswith("/staff/sign-in")


def test_the_one_in_hand_says_what_helps_to_decide(shop: Shop, clerk: Sit) -> None:
    shop.world.execute("update member set name = '민지' where member_id = 'minji'")
    shop.fulfil(shop.redeem("minji", "card", at=NOW - timedelta(days=3)), at=NOW - timedelta(days=2))
    shop.redeem("minji", "card", at=NOW - timedelta(days=31))
    asked = shop.redeem("minji", "card", at=NOW - timedelta(hours=1))

    said = clerk().words(open=str(asked))

    assert "민지" in said
    assert "쓸 수 있음 700 P" in said
    assert "다른 교환 1건" in said
    assert "신청 회원 · 1시간 전" in said


def test_suspended_owing_and_erased_members_stand_out(shop: Shop, clerk: Sit, forum: Forum) -> None:
    asked = shop.redeem("minji", "card")
    shop.give("minji", -950)
    shop.suspend("minji")
    jun = clerk()

    said = jun.words(open=str(asked))

    assert "이용이 정지된 회원이에요." in said
    assert "50P가 모자란 회원이에요." in said
    forum.key("members:write").delete("/v1/members/minji")
    assert "탈퇴한 회원" in jun.words(open=str(asked), tab="closed")


def test_names_of_all_kinds_are_shown_as_they_are(shop: Shop, clerk: Sit) -> None:
    asked, jun = shop.redeem("minji", "card"), clerk()
    for name in (LONG, RIGHT_TO_LEFT, "<script>alert(1)</script>", '"><b>'):
        shop.world.execute("update member set name = :name where member_id = 'minji'", name=name)

        page = jun.read(open=str(asked))

        assert "<script>alert" not in page
        assert name in words_of(page)


@pytest.mark.parametrize("tab", ["waiting", "mine", "in_hand", "to_approve", "closed"])
def test_an_empty_tab_says_so(shop: Shop, clerk: Sit, tab: str) -> None:
    said = clerk().words(tab=tab)

    assert "없어요." in said
    assert "여기에는 처리할 것이 없어요." in said


def test_a_redemption_that_is_not_there_is_a_page_that_says_so(shop: Shop, clerk: Sit) -> None:
    jun = clerk()

    assert jun.get(open=str(uuid4())).status_code == 404
    assert jun.send(step_at(uuid4(), "claim")).status_code == 404
    assert jun.send(step_at(uuid4(), "code"), reason="why").status_code == 404


def test_in_place_the_address_follows_what_is_seen(shop: Shop, clerk: Sit) -> None:
    asked, jun = shop.redeem("minji", "card"), clerk()

    answer = jun.client.get(f"{QUEUE}?open={asked}", headers={"HX-Request": "true"})

    assert answer.headers["HX-Push-Url"] == f"{QUEUE}?open={asked}"
    assert "HX-Push-Url" not in jun.get().headers


def csv_of(clerk: Clerk, **query: str) -> list[dict[str, str]]:
    response = clerk.get(f"{QUEUE}.csv", **query)
    assert response.status_code == 200
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="redemptions-')
    written = response.get_data(as_text=True)
    assert written.startswith("\ufeffid,")
    return list(csv.DictReader(StringIO(written.removeprefix("\ufeff"))))


def test_the_csv_holds_what_the_list_is_narrowed_to_and_no_code(shop: Shop, clerk: Sit) -> None:
    shop.world.execute("update member set name = '=HYPERLINK(\"x\")' where member_id = 'minji'")
    shop.redeem("haneul", "card")
    shop.fulfil(shop.redeem("minji", "card"))
    viewer = clerk("viewer", "sora")

    waiting, done = csv_of(viewer), csv_of(viewer, tab="closed")

    assert [line["member_id"] for line in waiting] == ["haneul"]
    assert [(line["state"], line["member"], line["points"]) for line in done] == [
        ("fulfilled", '\'=HYPERLINK("x")', "100")
    ]
    assert done[0]["requested_at"] == "2026-11-24T13:18:00+09:00"
    assert "CARD-" not in str(done)
    assert csv_of(viewer, member="minji") == []


def test_a_thousand_rows_come_as_one_csv(shop: Shop, clerk: Sit) -> None:
    fill_queue(shop, 1001)

    assert len({line["id"] for line in csv_of(clerk())}) == 1001


def test_the_address_of_a_step_leads_back_to_the_same_part_of_the_queue(shop: Shop, clerk: Sit) -> None:
    asked, jun = shop.redeem("minji", "card"), clerk()

    action = jun.forms(member="minji", kind="market", open=str(asked))["claim"]
    answer = jun.send(action)

    assert UUID(answer.location.partition("open=")[2][:36]) == asked
    assert "member=minji" in answer.location
    assert "kind=market" in answer.location
    assert answer.location.startswith(QUEUE)


def test_every_step_of_the_page_is_a_proven_form(app: Flask) -> None:
    posts = [
        rule for rule in app.url_map.iter_rules() if rule.rule.startswith(QUEUE) and "POST" in (rule.methods or ())
    ]

    assert len(posts) == 10
    assert all("GET" not in (rule.methods or ()) for rule in posts)
