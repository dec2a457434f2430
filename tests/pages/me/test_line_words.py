"""Every line that the ledger can hold has words, in both languages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from ledger.postings import Kind
from rewards.attendance.bonuses import parts_of_check_in
from rewards.members.explanations import Behind, Count, Product, Refusal
from rewards.members.statement import StatementLine
from rewards.pages.languages import LANGUAGES, Language
from rewards.pages.statement_words import LineWords, Telling, line_words, refusal_words
from rewards.policy.names import Name, Names
from rewards.ranking.seasons import Calendar
from tests.support.world import default_policy

NOW = datetime(2026, 11, 24, 4, 18, tzinfo=UTC)
TODAY = date(2026, 11, 24)
HANGUL = re.compile("[가-힣]")
CONTRAS: dict[str, tuple[str, ...]] = {
    "capture": ("redemption",),
    "refund": ("redemption",),
    "adjustment": ("adjustment",),
    "grant": ("opening-balance", "welcome"),
    "transfer": ("transfer",),
    "expiry": ("expiry",),
    "merge": ("merge",),
}
"""Beside the issuance of a rule, which the other kinds name."""
REASONS = (
    ("capped", "once_ever", "한 번만 받을 수 있어요"),
    ("capped", "once_per_subject", "같은 것에는 한 번만 받아요"),
    ("capped", "cooldown", "앞의 것과 간격이 너무 짧았어요"),
    ("capped", "daily_times", "하루 한도를 넘었어요"),
    ("capped", "daily_points", "하루 포인트를 이미 다 받았어요"),
    ("declined", "not_enough_points", "이용료를 낼 포인트가 모자랐어요"),
    ("rejected", "suspended", "활동이 정지된 때였어요"),
    ("rejected", "deleted_before", "먼저 삭제됐어요"),
)
LINE = StatementLine(
    seq=12,
    points=10,
    kind="award",
    contra="issuance:comment.created",
    transfer_id=UUID(int=1),
    balance_after=10,
    held_after=0,
    occurred_at=NOW,
    recorded_at=NOW,
    season=None,
    month=None,
    reverses=None,
    award_seq=None,
    note=None,
    event=None,
    account_id=UUID(int=2),
)


@contextmanager
def speaking(app: Flask, locale: Language) -> Iterator[Telling]:
    """A request in that language."""
    with app.test_request_context("/me", headers={"Accept-Language": locale}):
        yield Telling(
            names=default_policy().names, locale=locale, calendar=Calendar(ZoneInfo("Asia/Seoul")), today=TODAY
        )


def said(app: Flask, behind: Behind | None = None, *, locale: Language = "ko", **changed: object) -> str:
    with speaking(app, locale) as telling:
        return str(line_words(replace(LINE, **changed), behind or Behind(), telling=telling))


def parts_of_the_default_policy() -> set[str]:
    """Every part that a check-in can earn."""
    rules = default_policy().attendance
    last = date(2027, 1, 31)  # a Sunday, and the last of its month
    parts: set[str] = set()
    for length in (1, *rules.streaks, 31):
        days = {last - timedelta(days=back) for back in range(length)}
        for place in (1, 2, 3, 4):
            parts |= {part.rule for part in parts_of_check_in(last, place=place, days=days, rules=rules)}
    return parts


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_entry_has_words(app: Flask, kind: str, locale: Language) -> None:
    for contra in CONTRAS.get(kind, ("issuance:post.created",)):
        for points in (10, -10):
            words = said(app, locale=locale, kind=kind, contra=contra, points=points)

            assert not words.startswith(contra)
            assert not re.match(rf"{kind}\b", words), "the ledger's own word is for the ledger"
            assert bool(HANGUL.search(words)) == (locale == "ko"), words


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_rule_and_every_part_of_a_check_in_has_words(app: Flask, locale: Language) -> None:
    rules = {key for key, rule in default_policy().rules.rules.items() if rule.points or rule.boards}
    parts = parts_of_the_default_policy()
    assert len(parts) == 10

    for key in rules | parts:
        words = said(app, locale=locale, contra=f"issuance:{key}")

        assert key not in words
        assert bool(HANGUL.search(words)) == (locale == "ko"), words


@pytest.mark.parametrize(
    "contra,words",
    [
        ("issuance:attendance.base", "출석"),
        ("issuance:attendance.place.1", "출석 · 1등 보너스"),
        ("issuance:attendance.streak.7", "연속 출석 7일"),
        ("issuance:attendance.perfect-week", "일주일 개근"),
        ("issuance:attendance.perfect-month", "한 달 개근"),
        ("issuance:member.joined", "가입"),
        ("issuance:video.watched", "video.watched"),
        ("issuance:attendance.place.first", "attendance.place.first"),
    ],
)
def test_awards_are_called_what_people_call_them(app: Flask, contra: str, words: str) -> None:
    assert said(app, contra=contra) == words


def test_a_board_and_how_far_the_day_is_used_are_said(app: Flask) -> None:
    behind = Behind(board="free", times=Count(7, 10))

    assert said(app, behind) == "댓글 · 자유게시판 · 오늘 7/10"
    assert said(app, behind, locale="en") == "Comment · Free board · today 7/10"
    assert said(app, behind, occurred_at=NOW - timedelta(days=1)) == "댓글 · 자유게시판 · 7/10"
    assert said(app, Behind(board="cellar", points=Count(18, 20))) == "댓글 · cellar · 오늘 18/20P"
    assert said(app, Behind(times=Count(2, 3), points=Count(5, 9))) == "댓글 · 오늘 2/3 · 5/9P"


def test_what_is_taken_back_and_given_again_names_what_it_is_about(app: Flask) -> None:
    behind = Behind(board="free", award_at=NOW - timedelta(days=4))
    about: dict[str, Any] = {"reverses": 3, "award_seq": 3, "points": -10}

    assert said(app, behind, kind="reversal", **about) == "댓글 · 자유게시판 · 삭제되어 회수 · 11월 20일 몫"
    assert (
        said(app, behind, kind="reversal", note="두 번 셌어요", **about)
        == "댓글 · 자유게시판 · 운영자가 회수 · 11월 20일 몫 · 두 번 셌어요"
    )
    assert said(app, behind, kind="restore", **about) == "댓글 · 자유게시판 · 복구되어 다시 지급 · 11월 20일 몫"


def test_what_staff_and_the_market_do_is_said(app: Flask) -> None:
    coffee = Behind(product=Product("커피 5,000원권", "5,000 won of coffee"))

    assert said(app, coffee, kind="capture", contra="redemption") == "교환 · 커피 5,000원권"
    assert said(app, coffee, kind="capture", contra="redemption", locale="en") == "Exchange · 5,000 won of coffee"
    assert said(app, kind="adjustment", contra="adjustment", note="이벤트 당첨") == "운영자 조정 · 이벤트 당첨"
    assert said(app, kind="grant", contra="opening-balance") == "이전 포인트 · 옮겨 온 잔액"
    assert said(app, Behind(board="market"), kind="charge", contra="issuance:post.created") == "글 · 장터 · 이용료"


def test_the_policy_names_what_the_catalogue_does_not_know(app: Flask) -> None:
    names = Names({"cellar": Name("지하실", "Cellar")}, {"video.watched": Name("영상 보기", "Video")})
    line = replace(LINE, contra="issuance:video.watched")
    with speaking(app, "ko") as telling:
        korean = line_words(line, Behind(board="cellar"), telling=replace(telling, names=names))
    with speaking(app, "en") as telling:
        english = line_words(line, Behind(board="cellar"), telling=replace(telling, names=names))

    assert (str(korean), str(english)) == ("영상 보기 · 지하실", "Video · Cellar")


def test_a_kind_that_nobody_knows_yet_is_shown_as_it_is(app: Flask) -> None:
    assert said(app, kind="lottery", contra="wheel") == "lottery · wheel"


@pytest.mark.parametrize("outcome,reason,why", REASONS)
def test_what_earned_nothing_says_why(app: Flask, outcome: str, reason: str, why: str) -> None:
    refusal = Refusal(day=TODAY, type="comment.created", board=None, outcome=outcome, reason=reason, events=3)
    with speaking(app, "ko") as telling:
        assert refusal_words(refusal, telling=telling) == f"댓글 3건 · {why}"
    with speaking(app, "en") as telling:
        english = refusal_words(refusal, telling=telling)
        assert english.startswith("Comment × 3: ")
        assert "_" not in english


def test_a_board_without_points_is_named(app: Flask) -> None:
    refusal = Refusal(
        day=TODAY, type="post.created", board="notice", outcome="ignored", reason="board_earns_nothing", events=1
    )
    with speaking(app, "ko") as telling:
        assert refusal_words(refusal, telling=telling) == "글 1건 · 포인트가 없는 게시판이에요(공지사항)"


def test_words_are_one_line_of_parts() -> None:
    assert str(LineWords("댓글", ("자유게시판", "오늘 7/10"))) == "댓글 · 자유게시판 · 오늘 7/10"
    assert str(LineWords("운영자 조정", (), "이벤트")) == "운영자 조정 · 이벤트"
