"""What the boxes say, who may show them, how long they may be kept."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from rewards.app import create_app
from rewards.pages.embed.page import top_asked
from rewards.ranking.projection import project
from rewards.runtime.database import create_engine_from, snapshot
from rewards.runtime.redis import connect_redis
from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum
from tests.support.member_pages import Reader, reader_of, visitor_of
from tests.support.village import LONG, NOW, READER, RIGHT_TO_LEFT
from tests.support.world import World

BYTES_MAX = 8_000
BOXES = ("/embed/ranking", "/embed/attendance")
MIDNIGHT = NOW + timedelta(hours=10, minutes=42)
RESET = MIDNIGHT + timedelta(days=5)


@pytest.fixture
def visitor(forum: Forum, settled: World) -> Reader:
    """Somebody on the forum's front page."""
    return visitor_of(forum)


def box(reader: Reader, path: str) -> TestResponse:
    response = reader.get(path)
    assert response.status_code == 200
    assert len(response.data) < BYTES_MAX
    return response


def words(reader: Reader, path: str) -> str:
    """What a box says, as one hears it."""
    html = box(reader, path).get_data(as_text=True).partition("<main")[2]
    spoken = re.sub(r'<span[^>]*aria-hidden="true">.*?</span>', "", re.sub(r"</?(?:b|bdi)\b[^>]*>", "", f"<main{html}"))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", spoken)).strip()


def come(world: World, *names: str, greeting: str | None = None) -> None:
    for number, name in enumerate(names):
        world.check_in(f"id-{name}"[:60], now=NOW - timedelta(minutes=30 - number), greeting=greeting)
        world.execute("update member set name = :name where member_id = :id", name=name, id=f"id-{name}"[:60])


def test_the_weeks_box_says_what_the_front_page_promises(visitor: Reader) -> None:
    said = words(visitor, "/embed/ranking")

    assert "이번주 포인트 랭킹 11월 23일 – 29일 매주 일요일 밤 0시에 랭킹을 초기화합니다." in said
    assert "1위 해오름 상품권 4,000원 2,410 P" in said
    assert "3위 Mina_K 상품권 2,000원 1,755 P" in said
    assert "5위 초록지붕 1,210 P" in said
    assert "jinwoo.dev" not in said
    assert "전체 랭킹 보기" in said


def test_it_says_the_same_in_english(visitor: Reader) -> None:
    said = words(visitor, "/embed/ranking?lang=en")

    assert "This week's point ranking" in said.replace("&#39;", "'")
    assert "The ranking is reset every Sunday at midnight." in said
    assert "4,000 won gift card" in said


@pytest.mark.parametrize("asked,shown", [("3", 3), ("10", 10), ("99", 10), ("1", 3), ("x", 5), ("-4", 5), ("", 5)])
def test_so_many_places_are_shown(visitor: Reader, asked: str, shown: int) -> None:
    assert box(visitor, f"/embed/ranking?top={asked}").get_data(as_text=True).count("<li ") == shown


@given(written=st.none() | st.text())
def test_whatever_is_asked_for_is_three_to_ten(written: str | None) -> None:
    assert 3 <= top_asked(written) <= 10


def test_before_anybody_has_points_the_prizes_are_there_to_be_won(forum: Forum, world: World) -> None:
    said = words(visitor_of(forum), "/embed/ranking")

    assert "1위 첫 번째가 되어 보세요 상품권 4,000원" in said
    assert "2위 아직 비어 있어요 상품권 3,000원" in said


def test_todays_box_says_who_came_first_and_what_is_said(forum: Forum, world: World) -> None:
    assert "아직 아무도 오지 않았어요." in words(visitor_of(forum), "/embed/attendance")
    come(world, "해오름", LONG, RIGHT_TO_LEFT, "🦊 여우비", greeting="오늘도 <좋은> 하루")

    said = words(visitor_of(forum), "/embed/attendance")

    assert f"오늘의 출석 4명 1위 해오름 +80 P 2위 {LONG} +50 P 3위 {RIGHT_TO_LEFT} +30 P" in said
    assert said.count("오늘도 &lt;좋은&gt; 하루") == 3
    assert "출석하기 · +20P" in said, "what everybody gets, however late the box is read"


def test_a_session_that_comes_along_says_whether_its_member_was_here(forum: Forum, world: World) -> None:
    reader = reader_of(forum, READER)

    before = words(reader, "/embed/attendance")
    world.check_in(READER, now=NOW)
    after = words(reader, "/embed/attendance")

    assert "출석하기 · +100P" in before
    assert "오늘 출석했어요 · 1일째" in after
    assert "출석하기" not in after


def test_somebody_suspended_is_promised_nothing(forum: Forum, world: World) -> None:
    reader = reader_of(forum, READER)
    world.execute("update member set suspended_at = :now where member_id = :id", now=NOW, id=READER)

    assert "P" not in words(reader, "/embed/attendance")


@pytest.mark.parametrize("path", BOXES)
def test_every_link_leads_out_of_the_box(visitor: Reader, path: str) -> None:
    links = re.findall(r"<a [^>]*>", box(visitor, path).get_data(as_text=True))

    assert len(links) == 2
    assert all('target="_top"' in link and 'href="/' in link for link in links)


@pytest.mark.parametrize("path", BOXES)
@pytest.mark.parametrize("allowed", [(), ("https://forum.example", "https://*.board.example:8443")])
def test_only_the_pages_that_the_operator_names_may_show_it(
    settings: Settings, settled: World, clock: SettableClock, engine: Engine, path: str, allowed: tuple[str, ...]
) -> None:
    app = create_app(replace(settings, embed_ancestors=allowed), clock=clock, engine=engine)

    response = Caller(app.test_client()).get(path)

    policy = response.headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors {' '.join(allowed) or chr(39) + 'none' + chr(39)}")
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "X-Frame-Options" not in response.headers
    other = Caller(app.test_client()).get("/ranking")
    assert other.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'"), "all else stays out of frames"


@pytest.mark.parametrize("path", BOXES)
def test_a_visitors_box_is_kept_for_a_minute_and_then_asked_for_by_its_tag(visitor: Reader, path: str) -> None:
    first = box(visitor, path)
    again = visitor.caller.get(path, headers={"If-None-Match": first.headers["ETag"], "Accept-Language": "ko"})
    other = visitor.caller.get(path, headers={"If-None-Match": first.headers["ETag"], "Accept-Language": "en"})

    assert first.headers["Cache-Control"] == "public, max-age=60"
    assert (again.status_code, again.data) == (304, b"")
    assert "frame-ancestors" in again.headers["Content-Security-Policy"]
    assert other.status_code == 200
    assert "Set-Cookie" not in first.headers


@pytest.mark.parametrize("path", BOXES)
def test_what_is_private_stays_so(forum: Forum, settled: World, path: str) -> None:
    response = box(reader_of(forum, READER), path)

    assert response.headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in response.vary
    tagged = reader_of(forum, READER).caller.get(
        path, headers={"If-None-Match": response.headers["ETag"], "Accept-Language": "ko"}
    )
    assert tagged.status_code == 304


@pytest.mark.parametrize("path", BOXES)
def test_the_answer_varies_by_what_it_depends_on(visitor: Reader, path: str) -> None:
    assert set(box(visitor, path).vary) == {"Cookie", "Accept-Language"}
    assert set(box(visitor, f"{path}?lang=ko").vary) == {"Cookie"}
    assert "Set-Cookie" not in box(visitor, f"{path}?lang=en").headers


def test_nothing_is_kept_beyond_midnight_or_the_reset(visitor: Reader, clock: SettableClock) -> None:
    clock.set(RESET - timedelta(seconds=20))
    last = [box(visitor, path).headers["Cache-Control"] for path in BOXES]
    clock.set(RESET)
    first = [box(visitor, path).headers["Cache-Control"] for path in BOXES]

    assert last == ["public, max-age=20"] * 2
    assert first == ["public, max-age=60"] * 2


def test_the_forum_chooses_scheme_and_accent_and_a_typo_breaks_nothing(visitor: Reader) -> None:
    chosen = box(visitor, "/embed/ranking?scheme=dark&accent=FFEE00").get_data(as_text=True)
    plain = box(visitor, "/embed/ranking").get_data(as_text=True)

    assert '<html lang="ko" class="dark">' in chosen
    assert 'content="dark"' in chosen
    sheet = re.findall(r'href="(/static/brand\.css\?colour=ffee00[^"]*)"', chosen)[0].replace("&amp;", "&")
    assert "immutable" in visitor.get(sheet).headers["Cache-Control"]
    assert visitor.get(sheet).data != visitor.get("/static/brand.css").data
    for typo in ("scheme=pink&accent=red", "accent=%23ff0000", "accent=ffee00;}", "accent=", "accent=１２３４５６"):
        assert box(visitor, f"/embed/ranking?{typo}").get_data(as_text=True) == plain, typo


def test_it_loads_little_and_nothing_from_elsewhere(visitor: Reader) -> None:
    for path in BOXES:
        html = box(visitor, path).get_data(as_text=True)

        assert "<script" not in html
        assert not re.search(r"\sstyle=|\son\w+=|https?://", html)
        sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', html)
        assert len(sheets) == 2
        assert sum(len(visitor.get(sheet.replace("&amp;", "&")).data) for sheet in sheets) < 6_000


def test_redis_makes_no_difference(
    forum: Forum, settled: World, settings: Settings, clock: SettableClock, engine: Engine, redis_client: redis.Redis
) -> None:
    with snapshot(engine) as session:
        project(session, redis_client, now=NOW)
    away = create_app(settings, clock=clock, engine=engine, redis=connect_redis("redis://127.0.0.1:1"))

    with_redis = box(visitor_of(forum), "/embed/ranking?top=10").data
    without = box(Reader(Caller(away.test_client())), "/embed/ranking?top=10").data

    assert with_redis == without


@pytest.mark.parametrize("path", BOXES)
def test_while_the_database_is_away_the_box_says_so_quietly_and_is_not_kept(
    settings: Settings, world: World, clock: SettableClock, path: str
) -> None:
    nowhere = create_engine_from("postgresql://nobody@127.0.0.1:1/nothing", application_name="tests")
    app: Flask = create_app(replace(settings, embed_ancestors=("https://a.example",)), clock=clock, engine=nowhere)

    response = Caller(app.test_client()).get(path, headers={"Accept": "text/html", "Accept-Language": "ko"})

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Security-Policy"].endswith("frame-ancestors https://a.example")
    assert "잠시" in response.get_data(as_text=True)
