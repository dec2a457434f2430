"""A member's own redemptions: where each is, its steps, cancelling, the code on request and nowhere else."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from market.queue import position_in_queue
from rewards.http.auth import SESSION_COOKIE
from tests.support.http import Forum
from tests.support.member_pages import Reader, form_of, reader_of, redirected_to, visitor_of, words_of
from tests.support.shop import Shop, fill_redemptions, fill_shop
from tests.support.village import NOW, READER
from tests.support.world import World

MINE = "/market/redemptions"
CODE = "MOON-7F4F-77QX"


@pytest.fixture
def minji(forum: Forum, shop: Shop) -> Reader:
    """A member with 1,000 points, in a market with one product for 100."""
    shop.offer("card", stock="codes", codes=[f"{CODE},2027-01-31"], name_ko="달빛커피 상품권")
    shop.give("minji", 1000)
    return reader_of(forum, "minji")


def lines_of(html: str) -> list[str]:
    return [words_of(f"<main>{line}</main>") for line in re.findall(r'<li class="redemption .*?</li>', html, re.DOTALL)]


def one(redemption_id: UUID) -> str:
    return f"{MINE}/{redemption_id}"


def show_code(reader: Reader, redemption_id: UUID) -> str:
    page = one(redemption_id)
    return reader.press(page, form=form_of(reader.get(page), action=page)).get_data(as_text=True)


def proof_of(reader: Reader) -> dict[str, str]:
    """The proof alone, from the form at the foot of a page."""
    proof = re.search(r'name="csrf" value="(\w+)"', reader.read(MINE))
    assert proof
    return {"csrf": proof[1]}


def test_each_says_where_it_is(forum: Forum, settled: World, shop: Shop) -> None:
    fill_shop(shop)
    fill_redemptions(shop)

    lines = lines_of(reader_of(forum, READER).read(MINE))

    assert [line.split(" ", 1)[1] for line in lines] == [
        "🚌 버스 충전권 2분 전 · 50 P 순서를 기다려요 앞에 7건 있어요",
        "커피 상품권 3,000원 12분 전 · 900 P 순서를 기다려요 앞에 6건 있어요",
        "도서문화 상품권 5,000원 3시간 전 · 1,500 P 확인하고 있어요 앞에 5건 있어요",
        "편의점 상품권 1,000원 5시간 전 · 300 P 준비하고 있어요",
        "상품권 4,000원 11월 16일 – 22일 주간 랭킹 1위 · 1일 전 순서를 기다려요 바로 다음 차례예요",
        "편의점 상품권 1,000원 3일 전 · 300 P 취소했어요",
        "편의점 상품권 1,000원 5일 전 · 300 P 반려됐어요",
        "커피 상품권 3,000원 11월 15일 · 900 P 도착했어요",
    ]


def test_the_place_in_the_queue_is_the_markets_own(forum: Forum, settled: World, shop: Shop) -> None:
    fill_shop(shop)
    made = fill_redemptions(shop)
    reader = reader_of(forum, READER)

    for state in ("requested", "awaiting_approval"):
        position = shop.world.run(lambda session, state=state: position_in_queue(session, made[state]))
        assert position is not None
        assert f"앞에 {position - 1}건 있어요" in reader.words(one(made[state]))


def test_the_steps_so_far_are_said_in_words_without_naming_staff(forum: Forum, settled: World, shop: Shop) -> None:
    fill_shop(shop)
    made = fill_redemptions(shop)
    reader = reader_of(forum, READER)

    rejected, prize = reader.words(one(made["rejected"])), reader.words(one(made["prize"]))
    fulfilled = reader.read(one(made["fulfilled"]))

    assert "교환을 신청하고 300P를 맡겼어요. 11월 19일 13:18 운영진이 반려했어요." in rejected
    assert "같은 사람이 두 계정으로 신청했어요." in rejected
    assert "300P를 돌려받았어요." in rejected
    assert "11월 16일 – 22일 주간 랭킹 1위 상품으로 받았어요." in prize
    assert "취소" not in prize
    assert "운영진이 준비를 시작했어요. 11월 15일 17:18 상품권이 도착했어요. 11월 15일 17:18" in words_of(fulfilled)
    assert "mina" not in fulfilled
    assert "운영진이 준비하고 있어서 이제 취소할 수 없어요." in reader.words(one(made["claimed"]))


def test_cancelling_gives_points_and_stock_back(minji: Reader, shop: Shop, world: World) -> None:
    asked = shop.redeem("minji", "card")

    done = minji.press(f"{one(asked)}/cancel", form=form_of(minji.get(one(asked))))

    said = minji.words(redirected_to(done))
    assert "취소했어요. 100P를 다시 쓸 수 있어요." in said
    assert world.account("minji").available == 1000
    assert shop.left_of("card") == 1


def test_cancelling_twice_is_harmless_and_too_late_is_said(minji: Reader, shop: Shop, world: World) -> None:
    asked = shop.redeem("minji", "card")
    form = form_of(minji.get(one(asked)))
    shop.claim(asked)

    late = minji.words(redirected_to(minji.press(f"{one(asked)}/cancel", form=form)))
    held = world.account("minji").held
    shop.reject(asked, reason="test")
    over = minji.words(redirected_to(minji.press(f"{one(asked)}/cancel", form=form)))

    assert "운영진이 이미 준비하고 있어서 취소하지 못했어요. 바뀐 것은 없어요." in late
    assert held == 100
    assert "이미 끝난 교환이라 취소할 수 없어요." in over


def test_cancelling_again_says_that_it_was_done(minji: Reader, shop: Shop) -> None:
    asked = shop.redeem("minji", "card")
    form = form_of(minji.get(one(asked)))
    minji.get(redirected_to(minji.press(f"{one(asked)}/cancel", form=form)))

    assert "이미 취소한 교환이에요." in minji.words(redirected_to(minji.press(f"{one(asked)}/cancel", form=form)))


def test_the_code_is_shown_on_request_noted_and_kept_by_nobody(minji: Reader, shop: Shop, world: World) -> None:
    asked = shop.redeem("minji", "card")
    shop.fulfil(asked)
    before = minji.read(one(asked))

    answer = minji.press(one(asked), form=form_of(before, action=one(asked)))

    assert CODE not in before
    assert f"{CODE} 코드 복사 다시 가리기" in words_of(answer)
    assert "2027년 1월 31일까지 쓸 수 있어요." in words_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    readings = world.rows("select d.actor, w.reason from code_reading d join code_reading_reason w using (reading_id)")
    assert [tuple(row) for row in readings] == [("member", "the member's own")]


def test_the_code_is_in_no_other_page_no_address_and_no_log(
    minji: Reader, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = shop.redeem("minji", "card")
    shop.fulfil(asked)
    shown = show_code(minji, asked)

    pages = [minji.read(path) for path in ("/market", MINE, one(asked), "/market/card", "/ranking", "/")]

    assert CODE in shown
    assert shown.count(CODE) == 1
    assert not any(CODE in page for page in pages)
    logged = capsys.readouterr()
    assert CODE not in logged.out + logged.err


def test_a_code_is_not_shown_before_it_is_there(minji: Reader, shop: Shop) -> None:
    asked = shop.redeem("minji", "card")
    form = form_of(minji.get(one(asked)))

    answer = minji.press(one(asked), form=form)

    assert "상품권이 도착하면 볼 수 있어요." in minji.words(redirected_to(answer))


def test_looking_at_the_page_is_no_reading(minji: Reader, shop: Shop, world: World) -> None:
    asked = shop.redeem("minji", "card")
    shop.fulfil(asked)

    minji.read(one(asked))

    assert world.rows("select * from code_reading") == []


def test_another_members_redemption_is_not_to_be_found(forum: Forum, minji: Reader, shop: Shop, world: World) -> None:
    asked = shop.redeem("minji", "card")
    shop.fulfil(asked)
    shop.give("jun", 100)
    jun = reader_of(forum, "jun")
    form = proof_of(jun)

    answers = [
        jun.get(one(asked)),
        jun.press(one(asked), form=form),
        jun.press(f"{one(asked)}/cancel", form=form),
        jun.get(one(uuid4())),
        jun.get(f"{MINE}/nonsense"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert not any(CODE in answer.get_data(as_text=True) for answer in answers)
    assert world.rows("select * from code_reading") == []
    assert "아직 상품권이 없어요." in jun.words(MINE)


@pytest.mark.parametrize("what", ["", "/cancel"])
def test_another_site_can_neither_cancel_nor_read(minji: Reader, shop: Shop, world: World, what: str) -> None:
    asked = shop.redeem("minji", "card")
    if not what:
        shop.fulfil(asked)

    for proof in ({}, {"csrf": "0" * 64}):
        answer = minji.press(one(asked) + what, form=proof)
        assert answer.status_code == 403
        assert CODE not in answer.get_data(as_text=True)

    assert world.rows("select state from redemption")[0].state == ("requested" if what else "fulfilled")
    assert world.rows("select * from code_reading") == []


def test_visitors_have_none(forum: Forum, minji: Reader, shop: Shop) -> None:
    asked = shop.redeem("minji", "card")

    for path in (MINE, one(asked)):
        assert visitor_of(forum).get(path).status_code == 401
    stranger = forum.anybody()
    stranger.client.set_cookie(SESSION_COOKIE, "rm_nonsense")
    assert Reader(stranger).get(one(asked)).status_code == 401


def test_a_thousand_are_paged_each_once_the_newest_first(minji: Reader, shop: Shop, world: World) -> None:
    shop.offer("many", price=1)
    for number in range(100):
        shop.redeem("minji", "many", at=NOW - timedelta(minutes=number))
    world.execute(
        "insert into redemption (redemption_id, account_id, product_id, hold_id, origin, points, state, requested_at)"
        " select gen_random_uuid(), account_id, product_id, null, 'prize', 0, 'requested',"
        " requested_at - n * interval '1 day' from redemption, generate_series(1, 9) n"
    )

    seen: list[str] = []
    path: str | None = MINE
    while path:
        html = minji.read(path)
        seen += re.findall(r'href="/market/redemptions/([0-9a-f-]{36})"', html)
        further = re.search(r'href="(/market/redemptions\?cursor=[^"]+)" rel="next"', html)
        path = further[1] if further else None

    newest_first = world.rows("select redemption_id from redemption order by requested_at desc, redemption_id desc")
    assert seen == [str(row.redemption_id) for row in newest_first]
    assert len(seen) == 1000


def test_a_cursor_of_another_member_is_refused(forum: Forum, minji: Reader, shop: Shop) -> None:
    shop.offer("many", price=1)
    for number in range(21):
        shop.redeem("minji", "many", at=NOW - timedelta(minutes=number))
    further = re.search(r'href="(/market/redemptions\?cursor=[^"]+)" rel="next"', minji.read(MINE))
    shop.give("jun", 1)

    assert further
    assert reader_of(forum, "jun").get(further[1]).status_code == 422
