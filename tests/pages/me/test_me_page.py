"""What the page of one's own says, and what its forms do."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from rewards.app import create_app
from rewards.earning.correct import adjust
from rewards.members.profile import suspend
from rewards.policy.document import DEFAULT_POLICY, read_document
from rewards.ranking.seasons import Calendar
from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.factories import make_comment, make_event
from tests.support.http import Forum
from tests.support.member_pages import Reader, form_of, reader_of, redirected_to, visitor_of, words_of
from tests.support.shop import open_shop
from tests.support.village import LONG, NOW, READER
from tests.support.world import World, open_world

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def correct(world: World, points: int, *, reason: str = "이벤트", member_id: str = READER) -> None:
    world.run(
        lambda session: adjust(
            session, member_id, points=points, reason=reason, actor="staff:mina", now=NOW, overdraft=True
        )
    )


def days_of(html: str) -> list[str]:
    """The names of the statement's days, in their order."""
    return [unescape(name) for name in re.findall(r'<h3><time datetime="[\d-]+">([^<]+)</time>', html)]


def lines_of(html: str) -> int:
    return html.count('<span class="sum number')


def test_it_says_at_once_what_i_have(forum: Forum, settled: World) -> None:
    words = reader_of(forum, READER).words("/me")

    assert "쓸 수 있는 포인트 1,340 P 잔액 1,340 P 교환 대기 0 P" in words
    assert "내 등급 잎새 8% 나무까지 3,660P 남았어요." in words
    assert "이번 주 14위 이번 달 14위 전체 14위 연속 출석 14위" in words


def test_it_says_the_same_in_english(forum: Forum, settled: World) -> None:
    words = reader_of(forum, READER, language="en").words("/me")

    assert "Points to spend 1,340 P Balance 1,340 P Set aside 0 P" in words
    assert "My level Leaf 8% 3,660P to Tree." in words
    assert "Sunday 22 November" in words


def test_it_says_why_line_by_line_and_what_was_left_after_each_day(forum: Forum, settled: World) -> None:
    comments = [make_comment(READER, at=NOW - (30 - number) * MINUTE, board="free") for number in range(8)]
    settled.record(*comments, now=NOW)
    settled.check_in(READER, now=NOW)

    words = reader_of(forum, READER).words("/me")

    assert "오늘 · 11월 24일 화요일 잔액 1,520P 출석 · 1등 보너스 13:18 +80 P 출석 13:18 +20 P" in words
    assert "댓글 · 자유게시판 · 오늘 8/10 12:55 +10 P 댓글 · 자유게시판 · 오늘 7/10 12:54 +10 P" in words
    assert "11월 22일 일요일 잔액 1,340P 댓글 · 1/10" in words


def test_what_earned_nothing_is_said_too(forum: Forum, settled: World) -> None:
    comments = [make_comment(READER, at=NOW - (30 - number) * MINUTE, board="free") for number in range(13)]
    settled.record(*comments, now=NOW)
    settled.record(make_event("post.created", READER, board="notice", subject="post:n", at=NOW), now=NOW)

    words = reader_of(forum, READER).words("/me")

    assert "포인트가 안 들어온 이유" in words
    assert "댓글 3건 · 하루 한도를 넘었어요 0 P" in words
    assert "글 1건 · 포인트가 없는 게시판이에요(공지사항) 0 P" in words


def test_a_day_on_which_nothing_came_is_there_with_its_reason(forum: Forum, settled: World) -> None:
    settled.record(
        make_event("post.created", READER, board="notice", subject="post:n", at=NOW - timedelta(hours=1)), now=NOW
    )

    html = reader_of(forum, READER).read("/me")

    assert days_of(html)[0] == "오늘 · 11월 24일 화요일"
    assert "포인트가 없는 게시판이에요(공지사항)" in words_of(html)


def test_points_set_aside_name_what_they_are_for(forum: Forum, settled: World, settings: Settings) -> None:
    shop = open_shop(settled, keys=settings.code_keys)
    shop.offer("coffee", name_ko="커피 5,000원권", price=500)
    redemption_id = shop.redeem(READER, "coffee")
    reader = reader_of(forum, READER)

    waiting = reader.read("/me")
    shop.cancel(READER, redemption_id)
    cancelled = reader.words("/me")

    assert "쓸 수 있는 포인트 840 P 잔액 1,340 P 교환 대기 500 P 커피 5,000원권 500 P" in words_of(waiting)
    assert f'href="/market/redemptions/{redemption_id}"' in waiting
    assert "취소되면 돌아와요." in words_of(waiting)
    assert "쓸 수 있는 포인트 1,340 P 잔액 1,340 P 교환 대기 0 P" in cancelled
    assert (
        "취소되어 돌려받음 · 커피 5,000원권 13:18 500 P 교환 신청으로 따로 둠 · 커피 5,000원권 13:18 500 P" in cancelled
    )
    assert "잔액 1,340P" in cancelled


def test_an_exchange_is_named_by_its_product(forum: Forum, settled: World, settings: Settings) -> None:
    shop = open_shop(settled, keys=settings.code_keys)
    shop.offer("coffee", name_ko="커피 5,000원권", price=500)
    redemption_id = shop.redeem(READER, "coffee")
    shop.fulfil(redemption_id, code="COFFEE-CODE-0001")

    words = reader_of(forum, READER).words("/me")

    assert "교환 · 커피 5,000원권 13:18 −500 P" in words
    assert "COFFEE-CODE" not in words


def test_what_is_owed_is_said_with_what_follows_from_it(forum: Forum, settled: World) -> None:
    correct(settled, -2000)

    words = reader_of(forum, READER).words("/me")

    assert "쓸 수 있는 포인트 0 P 갚을 포인트가 660P 있어요." in words
    assert "잔액 −660 P" in words
    assert "운영자 조정 · 이벤트 13:18 −2,000 P" in words


def test_a_suspended_member_is_told_plainly(forum: Forum, settled: World) -> None:
    settled.run(lambda session: suspend(session, READER, suspended=True, now=NOW))

    words = reader_of(forum, READER).words("/me")

    assert "활동이 정지되어 있어요. 풀릴 때까지 포인트를 받거나 쓸 수 없고 순위에도 나오지 않아요." in words


@pytest.mark.parametrize(
    "by_hand,language,says",
    [
        ("숲", "ko", "내 등급 숲 운영자가 정한 등급이에요."),
        ("숲", "en", "My level Forest Given to you by staff."),
        ("이장님", "en", "My level 이장님 Given to you by staff."),
    ],
)
def test_a_level_by_hand_says_so(forum: Forum, settled: World, by_hand: str, language: str, says: str) -> None:
    settled.execute("update member set level_by_hand = :level where member_id = :id", level=by_hand, id=READER)

    assert says in reader_of(forum, READER, language=language).words("/me")


def test_whoever_has_nothing_yet_is_told_how_it_begins(forum: Forum, world: World) -> None:
    words = reader_of(forum, "newcomer").words("/me")

    assert "아직 포인트가 없어요. 곧 첫 포인트가 생겨요." in words
    assert "내 등급 새싹 0% 잎새까지 1,000P 남았어요." in words
    assert "순위 없음" in words


def test_without_a_policy_the_page_is_there_all_the_same(forum: Forum, settled: World, clock: SettableClock) -> None:
    clock.set(datetime(2026, 11, 1, tzinfo=UTC))  # before the first version

    assert "잔액 1,340 P" in reader_of(forum, READER).words("/me")


def test_earned_and_spent_are_a_tab_away(forum: Forum, settled: World) -> None:
    correct(settled, -100)
    reader = reader_of(forum, READER)

    spent, earned = reader.read("/me?kind=spent"), reader.read("/me?kind=earned")

    assert (lines_of(spent), days_of(spent)) == (1, ["오늘 · 11월 24일 화요일"])
    assert "잔액 1,240P" in words_of(spent)
    assert "−100" not in words_of(earned).partition("포인트 내역")[2]
    assert lines_of(reader.read("/me?kind=nonsense")) == lines_of(reader.read("/me"))


def test_a_visitor_is_shown_the_way_in(forum: Forum, settled: World) -> None:
    response = visitor_of(forum).get("/me")

    assert response.status_code == 401
    assert "회원" in words_of(response)


def test_names_and_reasons_are_text_whatever_they_hold(forum: Forum, settled: World) -> None:
    evil = '"><script>alert(1)</script>{{ 7*7 }}'
    correct(settled, 10, reason=evil)
    correct(settled, 10, reason=f"{LONG} 🦊 مرحبا")

    html = reader_of(forum, READER).read("/me")

    assert "<script>alert" not in html
    assert evil in unescape(html)
    assert f"<bdi>{LONG} 🦊 مرحبا</bdi>" in html


def test_a_thousand_lines_are_paged_without_a_gap_or_a_double(forum: Forum, engine: Engine) -> None:
    document = read_document(DEFAULT_POLICY)
    document["rules"]["video.watched"] = {"points": 1}
    world = open_world(engine, policy=document, at=NOW - 90 * DAY)
    for batch in range(4):
        events = [
            make_event("video.watched", at=NOW - timedelta(hours=2 * (250 * batch + number))) for number in range(250)
        ]
        world.record(*events, now=NOW)
    reader = reader_of(forum, "mina")

    path, lines, days, balances = "/me", 0, list[str](), list[int]()
    while path:
        html = reader.read(path)
        lines += lines_of(html)
        days += [day for day in days_of(html) if not days or day != days[-1]]
        balances += [int(points.replace(",", "")) for points in re.findall(r"잔액 ([\d,]+)P</p>", html)]
        more = re.search(r'href="([^"]+)#statement" rel="next"', html)
        path = unescape(more[1]) if more else ""

    assert lines == 1000
    assert len(days) == len(set(days)) == len(balances) == 84
    assert balances[0] == 1000
    assert balances == sorted(balances, reverse=True)


def test_a_cursor_of_another_statement_is_refused_in_words(forum: Forum, settled: World) -> None:
    response = reader_of(forum, READER).get("/me?cursor=abc")

    assert response.status_code in (400, 422)
    assert "요청대로 열지 못했어요" in words_of(response)


def test_days_end_at_the_communitys_midnight(forum: Forum, world: World) -> None:
    midnight = world.terms.calendar.day_start(datetime(2026, 11, 24, tzinfo=UTC).date())
    world.record(make_event("login", at=midnight - timedelta(seconds=1)), make_event("login", at=midnight), now=NOW)

    html = reader_of(forum, "mina").read("/me")

    assert days_of(html) == ["오늘 · 11월 24일 화요일", "어제 · 11월 23일 월요일"]
    assert "오늘 1/1 00:00 +2 P 어제" in words_of(html)
    assert "방문 · 1/1 23:59 +2 P" in words_of(html)


def test_another_time_zone_has_other_days(
    settings: Settings, engine: Engine, world: World, clock: SettableClock
) -> None:
    moved = replace(settings, community_timezone=ZoneInfo("America/New_York"))
    app = create_app(moved, clock=clock, engine=engine)
    there = world.with_calendar(Calendar(ZoneInfo("America/New_York")))
    clock.set(datetime(2027, 3, 14, 18, tzinfo=UTC))  # the clock goes forward there: the day has 23 hours
    instants = [datetime(2027, 3, 14, 4, 59, tzinfo=UTC) + timedelta(hours=hours) for hours in (0, 1, 13)]
    there.record(*[make_event("like.received", at=at) for at in instants], now=clock.now)

    html = reader_of(Forum(app, moved, engine, clock), "mina").read("/me")

    assert days_of(html) == ["오늘 · 3월 14일 일요일", "어제 · 3월 13일 토요일"]
    assert "오늘 2/20 13:59" in words_of(html)


def choose(reader: Reader) -> object:
    form = form_of(reader.read("/me"), action="/me/ranking")
    return redirected_to(reader.press("/me/ranking", form=form))


def test_a_member_leaves_the_ranking_and_comes_back(forum: Forum, settled: World) -> None:
    reader = reader_of(forum, READER)

    assert choose(reader) == "/me"

    off = reader.words("/me")
    assert "랭킹에서 빠졌어요. 포인트는 그대로 쌓여요." in off
    assert "랭킹에 다시 나오기" in off
    assert "민지" not in visitor_of(forum).words("/ranking")
    assert choose(reader) == "/me"
    assert "다시 랭킹에 나와요." in reader.words("/me")
    assert "민지" in visitor_of(forum).words("/ranking")


def test_whom_staff_keep_off_the_ranking_has_no_button_to_come_back(forum: Forum, settled: World) -> None:
    settled.execute("update member set hidden = true where member_id = :id", id=READER)

    html = reader_of(forum, READER).read("/me")

    assert "운영자가 랭킹에서 제외했어요." in words_of(html)
    assert 'action="/me/ranking"' not in html


def test_a_choice_that_is_none_changes_nothing(forum: Forum, settled: World) -> None:
    reader = reader_of(forum, READER)
    form = form_of(reader.read("/me"), action="/me/ranking")

    assert redirected_to(reader.press("/me/ranking", form=form, shown="perhaps")) == "/me"

    assert "바뀐 것이 없어요." in reader.words("/me")
    assert settled.rows("select 1 from member where opted_out") == []


@pytest.mark.parametrize("path", ["/me/ranking", "/me/sign-out-everywhere"])
@pytest.mark.parametrize("proof", [None, "0" * 64])
def test_another_site_can_do_nothing_here(forum: Forum, settled: World, path: str, proof: str | None) -> None:
    reader = reader_of(forum, READER)
    form = form_of(reader.read("/me"), action="/me/ranking")

    assert reader.press(path, form=form, csrf=proof).status_code == 403

    assert "잔액 1,340 P" in reader.words("/me"), "still signed in"
    assert settled.rows("select 1 from member where opted_out") == []
