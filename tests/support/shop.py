"""A market to look at: products of every kind, and redemptions at every step."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from market.codes import CodeKeys, code_keys, import_codes
from market.limits import Limit
from market.products import ProductDetails, ProductRow, Stock, create_product, find_product_by_key
from market.redemptions import claim, fulfil, reject, request_prize
from rewards.earning.correct import adjust
from rewards.exchange import cancel_own, periods_on, redeem
from rewards.members.ensure import ensure_members
from rewards.members.profile import suspend
from tests.support.village import LONG, NOW, READER, TODAY, WEEK
from tests.support.world import World

STAFF = "staff:mina"


@dataclass(frozen=True)
class Shop:
    """The market of a world, as staff and members use it."""

    world: World
    keys: CodeKeys

    def offer(
        self,
        key: str,
        *,
        stock: Stock = "unlimited",
        quantity: int | None = None,
        codes: Iterable[str] = (),
        **more: Any,
    ) -> ProductRow:
        """Put a product on the list, for 100 points unless said otherwise."""
        usual: dict[str, Any] = {"name_ko": f"상품권 {key}", "name_en": f"Gift card {key}", "face_value": 5000}
        usual |= {"currency": "KRW", "price": 100, "for_sale": True}
        details = ProductDetails(**usual | more)
        made = self.world.run(
            lambda session: create_product(
                session, key=key, details=details, stock=stock, quantity=quantity, now=NOW - timedelta(days=30)
            )
        )
        if stock == "codes":
            self.stock(made, codes)
        return made

    def stock(self, product: ProductRow, codes: Iterable[str], *, today: date = TODAY) -> None:
        """Put codes into a product's stock: lines as of a CSV."""
        lines = list(codes)
        imported = self.world.run(
            lambda session: import_codes(
                session, product.product_id, lines=lines, keys=self.keys, today=today, now=NOW - timedelta(days=30)
            )
        )
        assert imported.codes == len(lines)

    def give(self, member_id: str, points: int) -> None:
        """Let a member have so many points more, or fewer."""

        def write(session: Any) -> None:
            ensure_members(session, [member_id], now=NOW)
            adjust(session, member_id, points=points, actor=STAFF, reason="test", now=NOW, overdraft=True)

        self.world.run(write)

    def suspend(self, member_id: str) -> None:
        self.world.run(lambda session: suspend(session, member_id, suspended=True, now=NOW))

    def redeem(self, member_id: str, key: str, *, at: datetime = NOW) -> UUID:
        """The member asks for a product."""
        calendar = self.world.terms.calendar
        return self.world.run(
            lambda session: redeem(
                session,
                redemption_id=uuid7(),
                member_id=member_id,
                product=key,
                periods=periods_on(calendar.day_of(at), calendar=calendar),
                actor="member",
                now=at,
            )
        ).redemption.redemption_id

    def cancel(self, member_id: str, redemption_id: UUID, *, at: datetime = NOW) -> None:
        self.world.run(lambda session: cancel_own(session, redemption_id, member_id=member_id, actor="member", now=at))

    def claim(self, redemption_id: UUID, *, at: datetime = NOW) -> None:
        self.world.run(lambda session: claim(session, redemption_id, actor=STAFF, now=at))

    def fulfil(self, redemption_id: UUID, *, at: datetime = NOW, code: str | None = None) -> None:
        """Claim and fulfil, from the stock or with a code that is typed in."""
        self.claim(redemption_id, at=at)
        today = self.world.terms.calendar.day_of(at)
        self.world.run(
            lambda session: fulfil(session, redemption_id, actor=STAFF, keys=self.keys, today=today, now=at, code=code)
        )

    def reject(self, redemption_id: UUID, *, reason: str, at: datetime = NOW) -> None:
        self.world.run(lambda session: reject(session, redemption_id, actor=STAFF, reason=reason, now=at))

    def win(self, member_id: str, *, season: date, place: int, at: datetime = NOW) -> UUID:
        """A prize of a settled season on its way to the member."""
        prize_id, key = uuid7(), f"prize-{5000 - place * 1000}"
        account_id = self.world.account_id(member_id)
        self.world.run(
            lambda session: request_prize(
                session, redemption_id=prize_id, account_id=account_id, product_key=key, today=TODAY, now=at
            )
        )
        self.world.execute(
            "insert into prize (season_id, place, attempt, account_id, redemption_id, recorded_at)"
            " values (:season, :place, 1, :account_id, :redemption_id, :at)",
            season=season,
            place=place,
            account_id=account_id,
            redemption_id=prize_id,
            at=at,
        )
        return prize_id

    def left_of(self, key: str) -> Any:
        return self.world.run(lambda session: find_product_by_key(session, key, today=TODAY)).left


def open_shop(world: World, *, keys: Iterable[str]) -> Shop:
    """The market of a world, with the keys of its settings."""
    return Shop(world, code_keys(tuple(keys)))


def fill_shop(shop: Shop) -> None:
    """Something of every kind on offer, for the village's reader with her 1,340 points."""
    month, day = Limit(3, "month"), Limit(1, "day")
    shop.offer(
        "corner-shop-1000",
        stock="codes",
        codes=[f"CS-{number:04}-KRW1" for number in range(18)],
        name_ko="편의점 상품권 1,000원",
        name_en="1,000 won corner shop card",
        brand="골목편의점",
        face_value=1000,
        price=300,
        description_ko="삼각김밥 하나 값. 어느 지점에서나 쓸 수 있어요.",
        description_en="About one triangle of rice, in any branch.",
        limit=month,
        position=1,
    )
    shop.offer(
        "coffee-3000",
        stock="codes",
        codes=[f"MOON-{number:02}4F-77QX,2027-01-31" for number in range(12)],
        name_ko="커피 상품권 3,000원",
        name_en="3,000 won coffee card",
        brand="달빛커피",
        face_value=3000,
        price=900,
        description_ko="아메리카노 한 잔.",
        description_en="One americano.",
        position=2,
    )
    shop.offer(
        "books-5000",
        stock="number",
        quantity=4,
        name_ko="도서문화 상품권 5,000원",
        name_en="5,000 won book token",
        brand="옆집서점",
        price=1500,
        description_ko="운영진이 한 번 더 확인한 뒤 보내 드려요.",
        description_en="Sent after a second look by staff.",
        needs_approval=True,
        position=3,
    )
    _offer_more(shop, day=day)


def _offer_more(shop: Shop, *, day: Limit) -> None:
    sold = {"stock": "number", "quantity": 0}
    shop.offer("ice-cream-500", name_ko="아이스크림 500원", name_en="500 won ice cream", brand="골목편의점", **sold)
    shop.offer(
        "movie-12000", name_ko="영화 관람권", name_en="Cinema ticket", brand="Lumière", face_value=12000, price=12000
    )
    shop.offer(
        "cake-20000",
        name_ko=f"{LONG} 기념 케이크 교환권",
        name_en="Cake voucher for a celebration",
        brand="مخبز",
        face_value=20000,
        price=1000,
        on_sale_until=NOW + timedelta(days=6),
        position=5,
    )
    shop.offer("bus-1000", name_ko="🚌 버스 충전권", name_en="🚌 Bus fare", brand="🚌", price=50, limit=day, position=4)
    shop.offer(
        "winter-3000",
        name_ko="겨울 한정 귤 한 봉지",
        name_en="Tangerines",
        brand="귤",
        on_sale_from=NOW + timedelta(days=7),
    )


def fill_redemptions(shop: Shop) -> dict[str, UUID]:
    """Redemptions of the reader at every step, by state, others in the queue before hers."""
    ago = lambda **passed: NOW - timedelta(**passed)  # noqa: E731 -- one word for every line below
    for number in range(4):
        shop.give(f"villager-{number + 1:02}", 2000)
        sent = shop.redeem(f"villager-{number + 1:02}", "coffee-3000", at=ago(days=2 + number))
        shop.fulfil(sent, at=ago(days=2 + number, hours=-3 - number))
    shop.give(READER, 3600)
    made = {"fulfilled": shop.redeem(READER, "coffee-3000", at=ago(days=9))}
    shop.fulfil(made["fulfilled"], at=ago(days=8, hours=20))
    made["rejected"] = shop.redeem(READER, "corner-shop-1000", at=ago(days=5))
    shop.reject(
        made["rejected"], reason="같은 사람이 두 계정으로 신청했어요. 다음에 다시 신청해 주세요.", at=ago(days=4)
    )
    made["cancelled"] = shop.redeem(READER, "corner-shop-1000", at=ago(days=3))
    shop.cancel(READER, made["cancelled"], at=ago(days=3, minutes=-4))
    for number in range(3):
        shop.redeem(f"villager-{number + 1:02}", "corner-shop-1000", at=ago(hours=7, minutes=-number))
    made["claimed"] = shop.redeem(READER, "corner-shop-1000", at=ago(hours=5))
    shop.claim(made["claimed"], at=ago(hours=1))
    made["awaiting_approval"] = shop.redeem(READER, "books-5000", at=ago(hours=3))
    made["requested"] = shop.redeem(READER, "coffee-3000", at=ago(minutes=12))
    made["prize"] = shop.win(READER, season=WEEK - timedelta(weeks=1), place=1, at=ago(days=1))
    shop.redeem(READER, "bus-1000", at=ago(minutes=2))
    return made
