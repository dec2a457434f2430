"""How points work, as the page says it: it follows the policy, whatever that is."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from market.limits import Limit
from rewards.app import create_app
from rewards.policy.document import DEFAULT_POLICY, read_document
from rewards.policy.load import apply_policy
from rewards.runtime.settings import SeasonReset, Settings
from tests.support.clock import SettableClock
from tests.support.http import Forum
from tests.support.member_pages import visitor_of, words_of
from tests.support.shop import open_shop
from tests.support.village import NOW
from tests.support.world import World

NEXT = datetime(2026, 12, 1, 0, 0, tzinfo=UTC) - timedelta(hours=9)


def document_with(**changes: dict[str, Any]) -> dict[str, Any]:
    """The default policy with some entries of its sections replaced."""
    document = read_document(DEFAULT_POLICY)
    return {**document, **{section: {**document[section], **given} for section, given in changes.items()}}


def put_in_force(world: World, document: dict[str, Any], *, valid_from: datetime = NOW) -> None:
    world.run(lambda session: apply_policy(session, document, by="test", now=NOW, valid_from=valid_from))


def test_it_says_the_default_policy(forum: Forum, world: World) -> None:
    words = visitor_of(forum).words("/points")

    assert "글 +20 P 하루 10번 질문게시판 +30 P 공지사항 없음 익명게시판 없음 장터 −50 P" in words
    assert "1분 간격 · 같은 것에는 한 번만 · 이용료는 포인트가 있어야 낼 수 있어요" in words
    assert "댓글 +10 P 하루 10번 공지사항 없음 익명게시판 없음 15초 간격 · 같은 것에는 한 번만" in words
    assert "답글 받음 +3 P 하루 20P" in words
    assert "좋아요 받음 +5 P 하루 20번" in words
    assert "방문 +2 P 하루 1번" in words
    assert "가입 +100 P 처음 한 번" in words


def test_it_says_attendance_levels_prizes_and_the_reset(forum: Forum, world: World) -> None:
    words = visitor_of(forum).words("/points")

    assert "매일 출석 +20 P 그날 1등 +80 P 그날 2등 +50 P 그날 3등 +30 P 연속 출석 7일 +70 P" in words
    assert "월요일부터 일요일까지 개근 +50 P 한 달 개근 +300 P" in words
    assert "새싹 0P부터 잎새 1,000P부터 나무 5,000P부터 숲 20,000P부터 산 100,000P부터" in words
    assert "1위 상품권 4,000원 2 2위 상품권 3,000원 3 3위 상품권 2,000원" in words
    assert "매주 일요일 밤 0시에 랭킹을 초기화합니다." in words
    assert "초기화 뒤 10분 안에 도착한 지난주 활동까지는 지난주에 들어가요." in words


def test_it_says_what_deletions_take_back(forum: Forum, world: World) -> None:
    words = visitor_of(forum).words("/points")

    assert "댓글 삭제: 답글 받음, 좋아요 받음 포인트도 받은 회원에게서 함께 회수돼요." in words
    assert "글 삭제: 좋아요 받음 포인트도 받은 회원에게서 함께 회수돼요." in words


def test_it_is_english_too(forum: Forum, world: World) -> None:
    words = visitor_of(forum, language="en").words("/points")

    assert "Post +20 P 10 times a day Questions +30 P Anonymous none Notices none Flea market −50 P" in words
    assert "at least one minute apart · once for the same thing · a cost that must be affordable" in words
    assert "7 days in a row +70 P" in words
    assert "Sprout from 0P" in words
    assert not re.search("[가-힣]", words.replace("이웃마을", ""))


def test_a_changed_rule_changes_the_page(forum: Forum, world: World) -> None:
    rules = {
        "comment.created": {"points": 7, "times_per_day": 3, "cooldown_s": 7200},
        "video.watched": {"points": 4, "points_per_day": 1000, "name": "영상 보기", "name_en": "Video"},
        "spam.found": {"points": -30, "must_afford": False},
    }
    put_in_force(world, document_with(rules=rules))

    words = visitor_of(forum).words("/points")

    assert "댓글 +7 P 하루 3번 2시간 간격" in words
    assert "영상 보기 +4 P 하루 1,000P" in words
    assert "spam.found −30 P – 한도 없음 포인트가 모자라도 빠져요" in words
    assert "+10 P 하루 10번" not in words


def test_attendance_levels_and_prizes_follow_too(forum: Forum, world: World) -> None:
    document = document_with()
    document["attendance"] = {"base": 5, "places": [9], "streaks": {"3": 33}}
    document["levels"] = [{"points": 0, "name": "돌", "name_en": "Stone"}]
    document["prizes"] = []
    put_in_force(world, document)

    words = visitor_of(forum).words("/points")

    assert "매일 출석 +5 P 그날 1등 +9 P 연속 출석 3일 +33 P 하루에 한 번" in words
    assert "개근" not in words
    assert "돌 0P부터" in words
    assert "상품은 없어요." in words


def test_a_rule_that_is_over_is_gone_and_one_to_come_says_from_when(forum: Forum, world: World) -> None:
    rules = {
        "login": {"points": 2, "valid_until": (NOW - timedelta(days=1)).isoformat()},
        "like.received": {
            "points": 5,
            "valid_from": NEXT.isoformat(),
            "valid_until": (NEXT + timedelta(days=3)).isoformat(),
        },
    }
    put_in_force(world, document_with(rules=rules))

    words = visitor_of(forum).words("/points")

    assert "방문" not in words
    assert "2026년 12월 1일 00:00부터 · 2026년 12월 4일 00:00까지" in words


def test_a_policy_that_is_announced_is_shown_with_its_date(forum: Forum, world: World) -> None:
    put_in_force(world, document_with(rules={"login": {"points": 9, "times_per_day": 1}}), valid_from=NEXT)

    now, later = visitor_of(forum).words("/points"), visitor_of(forum).words("/points/next")

    assert "2026년 12월 1일 00:00부터 바뀌는 것이 있어요. 미리 보기" in now
    assert "방문 +2 P" in now
    assert "2026년 12월 1일 00:00부터 적용될 안내예요." in later
    assert "방문 바뀌어요 +9 P" in later
    assert later.count("바뀌어요") == 1


def test_what_is_announced_marks_sections_and_says_what_is_gone(forum: Forum, world: World) -> None:
    document = document_with(attendance={"base": 25})
    del document["rules"]["login"]
    document["prizes"] = document["prizes"][:2]
    put_in_force(world, document, valid_from=NEXT)

    words = visitor_of(forum).words("/points/next")

    assert "없어지는 것: 방문" in words
    assert "출석 바뀌어요 매일 출석 +25 P" in words
    assert "포인트 랭킹 바뀌어요" in words
    assert "등급 바뀌어요" not in words


def test_a_new_name_alone_is_no_change(forum: Forum, world: World) -> None:
    login = {**read_document(DEFAULT_POLICY)["rules"]["login"], "name": "들르기"}
    put_in_force(world, document_with(rules={"login": login}), valid_from=NEXT)

    words = visitor_of(forum).words("/points/next")

    assert "들르기 +2 P" in words
    assert "바뀌어요" not in words


def test_its_day_comes_and_it_is_in_force(forum: Forum, world: World, clock: SettableClock) -> None:
    put_in_force(world, document_with(rules={"login": {"points": 9}}), valid_from=NEXT)
    clock.set(NEXT)

    assert "방문 +9 P" in visitor_of(forum).words("/points")
    assert visitor_of(forum).get("/points/next").status_code == 404


def test_without_anything_announced_there_is_no_next_page(forum: Forum, world: World) -> None:
    assert "미리 보기" not in visitor_of(forum).words("/points")
    assert visitor_of(forum).get("/points/next").status_code == 404


def test_before_the_first_policy_it_says_so(forum: Forum, world: World, clock: SettableClock) -> None:
    clock.set(NOW - timedelta(days=1))

    assert "아직 정해진 규칙이 없어요." in visitor_of(forum).words("/points")


@pytest.mark.parametrize(
    "weekday,hour,says", [(4, 21, "매주 금요일 21:00에 랭킹을 초기화합니다."), (0, 0, "매주 일요일 밤 0시에 랭킹을")]
)
def test_the_reset_and_the_grace_are_the_operators(
    settings: Settings, world: World, clock: SettableClock, engine: Engine, weekday: int, hour: int, says: str
) -> None:
    reset = SeasonReset(weekday=weekday, hour=hour, minute=0)
    moved = replace(settings, season_reset=reset, season_grace_s=0, redemption_expiry_days=3)
    app = create_app(moved, clock=clock, engine=engine)

    words = visitor_of(Forum(app, moved, engine, clock)).words("/points")

    assert says in words
    assert "초기화 뒤에 도착한 활동은 지난주에 들어가지 않아요." in words
    assert "3일 안에 처리되지 않으면 취소되고" in words


def test_what_the_market_limits_is_said_product_by_product(forum: Forum, world: World, settings: Settings) -> None:
    shop = open_shop(world, keys=settings.code_keys)
    shop.offer("coffee", name_ko="커피", name_en="Coffee", limit=Limit(2, "month"))
    shop.offer("book", name_ko="도서", name_en="Book", limit=Limit(1, "ever"), needs_approval=True)
    shop.offer("free", name_ko="편의점", name_en="Shop")

    korean, english = visitor_of(forum).words("/points"), visitor_of(forum, language="en").words("/points")

    assert "커피: 한 달 2번까지" in korean
    assert "도서: 통틀어 1번까지" in korean
    assert "도서: 운영자 승인을 거쳐요." in korean
    assert "편의점" not in korean
    assert "Coffee: at most 2 a month." in english


def test_a_long_policy_is_still_a_small_page(forum: Forum, world: World) -> None:
    full = {"times_per_day": 3, "cooldown_s": 61, "boards": {"free": 90, "qna": 0}}
    rules = {f"thing.number-{number}": {"points": number, **full} for number in range(1, 60)}
    put_in_force(world, document_with(rules=rules))

    assert "thing.number-59" in words_of(visitor_of(forum).read("/points"))
