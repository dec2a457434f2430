"""What the demo's market offers, and who wants what of it. Pure data."""

from dataclasses import dataclass
from typing import Any, Literal

Ending = Literal["awaiting_approval", "requested", "claimed", "fulfilled", "rejected", "cancelled"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as staff put it on the list, with the number of codes in stock."""

    key: str
    document: dict[str, Any]
    codes: int


@dataclass(frozen=True, slots=True)
class Wish:
    """Whoever is at `place` of all time redeems a product, and how far it gets."""

    place: int
    product: str
    ending: Ending


def _offer(key: str, *, ko: str, en: str, brand: str, value: int, codes: int, **more: Any) -> Offer:
    document = {
        "key": key,
        "name": {"ko": ko, "en": en},
        "brand": brand,
        "face_value": value,
        "currency": "KRW",
        "price": value,
        "for_sale": True,
        "stock": "codes",
        **more,
    }
    return Offer(key, document, codes)


OFFERS = (
    _offer(
        "corner-shop-1000",
        ko="편의점 상품권 1,000원",
        en="1,000 won corner shop card",
        brand="골목편의점",
        value=1000,
        codes=20,
        description={
            "ko": "삼각김밥 하나 값. 어느 지점에서나 쓸 수 있어요.",
            "en": "About one triangle of rice, in any branch.",
        },
        position=1,
        limit={"times": 3, "period": "month"},
    ),
    _offer(
        "coffee-3000",
        ko="커피 상품권 3,000원",
        en="3,000 won coffee card",
        brand="달빛커피",
        value=3000,
        codes=6,
        description={"ko": "아메리카노 한 잔.", "en": "One americano."},
        position=2,
    ),
    _offer(
        "books-5000",
        ko="도서문화 상품권 5,000원",
        en="5,000 won book token",
        brand="옆집서점",
        value=5000,
        codes=3,
        description={"ko": "운영진이 한 번 더 확인한 뒤 보내 드려요.", "en": "Sent after a second look by staff."},
        needs_approval=True,
        position=3,
    ),
    _offer(
        "ice-cream-500",
        ko="아이스크림 500원",
        en="500 won ice cream",
        brand="골목편의점",
        value=500,
        codes=1,
        description={"ko": "하나뿐이에요!", "en": "There is only one!"},
        position=4,
    ),
)

WISHES = (
    Wish(1, "books-5000", "awaiting_approval"),
    Wish(1, "coffee-3000", "fulfilled"),
    Wish(2, "coffee-3000", "fulfilled"),
    Wish(3, "corner-shop-1000", "fulfilled"),
    Wish(4, "coffee-3000", "claimed"),
    Wish(5, "corner-shop-1000", "rejected"),
    Wish(6, "corner-shop-1000", "cancelled"),
    Wish(7, "ice-cream-500", "fulfilled"),
    Wish(8, "coffee-3000", "requested"),
    Wish(9, "corner-shop-1000", "requested"),
    Wish(10, "corner-shop-1000", "requested"),
    Wish(12, "corner-shop-1000", "requested"),
)

REASON = "같은 사람이 두 계정으로 신청했어요. (Two accounts of one person.)"
PRIZES_WAITING = 12
"""Prizes that staff still have to send: those of the last four weeks."""
