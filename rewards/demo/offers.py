"""What the demo's market offers, and who wants what of it. Pure data."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2s
from pathlib import Path
from typing import Any, Literal

Ending = Literal["awaiting_approval", "requested", "claimed", "fulfilled", "rejected", "cancelled"]
PICTURES = Path(__file__).parent / "pictures"


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes in stock that lapse so many days from now, or never."""

    number: int
    lapse_in_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A product as staff put it on the list, with its codes; `on_sale_in_days` is for one that is only planned."""

    key: str
    document: dict[str, Any]
    codes: tuple[Codes, ...] = ()
    on_sale_in_days: int | None = None

    @property
    def picture(self) -> Path:
        """The picture's file."""
        return PICTURES / f"{self.key}.webp"

    def document_at(self, now: datetime) -> dict[str, Any]:
        """What staff send: a planned one is on sale from a round hour on."""
        if self.on_sale_in_days is None:
            return self.document
        begins = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=self.on_sale_in_days)
        return self.document | {"on_sale_from": begins.isoformat()}

    def lines_at(self, today: date) -> list[str]:
        """The stock as lines of CSV."""
        lines: list[str] = []
        for codes in self.codes:
            lapse = "" if codes.lapse_in_days is None else f",{today + timedelta(days=codes.lapse_in_days)}"
            start = len(lines) + 1
            lines += [f"{self._code(start + number)}{lapse}" for number in range(codes.number)]
        return lines

    def _code(self, number: int) -> str:
        """A code that looks like one, the same each time."""
        digits = blake2s(f"{self.key} {number}".encode(), digest_size=4).hexdigest().upper()
        return f"{digits[:4]}-{digits[4:]}-{number:04d}"


@dataclass(frozen=True, slots=True)
class Wish:
    """Whoever is at `place` of all time redeems a product, and how far it gets; `code` where staff type it in."""

    place: int
    product: str
    ending: Ending
    code: str | None = None


def _offer(
    key: str,
    *,
    ko: str,
    en: str,
    brand: str,
    value: int,
    says: tuple[str, str],
    codes: tuple[Codes, ...] = (),
    **more: Any,
) -> Offer:
    on_sale_in_days = more.pop("on_sale_in_days", None)
    document = {
        "key": key,
        "name": {"ko": ko, "en": en},
        "description": {"ko": says[0], "en": says[1]},
        "brand": brand,
        "face_value": value,
        "currency": "KRW",
        "price": value,
        "for_sale": True,
        "stock": "codes",
        **more,
    }
    return Offer(key=key, document=document, codes=codes, on_sale_in_days=on_sale_in_days)


OFFERS = (
    _offer(
        "corner-shop-1000",
        ko="편의점 상품권 1,000원",
        en="1,000 won corner shop card",
        brand="골목편의점",
        value=1000,
        says=("삼각김밥 하나 값. 어느 지점에서나 쓸 수 있어요.", "About one triangle of rice, in any branch."),
        codes=(Codes(8, lapse_in_days=60), Codes(12, lapse_in_days=240)),
        position=1,
        limit={"times": 3, "period": "month"},
    ),
    _offer(
        "coffee-3000",
        ko="커피 상품권 3,000원",
        en="3,000 won coffee card",
        brand="달빛커피",
        value=3000,
        says=("아메리카노 한 잔.", "One americano."),
        codes=(Codes(2, lapse_in_days=20), Codes(6, lapse_in_days=180)),
        position=2,
    ),
    _offer(
        "ice-cream-500",
        ko="아이스크림 500원",
        en="500 won ice cream",
        brand="골목편의점",
        value=500,
        says=("한 주에 하나씩, 더운 날에도 추운 날에도.", "One a week, on hot days and cold ones."),
        codes=(Codes(30, lapse_in_days=90),),
        position=3,
        limit={"times": 1, "period": "week"},
    ),
    _offer(
        "books-5000",
        ko="도서문화 상품권 5,000원",
        en="5,000 won book token",
        brand="옆집서점",
        value=5000,
        says=("운영진이 한 번 더 확인한 뒤 보내 드려요.", "Sent after a second look by staff."),
        codes=(Codes(5, lapse_in_days=365),),
        position=4,
        needs_approval=True,
    ),
    _offer(
        "cinema-12000",
        ko="영화 관람권 12,000원",
        en="12,000 won cinema ticket",
        brand="별관극장",
        value=12000,
        says=("모든 요일, 모든 시간. 3D는 조금 더 내요.", "Any day, any hour; a little more for 3D."),
        position=5,
        stock="number",
        quantity=7,
    ),
    _offer(
        "fried-chicken-20000",
        ko="치킨 상품권 20,000원",
        en="20,000 won fried chicken",
        brand="둘둘치킨집",
        value=20000,
        says=("한 마리, 반반도 돼요. 곧 다시 들여올게요.", "A whole one, or half and half. More is on its way."),
        position=6,
        stock="number",
        quantity=0,
    ),
    _offer(
        "animal-shelter-1000",
        ko="유기동물 사료 기부 1,000원",
        en="1,000 won of food for the shelter",
        brand="이웃마을 보호소",
        value=1000,
        says=("이름을 적은 감사 카드를 보내 드려요.", "You get a thank-you card with your name on it."),
        position=7,
        stock="unlimited",
    ),
    _offer(
        "cake-30000",
        ko="연말 케이크 30,000원",
        en="30,000 won cake for the holidays",
        brand="동네빵집",
        value=30000,
        says=("연말에만 나와요. 미리 모아 두세요.", "Only at the end of the year: start saving."),
        codes=(Codes(4, lapse_in_days=120),),
        on_sale_in_days=7,
        position=8,
        needs_approval=True,
        limit={"times": 1, "period": "ever"},
    ),
)

WISHES = (
    Wish(1, "books-5000", "awaiting_approval"),
    Wish(1, "coffee-3000", "fulfilled"),
    Wish(2, "coffee-3000", "fulfilled"),
    Wish(2, "cinema-12000", "requested"),
    Wish(3, "corner-shop-1000", "fulfilled"),
    Wish(3, "ice-cream-500", "requested"),
    Wish(4, "coffee-3000", "claimed"),
    Wish(5, "corner-shop-1000", "rejected"),
    Wish(5, "animal-shelter-1000", "fulfilled", code="고마운 이웃 카드 001 (thank you)"),
    Wish(6, "corner-shop-1000", "cancelled"),
    Wish(7, "ice-cream-500", "fulfilled"),
    Wish(8, "coffee-3000", "requested"),
    Wish(9, "corner-shop-1000", "requested"),
    Wish(10, "corner-shop-1000", "requested"),
    Wish(11, "books-5000", "requested"),
    Wish(12, "corner-shop-1000", "requested"),
)

REASON = "같은 사람이 두 계정으로 신청했어요. (Two accounts of one person.)"
PRIZES_WAITING = 12
"""Prizes that staff still have to send: those of the last four weeks."""
