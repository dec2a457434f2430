"""What the ranking page says, read as text; how it looks is for the browser's tests."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
import redis
from flask import Flask
from sqlalchemy import Engine

from rewards.app import create_app
from rewards.ranking.projection import project
from rewards.runtime.database import snapshot
from rewards.runtime.redis import connect_redis
from rewards.runtime.settings import Settings
from tests.support import village
from tests.support.clock import SettableClock
from tests.support.factories import make_comment
from tests.support.http import Caller, Forum
from tests.support.village import NOW, READER, WEEK, Villager
from tests.support.world import World

BYTES_MAX = 60_000


def read(caller: Caller, path: str, language: str = "ko") -> str:
    response = caller.get(path, headers={"Accept": "text/html", "Accept-Language": language})
    assert response.status_code == 200, response.get_data(as_text=True)
    assert len(response.data) < BYTES_MAX
    return response.get_data(as_text=True)


def words_of(html: str) -> str:
    """The text of a page, its tags gone and its spaces single."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def signed_in(forum: Forum, member_id: str = READER) -> Caller:
    caller = forum.anybody()
    assert caller.get(f"/sso?next=/ranking&token={forum.token(member_id)}").status_code == 303
    return caller


def ranks_of(html: str) -> list[int]:
    return [int(rank.replace(",", "")) for rank in re.findall(r'<td class="rank">([\d,]+)</td>', html)]


def test_it_says_what_the_box_on_the_forums_front_page_promises(forum: Forum, settled: World) -> None:
    text = words_of(read(forum.anybody(), "/ranking"))

    assert "이번주 포인트 랭킹 11월 23일 – 29일 5 일 10 시간 42 분 초기화까지 남았어요" in text
    assert "매주 일요일 밤 0시에 랭킹을 초기화합니다." in text
    assert "1위 상품권 4,000원 2 2위 상품권 3,000원 3 3위 상품권 2,000원" in text


def test_it_says_the_same_in_english(forum: Forum, settled: World) -> None:
    text = words_of(read(forum.anybody(), "/ranking", "en"))

    assert "This week's point ranking 23 – 29 November 5 days 10 hours 42 minutes until the reset" in text
    assert "The ranking is reset every Sunday at midnight." in text
    assert "4,000 won gift card" in text


def test_the_first_three_stand_on_the_podium_with_their_prizes_and_the_rest_in_the_table(
    forum: Forum, settled: World
) -> None:
    html = read(forum.anybody(), "/ranking")

    text = words_of(html)
    assert "1위: 해오름 2,410 P 4,000원" in text
    assert "3위: Mina_K 1,755 P 2,000원" in text
    assert ranks_of(html) == list(range(4, 21))


def test_a_change_is_said_by_an_arrow_a_number_and_words(forum: Forum, settled: World) -> None:
    text = words_of(read(forum.anybody(), "/ranking"))

    assert "솔바람 1,540 P ▲2 2계단 올랐어요" in text
    assert "초록지붕 1,210 P ▼1 1계단 내려갔어요" in text
    assert "jinwoo.dev 1,180 P – 그대로예요" in text
    assert f"{village.LONG} 980 P 9" in text, "whoever was not there at midnight has no change"


def test_my_place_says_what_the_next_one_is_worth(forum: Forum, settled: World) -> None:
    text = words_of(read(signed_in(forum), "/ranking"))

    assert "내 순위 14위 260 P" in text
    assert "13위까지 120P 남았어요. 댓글 12개면 닿아요." in text
    assert "민지 (나) 260" in text
    assert "내 포인트: 1,340 P" in text


def test_the_promise_of_the_next_place_comes_true(forum: Forum, settled: World, clock: SettableClock) -> None:
    today = [make_comment(READER, at=NOW + timedelta(minutes=number)) for number in range(10)]
    tomorrow = [make_comment(READER, at=NOW + timedelta(days=1, minutes=number)) for number in range(2)]

    settled.record(*today, now=NOW + timedelta(hours=1))
    settled.record(*tomorrow, now=NOW + timedelta(days=1, hours=1))

    clock.set(NOW + timedelta(days=1, hours=1))
    assert "내 순위 13위 380 P" in words_of(read(signed_in(forum), "/ranking"))


def test_comments_are_left_out_where_the_days_cap_makes_them_untrue(
    forum: Forum, settled: World, clock: SettableClock
) -> None:
    clock.set(NOW + timedelta(days=5))  # Sunday, with ten comments left until the reset, and twelve needed

    text = words_of(read(signed_in(forum), "/ranking"))

    assert "13위까지 120P 남았어요." in text
    assert "닿아요" not in text


def test_the_first_is_told_the_lead(forum: Forum, settled: World) -> None:
    text = words_of(read(signed_in(forum, "villager-01"), "/ranking"))

    assert "지금 1위예요. 2위보다 430P 앞서 있어요." in text


def test_whoever_has_no_points_is_told_how_to_begin(forum: Forum, settled: World) -> None:
    text = words_of(read(signed_in(forum, "newcomer"), "/ranking"))

    assert "댓글 하나면 10P를 받고 랭킹에 올라가요." in text


@pytest.mark.parametrize("reason", ["hidden", "opted_out"])
def test_whoever_is_kept_off_the_ranking_is_told_so_and_nobody_else_sees_them(
    forum: Forum, settled: World, reason: str
) -> None:
    settled.execute(f"update member set {reason} = true where member_id = :id", id=READER)

    mine = words_of(read(signed_in(forum), "/ranking"))
    theirs = words_of(read(forum.anybody(), "/ranking"))

    assert "내 순위 – 260 P 랭킹에는 나오지 않아요. 포인트는 그대로 쌓여요." in mine
    assert "민지" not in theirs


def test_the_first_minute_of_a_week_is_nobodys(forum: Forum, world: World) -> None:
    text = words_of(read(forum.anybody(), "/ranking"))

    assert "새 주가 시작됐어요. 첫 번째가 되어 보세요." in text
    assert "상품권 4,000원" in text, "the prizes are those of the policy, before anybody has opened the week"


@pytest.mark.parametrize(
    "board,says",
    [
        ("month", "2026년 11월 · 20명"),
        ("all-time", "74,710 P"),
        ("streak", "해오름 64 일"),
    ],
)
def test_the_other_leaderboards_are_a_tab_away(forum: Forum, settled: World, board: str, says: str) -> None:
    html = read(forum.anybody(), f"/ranking/{board}")

    assert says in words_of(html)
    assert f'href="/ranking/{board}" aria-current="page"' in html
    assert html.count("4,000원") == 1, "only the week has prizes: those of its box"


def test_a_leaderboard_that_is_not_one_is_no_page(forum: Forum, settled: World) -> None:
    assert forum.anybody().get("/ranking/fame", headers={"Accept": "text/html"}).status_code == 404


def test_a_thousand_members_are_paged_without_a_gap_or_a_double(forum: Forum, world: World) -> None:
    village.open_week(world)
    people = [Villager(f"member-{number:04}", f"회원 {number}", 5000 - number // 3, None) for number in range(1000)]
    village.name_them(world, people)
    village.fill(world, people, leaderboard="season", period=WEEK)

    path, ranks = "/ranking", [1, 2, 3]
    while path:
        html = read(forum.anybody(), path)
        ranks += ranks_of(html)
        more = re.search(r'href="([^"]+)#board" rel="next"', html)
        path = unescape(more[1]) if more else ""

    assert ranks == list(range(1, 1001))


def test_somebody_far_down_sees_the_places_around_too(forum: Forum, world: World) -> None:
    village.open_week(world)
    people = [Villager(f"member-{number:04}", f"회원 {number}", 5000 - number, None) for number in range(300)]
    village.name_them(world, people)
    village.fill(world, people, leaderboard="season", period=WEEK)

    html = read(signed_in(forum, "member-0200"), "/ranking")

    assert ranks_of(html) == [*range(4, 51), 199, 200, 201, 202, 203]
    assert "201 회 회원 200 (나)" in words_of(html)
    assert "200위까지 2P 남았어요. 댓글 1개면 닿아요." in words_of(html)


def test_a_cursor_that_we_never_gave_is_refused_in_words(forum: Forum, settled: World) -> None:
    response = forum.anybody().get("/ranking?cursor=abc", headers={"Accept": "text/html", "Accept-Language": "ko"})

    assert response.status_code in (400, 422)
    assert "요청대로 열지 못했어요" in response.get_data(as_text=True)


def test_redis_makes_no_difference(
    forum: Forum, settled: World, settings: Settings, clock: SettableClock, engine: Engine, redis_client: redis.Redis
) -> None:
    with snapshot(engine) as session:
        project(session, redis_client, now=NOW)
    from_redis = read(forum.anybody(), "/ranking")
    away = create_app(settings, clock=clock, engine=engine, redis=connect_redis("redis://127.0.0.1:1"))
    without = read(Caller(away.test_client()), "/ranking")

    assert from_redis == without


def test_another_reset_is_said_as_it_is(
    settings: Settings, settled: World, clock: SettableClock, engine: Engine
) -> None:
    moved = replace(settings, season_reset=replace(settings.season_reset, weekday=4, hour=21))
    app = create_app(moved, clock=clock, engine=engine)

    assert "매주 금요일 21:00에 랭킹을 초기화합니다." in words_of(read(Caller(app.test_client()), "/ranking"))


def test_nicknames_are_text_whatever_they_hold(forum: Forum, settled: World) -> None:
    evil = '"><script>alert(1)</script>{{ 7*7 }}'
    settled.execute("update member set name = :name where member_id = 'villager-01'", name=evil)

    html = read(forum.anybody(), "/ranking")

    assert "<script>alert" not in html
    assert evil in unescape(html)


def test_a_picture_of_another_host_is_not_shown(forum: Forum, settled: World) -> None:
    settled.execute("update member set avatar = 'https://elsewhere.example/a.png' where member_id = 'villager-01'")
    settled.execute("update member set avatar = '/avatars/2.png' where member_id = 'villager-02'")

    html = read(forum.anybody(), "/ranking")

    assert "elsewhere.example" not in html
    assert '<img class="face" src="/avatars/2.png" alt=""' in html


def test_nothing_is_inline_and_the_policy_on_content_is_strict(forum: Forum, settled: World) -> None:
    for path in ("/", "/ranking", "/ranking/seasons", "/problems/", "/nowhere"):
        response = forum.anybody().get(path, headers={"Accept": "text/html"})
        html = response.get_data(as_text=True)
        policy = response.headers["Content-Security-Policy"]

        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html), path
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html)), path
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy or "default-src 'self'" in policy


def test_a_page_is_never_kept_by_what_lies_between(forum: Forum, settled: World) -> None:
    response = forum.anybody().get("/ranking", headers={"Accept": "text/html"})

    assert response.headers["Cache-Control"] == "private, no-cache"
    assert {"cookie", "accept-language"} <= {name.lower() for name in response.vary}


def test_assets_may_be_kept_for_good_under_the_name_of_their_content(app: Flask, forum: Forum, settled: World) -> None:
    html = read(forum.anybody(), "/ranking")
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', html)

    assert len(addresses) == 5
    for address in addresses:
        kept = forum.anybody().get(unescape(address))
        assert kept.status_code == 200
        assert "immutable" in kept.headers["Cache-Control"]
        assert "immutable" not in forum.anybody().get(address.partition("?")[0]).headers.get("Cache-Control", "")
    assert forum.anybody().get("/static/../frame.py").status_code == 404
    assert forum.anybody().get("/static/nothing.css").status_code == 404
