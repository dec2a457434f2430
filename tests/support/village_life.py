"""The village at work: months of attendance, a market, staff at their desk. Done through the API, as by everybody."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import blake2s
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from market.products import ensure_prize_products
from rewards.access.keys import create_key
from rewards.access.scopes import Role
from rewards.access.secrets import STAFF_PREFIX, digest_of
from rewards.attendance.attend import Arrival
from rewards.demo.offers import OFFERS
from rewards.earning.opening import open_balances
from rewards.ranking.tally import ALL_TIME
from rewards.settlement import settle
from tests.support.clock import SettableClock
from tests.support.factories import make_comment, make_event
from tests.support.http import Caller, Forum, hashed_password
from tests.support.ranking import Standing, give
from tests.support.village import (
    MONTH,
    NOW,
    READER,
    TODAY,
    WEEK,
    Villager,
    fill_streaks,
    open_past_week,
    villagers,
)
from tests.support.village_prizes import give_past_prizes
from tests.support.village_told import add_webhook, tell
from tests.support.world import World

STAFF: tuple[tuple[str, Role], ...] = (("mina", "manager"), ("jun", "fulfiller"), ("sora", "viewer"))
"""Their password is tests.support.http.PASSWORD, and each is signed in: `staff_token`."""
SUSPENDED, HIDDEN, OPTED_OUT, NEWCOMER = "loud-neighbour", "notice-bot", "quiet-reader", "just-arrived"
EARLY_WEEK = WEEK - timedelta(weeks=6)
"""A week that was settled by the service itself, and whose winner lost an award since."""
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

ARRIVED_TODAY = {
    2: ("00:00:02", "1등! 오늘은 제가 제일 먼저예요"),
    0: ("00:00:09", "아깝다… 내일은 꼭 🥲"),
    6: ("00:01:40", None),
    4: ("06:12:33", "새벽 운동 다녀왔어요 🏃"),
    1: ("07:30:05", "Good morning! 커피 한 잔 하고 시작해요 ☕"),
    11: ("07:41:57", "First coffee, then the world."),
    8: ("08:03:12", "صباح الخير"),
    5: ("08:55:48", "출첵"),
    9: ("09:20:21", "오늘도 여우비 올까요? 🦊🌦️"),
    7: ("10:48:10", "천천히 왔습니다. 다들 좋은 하루 보내세요. 오늘은 도서관에서 하루 종일 책을 읽을 거예요."),
    15: ("11:35:44", None),
    17: ("12:02:30", "점심 뭐 드셨어요?"),
    19: ("12:58:03", "Selam 👋"),
}
"""Who of the villagers, by place, has checked in today: when (in Seoul), and what they say. The reader has not yet."""


@dataclass
class Life:
    """The village and everybody who acts in it; `at` moves the clock that all of them go by."""

    forum: Forum
    world: World
    clock: SettableClock
    people: list[Villager] = field(default_factory=villagers)

    @contextmanager
    def at(self, ago: timedelta) -> Iterator[None]:
        """So long ago."""
        self.clock.set(NOW - ago)
        yield
        self.clock.set(NOW)

    def staff(self, name: str) -> Caller:
        """Somebody of the staff."""
        return self.forum.bearer(staff_token(name))

    def id_of(self, place: int) -> str:
        """The villager who is at that place of the week."""
        return self.people[place - 1].member_id


def staff_token(name: str) -> str:
    """The secret with which the staff of the village are signed in: at the desk as a cookie, on the API as bearer."""
    return f"{STAFF_PREFIX}village-{name}-{blake2s(name.encode(), digest_size=12).hexdigest()}"


def bring_to_life(forum: Forum, world: World, *, clock: SettableClock) -> None:
    """Fill the settled village with all that pages can show. The numbers of its leaderboards stay as they are."""
    life = Life(forum, world, clock)
    world.run(lambda session: ensure_prize_products(session, now=NOW))
    world.run(hire)
    _let_early_week_be_settled(life)
    _check_in_for_months(life)
    _keep_attendance_today(life)
    _write_today(life)
    _offer(life)
    give_past_prizes(world, staff=life.staff("jun"), at=life.at)
    with life.at(30 * DAY):
        told = add_webhook(life.staff("mina"))
    _exchange(life)
    _correct(life)
    _settle_purse(life)
    tell(world, told)
    world.run(_verify)
    _put_leaderboards_back(life)
    clock.set(NOW)


def done(response: Any) -> Any:
    """What the service answered; it must have agreed."""
    assert response.status_code < 300, response.get_data(as_text=True)
    return response.get_json()


def hire(session: Session) -> None:
    """One of each role, signed in at a desk."""
    for number, (name, role) in enumerate(STAFF):
        person = {"id": uuid7(), "name": name, "role": role, "hash": hashed_password(), "at": NOW - 200 * DAY}
        session.execute(text("insert into staff values (:id, :name, :hash, :role, :at)"), person)
        desk = {
            "digest": digest_of(staff_token(name)),
            "id": person["id"],
            "created": NOW - (2 + number) * HOUR,
            "expires": NOW + (10 - number) * HOUR,
            "agent": AGENT,
            "used": NOW - timedelta(minutes=3 + number),
        }
        session.execute(
            text(
                "insert into staff_session (digest, staff_id, created_at, expires_at, address, agent, last_used_at)"
                " values (:digest, :id, :created, :expires, '203.0.113.7', :agent, :used)"
            ),
            desk,
        )


def _let_early_week_be_settled(life: Life) -> None:
    """Six weeks ago eight members wrote; the service ranked them and gave the prizes."""
    world, calendar = life.world, life.world.terms.calendar
    world.run(lambda session: open_past_week(session, EARLY_WEEK, calendar=calendar))
    noon = calendar.day_start(EARLY_WEEK) + 12 * HOUR
    for number, one in enumerate(life.people[:8]):
        posts = [
            make_event("post.created", one.member_id, board="free", subject=f"post:e{number}:{n}", at=noon + n * HOUR)
            for n in range(9 - number)
        ]
        world.record(*posts, now=NOW)
    over = calendar.day_start(EARLY_WEEK + 7 * DAY) + timedelta(minutes=10)
    world.run(lambda session: settle(session, EARLY_WEEK, review=False, today=TODAY, now=over))


def _check_in_for_months(life: Life) -> None:
    """Each as many days in a row as the streak leaderboard says, with gaps before that."""
    start = life.world.terms.calendar.day_start(TODAY)
    arrivals: list[Arrival] = []
    for number, one in enumerate(life.people):
        here_today = number in ARRIVED_TODAY
        streak = max(64 - number * number // 5, 1) - here_today
        for back in range(1, 85):
            if back <= streak or (back > streak + 1 and _dice(f"{number} {back}") % 5 > 1):
                second = 2 + _dice(f"at {number} {back}") * 311 + number
                arrivals.append(
                    Arrival(one.member_id, start - back * DAY + timedelta(seconds=second), _said(number, back))
                )
    arrivals.sort(key=lambda one: one.checked_in_at)
    # Only the reader's earn something: what is recorded now counts as given today.
    others = [one for one in arrivals if one.member_id != READER]
    for first in range(0, len(others), 250):
        life.world.bring_in(*others[first : first + 250], award=False, now=NOW)
    life.world.bring_in(*(one for one in arrivals if one.member_id == READER), now=NOW)


def _said(number: int, back: int) -> str | None:
    said = ("출석합니다 🙋", "좋은 아침이에요!", "Good morning, neighbours", "오늘도 힘내요", "비 오네요 ☔")
    return said[(number + back) % len(said)] if (number + back) % 3 == 0 else None


def _dice(word: str) -> int:
    return blake2s(word.encode(), digest_size=1).digest()[0]


def _keep_attendance_today(life: Life) -> None:
    midnight = life.world.terms.calendar.day_start(TODAY)
    for number, (time, greeting) in ARRIVED_TODAY.items():
        hours, minutes, seconds = map(int, time.split(":"))
        at = midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)
        life.world.check_in(life.people[number].member_id, greeting=greeting, now=at)


def _write_today(life: Life) -> None:
    """What the reader did this week: seven comments of ten today, a question, likes, a comment that was deleted."""
    comments = [
        make_comment(READER, board="free", subject=f"comment:r{n}", at=NOW - timedelta(minutes=200 - 25 * n))
        for n in range(7)
    ]
    life.world.record(*comments, now=NOW)
    life.world.record(
        make_event("comment.deleted", READER, subject="comment:r2", at=NOW - timedelta(minutes=130)),
        make_event("post.created", READER, board="qna", subject="post:q1", at=NOW - 22 * HOUR),
        make_event("post.created", READER, board="market", subject="post:m1", at=NOW - 45 * HOUR),
        *(make_event("like.received", READER, subject="post:q1", at=NOW - timedelta(minutes=7 * n)) for n in range(6)),
        make_event("reply.received", READER, subject="comment:r1", at=NOW - timedelta(minutes=90)),
        now=NOW,
    )
    for member_id, name in (
        (SUSPENDED, "시끄러운 이웃"),
        (HIDDEN, "🤖 알림봇"),
        (OPTED_OUT, "조용한 독자"),
        (NEWCOMER, None),
    ):
        life.world.record(make_event("member.joined", member_id, at=NOW - 3 * DAY), now=NOW)
        if name:
            done(life.forum.key("members:write").put(f"/v1/members/{member_id}", json={"name": name}))


def _offer(life: Life) -> None:
    """The demo's catalogue, on the list for a while."""
    mina = life.staff("mina")
    with life.at(60 * DAY):
        for offer in OFFERS:
            document = offer.document_at(NOW) | {"picture": _upload(mina, offer.picture)}
            product = done(mina.post("/v1/staff/products", json=document))
            if offer.codes:
                csv = "\n".join(offer.lines_at(TODAY)).encode()
                address = f"/v1/staff/products/{product['id']}/codes"
                done(mina.post(address, data=csv, headers={"Content-Type": "text/csv"}))


def _upload(mina: Caller, file: Path) -> str:
    headers = {"Content-Type": "image/webp"}
    return done(mina.post("/v1/staff/pictures", data=file.read_bytes(), headers=headers))["picture"]


def _exchange(life: Life) -> None:
    """Redemptions in every state, the oldest first."""
    rich = {life.id_of(place): 15_000 + 170 * (14 - place) for place in range(1, 14)}
    rich |= {life.id_of(place): 3000 - 110 * place for place in range(15, 21)} | {OPTED_OUT: 2000}
    life.world.run(lambda session: open_balances(session, rich, now=NOW - 90 * DAY))
    ask = _Asking(life)
    ask.fulfilled(READER, "corner-shop-1000", ago=20 * DAY)
    ask.fulfilled(life.id_of(1), "coffee-3000", ago=9 * DAY)
    ask.fulfilled(READER, "animal-shelter-1000", ago=15 * DAY, code="고마운 이웃 카드 2026-11-09")
    ask.cancelled(READER, "corner-shop-1000", ago=8 * DAY)
    ask.fulfilled(life.id_of(2), "coffee-3000", ago=6 * DAY)
    ask.fulfilled(life.id_of(6), "animal-shelter-1000", ago=5 * DAY, code="고마운 이웃 카드 2026-11-19")
    ask.rejected(life.id_of(4), "corner-shop-1000", ago=4 * DAY)
    ask.cancelled(life.id_of(5), "corner-shop-1000", ago=3 * DAY)
    ask.requested(life.id_of(2), "cinema-12000", ago=51 * HOUR)
    ask.approved(life.id_of(13), "books-5000", ago=30 * HOUR)
    ask.claimed(life.id_of(3), "corner-shop-1000", ago=26 * HOUR, by="jun")
    ask.requested(READER, "ice-cream-500", ago=20 * HOUR)
    ask.requested(life.id_of(8), "coffee-3000", ago=9 * HOUR)
    ask.requested(life.id_of(1), "books-5000", ago=5 * HOUR)
    ask.requested(life.id_of(9), "corner-shop-1000", ago=3 * HOUR)
    ask.claimed(life.id_of(11), "coffee-3000", ago=70 * timedelta(minutes=1), by="mina")
    ask.requested(life.id_of(10), "corner-shop-1000", ago=55 * timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class _Asking:
    """Members who ask for products, and what becomes of it."""

    life: Life

    def requested(self, member_id: str, product: str, *, ago: timedelta) -> str:
        """It waits; the redemption's id."""
        with self.life.at(ago):
            member = self.life.forum.member(member_id)
            return done(member.post("/v1/market/redemptions", json={"product": product}))["id"]

    def cancelled(self, member_id: str, product: str, *, ago: timedelta) -> None:
        """Its member thought again."""
        redemption = self.requested(member_id, product, ago=ago)
        with self.life.at(ago - HOUR):
            done(self.life.forum.member(member_id).post(f"/v1/market/redemptions/{redemption}/cancel"))

    def claimed(self, member_id: str, product: str, *, ago: timedelta, by: str) -> str:
        """Somebody has it in hand; the redemption's id."""
        redemption = self.requested(member_id, product, ago=ago)
        self._step("claim", redemption, ago=ago / 4, by=by)
        return redemption

    def fulfilled(self, member_id: str, product: str, *, ago: timedelta, code: str | None = None) -> None:
        """The member has the code."""
        redemption = self.requested(member_id, product, ago=ago)
        self._step("claim", redemption, ago=ago - 2 * HOUR, by="jun")
        self._step("fulfil", redemption, ago=ago - 2 * HOUR, by="jun", code=code)

    def rejected(self, member_id: str, product: str, *, ago: timedelta) -> None:
        """Staff said no."""
        redemption = self.claimed(member_id, product, ago=ago, by="jun")
        reason = "같은 사람이 두 계정으로 신청했어요."
        self._step("reject", redemption, ago=ago / 4 - HOUR, by="jun", reason=reason)

    def approved(self, member_id: str, product: str, *, ago: timedelta) -> None:
        """A manager has looked at it; now somebody else may fulfil."""
        self._step("approve", self.requested(member_id, product, ago=ago), ago=ago / 2, by="mina")

    def _step(self, step: str, redemption: str, *, ago: timedelta, by: str, **said: str | None) -> None:
        with self.life.at(ago):
            done(self.life.staff(by).post(f"/v1/staff/redemptions/{redemption}/{step}", json=said or None))


def _correct(life: Life) -> None:
    """Suspended, hidden, opted out; points given and taken; an award of a final season taken back."""
    mina = life.staff("mina")
    with life.at(40 * HOUR):
        done(mina.post(f"/v1/staff/members/{SUSPENDED}/suspend", json={"suspended": True}))
        done(mina.post(f"/v1/staff/members/{HIDDEN}/hide", json={"hidden": True}))
        done(life.forum.member(OPTED_OUT).put(f"/v1/members/{OPTED_OUT}", json={"opted_out": True}))
    with life.at(30 * HOUR):
        _adjust(mina, life.id_of(7), 300, reason="가을 벼룩시장 준비를 도와줬어요.")
        _adjust(mina, life.id_of(5), -40, reason="같은 글이 두 번 올라왔어요.")
    with life.at(26 * HOUR):
        winner = life.id_of(1)
        seq = life.world.rows(
            "select max(seq) as seq from entry where season = :season and account_id ="
            " (select account_id from member where member_id = :winner)",
            season=EARLY_WEEK,
            winner=winner,
        )[0].seq
        body = {"member_id": winner, "seq": seq, "reason": "다른 사이트의 글을 그대로 옮긴 글이었어요."}
        done(mina.post("/v1/staff/reversals", json=body))
    with life.at(3 * HOUR):
        # More than one may give alone: it waits for mina.
        made = life.world.run(lambda session: create_key(session, name="이웃마을", scopes=["staff:manage"], now=NOW))
        _adjust(life.forum.bearer(made[1]), life.id_of(3), 6500, reason="석 달 동안 글쓰기 모임을 이끌어 줬어요.")


def _settle_purse(life: Life) -> None:
    """The reader has 1,340 points to spend, whatever came and went."""
    available = done(life.forum.member(READER).get(f"/v1/members/{READER}/balance"))["available"]
    with life.at(12 * DAY):
        _adjust(life.staff("mina"), READER, 1340 - available, reason="글쓰기 모임 ‘느린 우체통’ 참가 선물이에요.")


def _adjust(mina: Caller, member_id: str, points: int, *, reason: str) -> None:
    body = {"member_id": member_id, "points": points, "reason": reason}
    done(mina.post("/v1/staff/adjustments", json=body))


def _verify(session: Session) -> None:
    """The last time that everything was compared: three minutes ago, and clean."""
    for minutes in (123, 63, 3):
        at = NOW - timedelta(minutes=minutes)
        session.execute(
            text(
                "insert into verification (started_at, finished_at, rows, ranking_compared, findings)"
                " values (:started, :finished, 8214, true, 0)"
            ),
            {"started": at - timedelta(seconds=2), "finished": at},
        )


def _put_leaderboards_back(life: Life) -> None:
    """As the village has them, whatever was earned above."""
    boards: tuple[tuple[str, date, int], ...] = (("season", WEEK, 1), ("month", MONTH, 4), ("all-time", ALL_TIME, 31))

    def write(session: Session) -> None:
        for leaderboard, period, factor in boards:
            standings = [
                Standing(one.member_id, one.points * factor, NOW - timedelta(minutes=90 - number))
                for number, one in enumerate(life.people)
            ]
            give(session, standings, leaderboard=leaderboard, period=period, now=NOW)
        session.execute(
            text("update leaderboard_points set points = 0, version = version + 1 where account_id = any(:strangers)"),
            {"strangers": [life.world.account_id(one) for one in (SUSPENDED, HIDDEN, OPTED_OUT, NEWCOMER)]},
        )

    life.world.run(write)
    fill_streaks(life.world, life.people)
