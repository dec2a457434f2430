from datetime import timedelta

from tests.pages.test_ranking_page import read, words_of
from tests.support import village
from tests.support.http import Forum
from tests.support.village import NOW, WEEK
from tests.support.world import World


def test_a_newcomer_sees_what_runs_here_and_where_to_go(forum: Forum, settled: World) -> None:
    html = read(forum.anybody(), "/")

    text = words_of(html)
    assert "이웃마을의 포인트와 보상" in text
    assert "회원 20 원장 기록 65 확정된 주 5 처리를 기다리는 교환 0" in text
    assert "1위: 해오름 2,410 P" in text
    assert html.count("curl -s") == 3
    for door in ("/ranking", "/ranking/seasons", "/docs", "/readyz", "/problems/"):
        assert f'href="{door}"' in html


def test_it_speaks_english_too(forum: Forum, settled: World) -> None:
    text = words_of(read(forum.anybody(), "/", "en"))

    assert "Points and rewards of 이웃마을" in text
    assert "members 20 entries in the ledger 65 settled weeks 5 redemptions waiting 0" in text


def test_before_anything_happened_it_is_a_page_all_the_same(forum: Forum, world: World) -> None:
    text = words_of(read(forum.anybody(), "/"))

    assert "회원 0 원장 기록 0 확정된 주 0" in text
    assert "새 주가 시작됐어요." in text


def test_while_the_demo_feeds_it_says_how_far_it_is(forum: Forum, settled: World) -> None:
    settled.execute("insert into demo (shift_weeks, chosen_at) values (1174, :now)", now=NOW)

    feeding = read(forum.anybody(), "/")
    settled.execute("update demo set finished_at = :now", now=NOW)
    fed = read(forum.anybody(), "/")

    assert "28주 가운데 5주 가 확정됐어요" in words_of(feeding)
    assert "refresh.js" in feeding
    assert "가운데" not in words_of(fed)
    assert "refresh.js" not in fed


def test_it_tells_nothing_secret(forum: Forum, settled: World) -> None:
    html = read(forum.anybody(), "/")

    for secret in ("ptk_", "postgres", "redis://", str(settled.account_id(village.READER))):
        assert secret not in html


def test_the_language_is_the_readers_choice(forum: Forum, settled: World) -> None:
    caller = forum.anybody()

    by_address = caller.get("/?lang=en", headers={"Accept-Language": "ko"}).get_data(as_text=True)
    by_cookie = caller.get(f"/ranking/seasons/{WEEK - timedelta(weeks=1)}", headers={"Accept-Language": "ko"})
    by_default = forum.anybody().get("/", headers={"Accept-Language": "fr"}).get_data(as_text=True)
    unknown = forum.anybody().get("/?lang=xx", headers={"Accept-Language": "en-GB"}).get_data(as_text=True)

    assert '<html lang="en">' in by_address
    assert '<html lang="en">' in by_cookie.get_data(as_text=True)
    assert '<html lang="ko">' in by_default
    assert '<html lang="en">' in unknown
