"""What the market says to whom, read as text; how it looks is for the browser's tests."""

import re
from datetime import timedelta

import pytest

from market.limits import Limit, LimitPeriod
from tests.support.clock import SettableClock
from tests.support.factories import make_comment
from tests.support.http import Forum
from tests.support.member_pages import Reader, reader_of, visitor_of, words_of
from tests.support.shop import Shop, fill_redemptions, fill_shop
from tests.support.village import NOW, READER
from tests.support.world import World

DAY = timedelta(days=1)


def offers_of(html: str) -> dict[str, str]:
    """What the market says of each product, by its key, in the page's order."""
    cards = re.findall(r'<li class="offer .*?</li>', html, re.DOTALL)
    return {re.findall(r'href="/market/([^"]+)"', card)[0]: words_of(f"<main>{card}</main>") for card in cards}


def all_offers(reader: Reader) -> dict[str, str]:
    """Over all pages."""
    found: dict[str, str] = {}
    path: str | None = "/market"
    while path:
        html = reader.read(path)
        page = offers_of(html)
        assert not found.keys() & page.keys()
        found |= page
        further = re.search(r'href="(/market\?cursor=[^"]+)" rel="next"', html)
        path = further[1] if further else None
    return found


@pytest.fixture
def minji(forum: Forum, shop: Shop) -> Reader:
    """A member with 1,000 points."""
    shop.give("minji", 1000)
    return reader_of(forum, "minji")


def test_each_product_says_whether_i_can_have_it_and_what_i_can_have_comes_first(minji: Reader, shop: Shop) -> None:
    shop.offer("gone", stock="number", quantity=0, position=-3)
    shop.offer("soon", on_sale_from=NOW + 2 * DAY, position=-2)
    shop.offer("far", price=9000, position=-1)
    shop.offer("near", price=1320)
    shop.offer("mine", price=1000, stock="number", quantity=3, position=7)
    shop.offer("over", on_sale_until=NOW)
    shop.offer("draft", for_sale=False)

    offers = offers_of(minji.read("/market"))

    assert list(offers) == ["mine", "near", "far", "soon", "gone"]
    assert "1,000 P 3개 남음 지금 받을 수 있어요" in offers["mine"]
    assert "320P 더 모으면 받을 수 있어요. 댓글 32개면 닿아요." in offers["near"]
    assert "8,000P 더 모으면 받을 수 있어요." in offers["far"]
    assert "댓글" not in offers["far"]
    assert "11월 26일 13:18부터" in offers["soon"]
    assert "품절" in offers["gone"]


def test_the_header_says_what_can_be_spent_and_what_is_set_aside(minji: Reader, shop: Shop) -> None:
    shop.offer("card", price=300)
    shop.redeem("minji", "card")

    said = minji.words("/market")

    assert "쓸 수 있는 포인트 700 P" in said
    assert "300 P 내 상품권 1건 진행 중" in said


def test_a_visitor_sees_what_is_on_offer_and_how_to_come_in(forum: Forum, shop: Shop) -> None:
    shop.offer("card", stock="number", quantity=2, limit=Limit(3, "month"))

    said = visitor_of(forum).words("/market")
    inside = visitor_of(forum).get("/market/card")

    assert "회원이 포인트를 상품권으로 바꾸는 곳" in said
    assert "100 P 2개 남음 한 달에 3개까지" in said
    assert "지금 받을 수 있어요" not in said
    assert inside.status_code == 401


@pytest.mark.parametrize(
    "period,phrase,opens",
    [
        ("day", "하루 1개까지 · 1개 받음", "11월 25일부터"),
        ("week", "한 주에 1개까지 · 1개 받음", "11월 30일부터"),
        ("month", "한 달에 1개까지 · 1개 받음", "12월 1일부터"),
        ("ever", "한 사람당 1개까지 · 1개 받음", None),
    ],
)
def test_a_limit_says_how_much_of_it_is_used_and_when_it_opens_again(
    minji: Reader, forum: Forum, shop: Shop, clock: SettableClock, period: LimitPeriod, phrase: str, opens: str | None
) -> None:
    shop.offer("card", limit=Limit(1, period))
    shop.redeem("minji", "card")

    said = offers_of(minji.read("/market"))["card"]
    clock.advance(days=40)
    later = offers_of(reader_of(forum, "minji").read("/market"))["card"]

    assert phrase in said
    assert "받을 수 있는 만큼 받았어요." in said
    assert ("다시 받을 수 있어요" in said) == (opens is not None)
    assert opens is None or f"{opens} 다시 받을 수 있어요." in said
    assert ("지금 받을 수 있어요" in later) == (opens is not None)


def test_what_was_given_back_does_not_count_towards_a_limit(minji: Reader, shop: Shop) -> None:
    shop.offer("card", limit=Limit(2, "week"))
    shop.cancel("minji", shop.redeem("minji", "card"))
    shop.redeem("minji", "card")

    said = offers_of(minji.read("/market"))["card"]

    assert "한 주에 2개까지 · 1개 받음" in said
    assert "지금 받을 수 있어요" in said


def test_who_owes_points_learns_that_the_market_is_closed_until_they_are_earned(minji: Reader, shop: Shop) -> None:
    shop.offer("card")
    shop.give("minji", -1200)

    said = minji.words("/market")

    assert "갚을 포인트가 200P 있어요. 그만큼 모으면 마켓이 다시 열려요." in said
    assert "지금 받을 수 있어요" not in said


def test_who_is_suspended_learns_that_no_point_is_lost(minji: Reader, shop: Shop) -> None:
    shop.offer("card")
    shop.suspend("minji")

    said = minji.words("/market")

    assert "이용 정지 중이라 지금은 교환할 수 없어요. 포인트는 그대로예요." in said
    assert "지금 받을 수 있어요" not in said


def test_comments_are_promised_only_as_far_as_the_caps_and_the_sale_allow(
    minji: Reader, shop: Shop, world: World
) -> None:
    shop.offer("ends-tonight", price=1320, on_sale_until=NOW + timedelta(hours=4))
    shop.offer("stays", price=1320)
    world.record(*[make_comment("minji", at=NOW - timedelta(minutes=n)) for n in range(10, 20)], now=NOW)

    offers = offers_of(minji.read("/market"))

    assert "댓글 22개면 닿아요." in offers["stays"]
    assert "댓글" not in offers["ends-tonight"]


def test_a_hundred_products_stay_small_and_all_are_there(minji: Reader, shop: Shop) -> None:
    for number in range(100):
        shop.offer(
            f"card-{number}",
            price=20 * number + 10,
            brand="골목편의점 " * 5,
            description_ko="가까운 지점 어디에서나 쓸 수 있는 상품권이에요. " * 9,
            name_ko="편의점에서 쓰는 상품권 " * 6,
            limit=Limit(3, "month"),
            on_sale_until=NOW + 30 * DAY,
        )

    offers = all_offers(minji)

    assert len(offers) == 100
    assert [key for key, said in offers.items() if "지금 받을 수 있어요" in said] == [f"card-{n}" for n in range(50)]
    assert list(offers)[50] == "card-50"


def test_names_and_brands_are_only_text(minji: Reader, shop: Shop) -> None:
    shop.offer("card", name_ko="<b>싸요</b>", brand="<script>1</script>", description_ko="'\"><img src=x>")

    html = minji.read("/market") + minji.read("/market/card")

    assert "&lt;b&gt;싸요&lt;/b&gt;" in html
    assert "<script>1" not in html
    assert "<img src=x" not in html


def test_a_picture_comes_from_this_host_or_is_drawn(minji: Reader, shop: Shop) -> None:
    shop.offer("ours", picture="/pictures/1.webp")
    shop.offer("theirs", picture="//elsewhere.example/1.webp", brand="달빛커피")

    html = minji.read("/market")

    assert 'src="/pictures/1.webp" alt=""' in html
    assert "elsewhere" not in html
    assert re.search(r'<span class="gift drawn tint-\d+ " aria-hidden="true"><b>달</b></span>', html)


def test_an_empty_market_is_designed(minji: Reader) -> None:
    assert "아직 준비된 상품이 없어요." in minji.words("/market")


def test_it_speaks_english_too(forum: Forum, settled: World, shop: Shop) -> None:
    fill_shop(shop)
    shop.give(READER, 1340)
    fill_redemptions(shop)
    reader = reader_of(forum, READER, language="en")

    for path in ("/market", "/market/coffee-3000", "/market/redemptions"):
        said = reader.words(path)
        assert not re.search("[가-힣]{2,}(?:요|다)\\b", said), said
    assert "3,000 won coffee card" in reader.words("/market")


def test_a_cursor_that_nobody_gave_is_refused(minji: Reader) -> None:
    assert minji.get("/market?cursor=abc").status_code == 422
