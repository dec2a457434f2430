from datetime import date, timedelta

from tests.pages.test_ranking_page import ranks_of, read, signed_in, words_of
from tests.support import village
from tests.support.clock import SettableClock
from tests.support.http import Forum
from tests.support.village import NOW, WEEK
from tests.support.world import World

LAST_WEEK = WEEK - timedelta(weeks=1)


def test_the_hall_of_fame_has_the_winners_of_every_week(forum: Forum, settled: World) -> None:
    text = words_of(read(forum.anybody(), "/ranking/seasons"))

    assert text.count("20명이 함께했어요") == 5
    assert "11월 16일 – 22일 1 달 달빛서재 2,489 P 2 M Mina_K 2,378 P 3 솔 솔바람 2,267 P" in text


def test_before_the_first_week_is_over_the_hall_says_so(forum: Forum, world: World) -> None:
    assert "아직 끝난 주가 없어요." in words_of(read(forum.anybody(), "/ranking/seasons"))


def test_the_hall_is_paged(forum: Forum, world: World) -> None:
    village.open_week(world)
    people = village.villagers()[:3]
    village.name_them(world, people)
    village.settle_past_weeks(world, people, weeks=30)

    first = read(forum.anybody(), "/ranking/seasons")
    cursor = first.split("/ranking/seasons?cursor=")[1].split('"')[0]
    second = read(forum.anybody(), f"/ranking/seasons?cursor={cursor}")

    assert (first.count("week-card"), second.count("week-card")) == (24, 6)


def test_a_settled_week_shows_its_standing_and_its_hash(forum: Forum, settled: World) -> None:
    html = read(signed_in(forum), f"/ranking/seasons/{LAST_WEEK}")

    text = words_of(html)
    row = settled.rows("select standings_hash from season where season_id = :season", season=LAST_WEEK)[0]
    assert "확정 순위" in text
    assert row.standings_hash.hex() in text
    assert "달빛서재 2,489 P 4,000원" in text
    assert "민지 (나)" in text
    assert ranks_of(html) == list(range(4, 21))
    assert f"/ranking/seasons/{LAST_WEEK - timedelta(weeks=1)}" in html


def test_somebody_who_was_erased_is_nobody_in_particular(forum: Forum, settled: World) -> None:
    settled.execute("update member set member_id = null, name = null, salt = null where member_id = 'villager-02'")

    hall = words_of(read(forum.anybody(), "/ranking/seasons"))
    week = words_of(read(forum.anybody(), f"/ranking/seasons/{LAST_WEEK}"))

    assert "탈퇴한 회원 2,489 P" in hall
    assert "탈퇴한 회원 2,489 P" in week
    assert "달빛서재" not in hall + week


def test_a_week_that_is_not_over_has_no_page_yet(forum: Forum, settled: World) -> None:
    assert forum.anybody().get(f"/ranking/seasons/{WEEK}", headers={"Accept": "text/html"}).status_code == 404
    assert forum.anybody().get("/ranking/seasons/2026-02-31", headers={"Accept": "text/html"}).status_code == 404


def test_right_after_the_reset_the_ranking_says_that_last_week_is_being_settled(
    forum: Forum, settled: World, clock: SettableClock
) -> None:
    clock.set(NOW + timedelta(days=5, hours=10, minutes=43))

    ranking = words_of(read(forum.anybody(), "/ranking"))
    week = words_of(read(forum.anybody(), f"/ranking/seasons/{WEEK}"))

    assert "새 주가 시작됐어요. 첫 번째가 되어 보세요." in ranking
    assert "지난주 결과를 정리하고 있어요." in ranking
    assert "지금까지의 순위" in week
    assert "해오름 2,410 P" in week
    assert "해시" not in week


def test_a_result_under_review_is_called_provisional(forum: Forum, settled: World, clock: SettableClock) -> None:
    clock.set(NOW + timedelta(days=5, hours=12))
    village.move_past_week(settled, WEEK, "closing", "provisional")

    assert "지난주 결과는 아직 잠정이에요." in words_of(read(forum.anybody(), "/ranking"))
    assert "아직 잠정이에요." in words_of(read(forum.anybody(), f"/ranking/seasons/{WEEK}"))


def test_last_weeks_winners_stand_beside_the_ranking(forum: Forum, settled: World) -> None:
    text = words_of(read(forum.anybody(), "/ranking"))

    assert "지난주 수상자 11월 16일 – 22일 1 달 달빛서재 2,489 P" in text


def test_weeks_of_long_ago_are_not_called_last_week(forum: Forum, world: World) -> None:
    village.open_week(world)
    people = village.villagers()[:3]
    village.name_them(world, people)
    world.run(lambda session: village.open_past_week(session, date(2024, 11, 18), calendar=world.terms.calendar))

    assert "지난주" not in words_of(read(forum.anybody(), "/ranking"))
