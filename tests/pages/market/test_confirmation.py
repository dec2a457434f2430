"""Redeeming by the confirmation page: once for each page, refused in words, as the API refuses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from market.limits import Limit
from tests.support.http import Forum, problem_of
from tests.support.member_pages import Reader, form_of, reader_of, redirected_to, words_of
from tests.support.shop import Shop
from tests.support.village import NOW
from tests.support.world import World

CARD = "/market/card"


@pytest.fixture
def minji(forum: Forum, shop: Shop) -> Reader:
    """A member with 1,000 points."""
    shop.give("minji", 1000)
    return reader_of(forum, "minji")


def redemptions(world: World) -> int:
    return world.rows("select count(*) as number from redemption")[0].number


def confirm(reader: Reader, **changed: str | None) -> Any:
    """Open the page and press its button."""
    return reader.press(CARD, form=form_of(reader.get(CARD)), **changed)


def test_it_says_what_will_remain_and_what_happens_next(minji: Reader, shop: Shop) -> None:
    shop.offer("card", price=300, needs_approval=True, description_ko="어느 지점에서나\n쓸 수 있어요.")

    said = minji.words(CARD)

    assert "쓸 수 있는 포인트 1,000 P 가격 −300 P 교환하고 남는 포인트 700 P 300P로 교환하기" in said
    assert "300P를 바로 따로 맡아 둬요. 운영진이 한 번 확인한 뒤 상품권을 보내 드려요." in said
    assert "취소하고 포인트를 모두 돌려받을 수 있어요" in said


def test_the_typical_wait_is_said_where_it_is_known(minji: Reader, shop: Shop) -> None:
    shop.offer("card")
    shop.give("jun", 1000)
    before = minji.words(CARD)
    for number in range(3):
        asked = shop.redeem("jun", "card", at=NOW - timedelta(days=2))
        shop.fulfil(asked, at=NOW - timedelta(days=2, hours=-4), code=f"CODE-{number}")

    assert "도착했어요" not in before
    assert "요즘은 절반이 4시간 안에 도착했어요." in minji.words(CARD)


def test_points_are_set_aside_and_the_reader_sees_the_redemption(minji: Reader, shop: Shop, world: World) -> None:
    shop.offer("card", price=300, stock="number", quantity=2)

    said = minji.words(redirected_to(confirm(minji)))

    account = world.account("minji")
    assert (account.balance, account.held) == (1000, 300)
    assert shop.left_of("card") == 1
    assert "교환을 신청했어요. 상품권이 도착할 때까지 300P를 맡아 둘게요." in said
    assert "바로 다음 차례예요" in said


def test_the_same_page_redeems_once_however_often_it_is_sent(minji: Reader, shop: Shop, world: World) -> None:
    shop.offer("card", price=300)
    form = form_of(minji.get(CARD))

    first = redirected_to(minji.press(CARD, form=form))
    minji.get(first)
    again = redirected_to(minji.press(CARD, form=form))

    assert first == again
    assert redemptions(world) == 1
    assert world.account("minji").held == 300
    assert "이미 신청한 교환이에요. 또 교환하지 않았어요." in minji.words(again)


def test_each_page_that_is_opened_redeems_anew(minji: Reader, shop: Shop, world: World) -> None:
    shop.offer("card", price=300)

    assert redirected_to(confirm(minji)) != redirected_to(confirm(minji))
    assert redemptions(world) == 2


def gone(shop: Shop) -> None:
    shop.world.execute("update product set quantity = 0 where key = 'card'")


def poor(shop: Shop) -> None:
    shop.give("minji", -900)


def owes(shop: Shop) -> None:
    shop.give("minji", -1200)


def had(shop: Shop) -> None:
    shop.redeem("minji", "card")


def over(shop: Shop) -> None:
    shop.world.execute("update product set on_sale_until = :now where key = 'card'", now=NOW)


def off(shop: Shop) -> None:
    shop.world.execute("update product set for_sale = false where key = 'card'")


def suspended(shop: Shop) -> None:
    shop.suspend("minji")


REFUSED: list[tuple[Callable[[Shop], None], str, int, str]] = [
    (gone, "다른 회원이 조금 먼저 받아서 품절됐어요. 포인트는 그대로예요.", 409, "not-available"),
    (poor, "200P가 모자라요. 포인트는 그대로예요.", 409, "not-enough-points"),
    (owes, "갚을 포인트가 200P 있어요. 그만큼 모으면 마켓이 다시 열려요.", 409, "not-enough-points"),
    (had, "이 상품은 받을 수 있는 만큼 이미 받았어요. 포인트는 그대로예요.", 409, "not-available"),
    (over, "지금은 교환할 수 없는 상품이에요. 포인트는 그대로예요.", 409, "not-available"),
    (off, "지금은 교환할 수 없는 상품이에요. 포인트는 그대로예요.", 409, "not-available"),
    (suspended, "이용 정지 중이라 지금은 교환할 수 없어요. 포인트는 그대로예요.", 403, "member-suspended"),
]


@pytest.mark.parametrize("meanwhile,said,api_status,problem", REFUSED, ids=[row[0].__name__ for row in REFUSED])
def test_what_has_changed_meanwhile_is_refused_in_words_and_by_the_api_alike(
    minji: Reader,
    forum: Forum,
    shop: Shop,
    world: World,
    meanwhile: Callable[[Shop], None],
    said: str,
    api_status: int,
    problem: str,
) -> None:
    shop.offer("card", price=300, stock="number", quantity=2, limit=Limit(1, "week"))
    form = form_of(minji.get(CARD))
    meanwhile(shop)
    before = (world.account("minji"), redemptions(world))

    refused = minji.press(CARD, form=form)
    by_api = forum.member("minji").post("/v1/market/redemptions", json={"product": "card"})

    assert refused.status_code == 409
    assert words_of(refused).startswith(said)
    assert 'role="alert"' in refused.get_data(as_text=True)
    problem_of(by_api, api_status, problem)
    assert (world.account("minji"), redemptions(world)) == before


def test_a_price_that_rose_meanwhile_is_shown_before_it_is_taken(minji: Reader, shop: Shop, world: World) -> None:
    shop.offer("card", price=300)
    form = form_of(minji.get(CARD))
    shop.world.execute("update product set price = 500 where key = 'card'")

    refused = minji.press(CARD, form=form)

    assert refused.status_code == 409
    assert "그사이 가격이 500P로 바뀌었어요. 아직 교환하지 않았어요." in words_of(refused)
    assert redemptions(world) == 0
    assert redirected_to(minji.press(CARD, form=form_of(refused)))
    assert world.account("minji").held == 500


@pytest.mark.parametrize("whose", ["another product", "another member"])
def test_an_id_that_was_used_before_is_refused_and_the_page_carries_a_new_one(
    minji: Reader, shop: Shop, world: World, whose: str
) -> None:
    shop.offer("card")
    shop.offer("other")
    shop.give("jun", 1000)
    taken = shop.redeem("jun", "card") if whose == "another member" else shop.redeem("minji", "other")

    refused = confirm(minji, redemption_id=str(taken))

    assert refused.status_code == 409
    assert "전에 쓰인 화면이라 교환하지 않았어요." in words_of(refused)
    assert form_of(refused)["redemption_id"] != str(taken)
    assert redirected_to(minji.press(CARD, form=form_of(refused)))
    assert redemptions(world) == 2


@pytest.mark.parametrize(
    "field,value", [("redemption_id", None), ("redemption_id", "x"), ("price", None), ("price", "?")]
)
def test_a_form_that_came_in_pieces_redeems_nothing(
    minji: Reader, shop: Shop, world: World, field: str, value: str | None
) -> None:
    shop.offer("card")

    refused = confirm(minji, **{field: value})

    assert refused.status_code == 422
    assert "다시 한번 눌러 주세요." in words_of(refused)
    assert redemptions(world) == 0


def test_another_site_cannot_redeem(minji: Reader, shop: Shop, world: World) -> None:
    shop.offer("card")

    for proof in (None, "0" * 64):
        assert confirm(minji, csrf=proof).status_code == 403
    assert redemptions(world) == 0


def test_a_visitor_cannot_redeem(forum: Forum, minji: Reader, shop: Shop, world: World) -> None:
    shop.offer("card")
    form = form_of(minji.get(CARD))

    assert Reader(forum.anybody()).press(CARD, form=form).status_code == 401
    assert redemptions(world) == 0


def test_what_is_not_for_sale_has_no_page(minji: Reader, shop: Shop) -> None:
    shop.offer("draft", for_sale=False, name_ko="비밀 상품")

    forged = minji.press("/market/draft", form=_forged(minji, shop))

    assert minji.get("/market/draft").status_code == 404
    assert minji.get("/market/nothing").status_code == 404
    assert minji.get("/market/prize-4000").status_code == 404
    assert forged.status_code == 409
    assert "비밀" not in forged.get_data(as_text=True)


def _forged(reader: Reader, shop: Shop) -> dict[str, str]:
    shop.offer("card")
    return form_of(reader.get(CARD)) | {"redemption_id": str(uuid7())}


@pytest.mark.parametrize(
    "more,said",
    [
        ({"price": 1500}, "더 모을 포인트 500 P"),
        ({"stock": "number", "quantity": 0}, "품절"),
        ({"on_sale_until": NOW}, "판매 종료"),
        ({"on_sale_from": NOW + timedelta(days=1)}, "11월 25일 13:18부터"),
    ],
)
def test_what_cannot_be_had_shows_why_and_no_button(minji: Reader, shop: Shop, more: dict[str, Any], said: str) -> None:
    shop.offer("card", **more)

    html = minji.read(CARD)

    assert said in words_of(html)
    assert "redemption_id" not in html
