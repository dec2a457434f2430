"""What the attendance page says to whom, read as text; how it looks is for the browser's tests."""

import re
from datetime import timedelta
from html import unescape

import pytest

from rewards.attendance.attend import Arrival
from rewards.policy.document import DEFAULT_POLICY, read_document
from tests.support.clock import SettableClock
from tests.support.http import Forum
from tests.support.member_pages import Reader, form_of, reader_of, redirected_to, visitor_of, words_of
from tests.support.village import LONG, NOW, READER, RIGHT_TO_LEFT, TODAY
from tests.support.world import World, open_world

DAY = timedelta(days=1)
MIDNIGHT = NOW + timedelta(hours=10, minutes=42)


@pytest.fixture
def minji(forum: Forum, world: World) -> Reader:
    """A member who was here on each of the seventeen days before today, and 22 days in a row before a missed one."""
    days = [TODAY - number * DAY for number in range(1, 41) if number != 18]
    arrivals = [Arrival(READER, world.terms.calendar.day_start(day) + timedelta(hours=9)) for day in days]
    world.bring_in(*arrivals, award=False, now=NOW)
    return reader_of(forum, READER)


def come(world: World, *member_ids: str, greeting: str | None = None) -> None:
    for number, member_id in enumerate(member_ids):
        world.check_in(member_id, now=NOW - timedelta(minutes=len(member_ids) - number), greeting=greeting)


def press(reader: Reader, **changed: str | None) -> str:
    """Press the button; what the next page says."""
    answer = reader.press("/attendance", form=form_of(reader.read("/attendance"), action="/attendance"), **changed)
    return reader.words(redirected_to(answer))


def test_it_says_at_once_what_i_get_and_how_far_my_streak_is(minji: Reader, world: World) -> None:
    come(world, *(f"other-{number}" for number in range(7)))

    said = minji.words("/attendance")

    assert "연속 출석 17일째 13일 더 오면 30일, +300P를 받아요" in said
    assert "출석하기 · +20P 지금 출석하면 오늘의 8번째 자정까지 10시간 42분" in said
    assert "가장 길었던 연속 출석은 22일이에요" in said
    assert '<progress max="30" value="17"' in minji.read("/attendance")


def test_it_says_the_same_in_english(minji: Reader, forum: Forum) -> None:
    said = reader_of(forum, READER, language="en").words("/attendance")

    assert "Day 17 13 more days make 30 days, for +300P" in said
    assert "Check in · +100P" in said
    assert "Now you would be number 1 of the day. 10 h 42 min to midnight" in said


def test_the_button_counts_the_bonuses_of_the_place_and_says_the_parts(minji: Reader) -> None:
    said = minji.words("/attendance")

    assert "출석하기 · +100P 출석 +20 P 오늘의 1등 +80 P" in said


def test_afterwards_it_says_what_i_got_part_by_part_and_what_i_said(
    minji: Reader, forum: Forum, clock: SettableClock
) -> None:
    clock.set(MIDNIGHT + 5 * DAY - timedelta(seconds=1))  # Sunday: the streak has broken, nothing else is full
    minji = reader_of(forum, READER)

    said = press(minji, greeting="  좋은 아침! <b>😀</b> ")

    assert "출석했어요. 100P를 받았어요." in said
    assert "연속 출석 1일째" in said
    assert "오늘 1번째로 출석했어요 좋은 아침! <b>😀</b> 출석 +20 P 오늘의 1등 +80 P 모두 더해서 +100 P" in said
    assert "출석하기" not in said


def test_a_second_press_changes_nothing_and_says_so_only_if_it_said_something_else(minji: Reader, world: World) -> None:
    form = form_of(minji.read("/attendance"), action="/attendance")
    first = minji.press("/attendance", form=form, greeting="안녕")
    assert "출석했어요. 100P를 받았어요." in minji.words(redirected_to(first))
    balance = world.account(READER).balance

    minji.press("/attendance", form=form, greeting="안녕")
    said = minji.words("/attendance")
    minji.press("/attendance", form=form, greeting="또 안녕")
    other = minji.words("/attendance")

    assert "이미" not in said
    assert "오늘은 이미 출석했어요. 처음 남긴 한마디가 그대로예요." in other
    assert world.account(READER).balance == balance
    assert world.rows("select count(*) as n from attendance where day = :day", day=TODAY)[0].n == 1


def test_a_form_from_before_midnight_is_refused_in_words_and_keeps_what_was_written(
    forum: Forum, world: World, clock: SettableClock
) -> None:
    clock.set(MIDNIGHT - timedelta(seconds=1))
    minji = reader_of(forum, READER)
    form = form_of(minji.read("/attendance"), action="/attendance")
    clock.set(MIDNIGHT)

    refused = minji.press("/attendance", form=form, greeting="겨우 왔다")

    assert refused.status_code == 409
    assert "그사이 자정이 지나 어제 출석이 되지 않았어요." in words_of(refused)
    assert 'value="겨우 왔다"' in refused.get_data(as_text=True)
    assert world.rows("select count(*) as n from attendance where day >= :day", day=TODAY)[0].n == 0
    again = minji.press("/attendance", form=form_of(refused, action="/attendance"), greeting="겨우 왔다")
    assert "오늘 1번째로 출석했어요 겨우 왔다" in minji.words(redirected_to(again))


@pytest.mark.parametrize("greeting", ["가" * 101, "두\x07줄"])
def test_a_greeting_that_cannot_be_taken_is_shown_again_with_what_is_wrong(minji: Reader, greeting: str) -> None:
    form = form_of(minji.read("/attendance"), action="/attendance")

    refused = minji.press("/attendance", form=form, greeting=greeting)

    assert refused.status_code == 422
    assert "한 줄로 100자까지 쓸 수 있어요." in words_of(refused)
    assert 'aria-invalid="true"' in refused.get_data(as_text=True)
    assert "출석하기 · +100P" in words_of(refused)


def test_a_hundred_signs_of_any_kind_are_a_greeting(minji: Reader) -> None:
    assert "🦊" * 100 in press(minji, greeting="🦊" * 100)


@pytest.mark.parametrize("changed", [{"csrf": None}, {"csrf": "0" * 64}, {"day": None}, {"day": "today"}])
def test_only_the_pages_own_form_checks_in(minji: Reader, world: World, changed: dict[str, str | None]) -> None:
    form = form_of(minji.read("/attendance"), action="/attendance")

    refused = minji.press("/attendance", form=form, **changed)

    assert 400 <= refused.status_code < 500
    assert world.rows("select count(*) as n from attendance where day = :day", day=TODAY)[0].n == 0


def test_a_visitor_sees_what_there_is_to_earn_and_how_to_come_in(forum: Forum, world: World) -> None:
    come(world, "haeoreum", greeting="첫눈!")
    visitor = visitor_of(forum)

    said = visitor.words("/attendance")

    assert "오늘 출석하면 +70 P 지금 출석하면 오늘의 2번째 포럼의 포인트 링크로 들어오면 출석할 수 있어요." in said
    assert "매일 +20 P 오늘의 1등 +80 P" in said
    assert "연속 출석 30일 +300 P" in said
    assert "haeoreum +80P" in said
    assert "첫눈!" in said
    assert "<form" not in visitor.read("/attendance").partition("<main")[2].partition("</main>")[0]
    assert visitor.press("/attendance", form={"day": str(TODAY)}).status_code == 401


def test_somebody_suspended_is_told_so_and_has_no_button(minji: Reader, world: World) -> None:
    form = form_of(minji.read("/attendance"), action="/attendance")
    world.execute("update member set suspended_at = :now where member_id = :id", now=NOW, id=READER)

    said = minji.words("/attendance")

    assert "지금은 출석할 수 없어요. 운영진이 이용을 멈춰 두었어요." in said
    assert "출석하기" not in said
    assert "다가오는 보너스" not in said
    assert "지금은 출석할 수 없어요." in minji.words(redirected_to(minji.press("/attendance", form=form)))


def test_the_month_is_a_table_of_days_with_the_bonuses_ahead(minji: Reader) -> None:
    html = minji.read("/attendance")

    by_day = {
        int(day): classes.split()
        for classes, day in re.findall(r'<td class="([^"]*)"[^>]*><time datetime="2026-11-(\d\d)"', html)
    }
    assert sorted(by_day) == list(range(1, 31))
    assert [day for day in by_day if "here" in by_day[day]] == [*range(1, 6), *range(7, 24)]
    assert [day for day in by_day if "now" in by_day[day]] == [24]
    assert [day for day in by_day if "gain" in by_day[day]] == [29]
    assert "22일 출석했어요" in words_of(html)
    assert (
        "다가오는 보너스 11월 29일 일주일 개근 +50 P 12월 6일 연속 출석 30일 +300 P 12월 31일 한 달 개근 +300 P"
        in words_of(html)
    )


def test_earlier_months_are_a_step_away_and_none_lies_ahead(minji: Reader) -> None:
    html = minji.read("/attendance")
    assert 'rel="next"' not in html.partition('id="month"')[2].partition("</section>")[0]

    october = minji.read("/attendance?month=2026-10")

    assert "2026년 10월" in words_of(october)
    assert "17일 출석했어요" in words_of(october)
    assert "다가오는 보너스" not in words_of(october)
    assert 'href="/attendance?month=2026-09' not in october, "nobody needs to look before the first day"
    assert 'href="/attendance?month=2026-11#month"' in october
    for wrong in ("month=2026-12", "month=2026-13", "month=november", "day=2026-11-25", "day=2026-02-30", "day="):
        assert minji.get(f"/attendance?{wrong}").status_code == 404, wrong


def test_other_days_have_their_boards(minji: Reader, world: World) -> None:
    come(world, "haeoreum")

    today, yesterday = minji.words("/attendance"), minji.words("/attendance?day=2026-11-23")
    missed = minji.words("/attendance?day=2026-11-06")

    assert "1명 · 1등 +80 · 2등 +50 · 3등 +30" in today
    assert "11월 23일의 출석" in yesterday
    assert "(나) 09:00:00" in yesterday
    assert "+80P" not in yesterday, "what was in force on another day is not said"
    assert "이날은 아무도 출석하지 않았어요." in missed


def test_the_first_minute_of_a_day_is_nobodys(minji: Reader) -> None:
    assert "아직 아무도 오지 않았어요. 첫 번째가 되어 보세요." in minji.words("/attendance")


def test_a_thousand_members_are_paged_in_order_of_arrival(forum: Forum, world: World) -> None:
    start = world.terms.calendar.day_start(TODAY)
    for first in range(0, 1000, 250):
        arrivals = [
            Arrival(f"member-{number:04}", start + timedelta(seconds=number), "가나다라" * 25)
            for number in range(first, first + 250)
        ]
        world.bring_in(*arrivals, award=False, now=NOW)
    visitor, path, places = visitor_of(forum), "/attendance", list[int]()

    while path:
        html = visitor.read(path)
        places += [int(place) for place in re.findall(r'<li[^>]* value="(\d+)"', html)]
        more = re.search(r'href="([^"]+)#board" rel="next"', html)
        path = unescape(more[1]) if more else ""

    assert places == list(range(1, 1001))
    refused = visitor.get("/attendance?cursor=abc")
    assert refused.status_code in (400, 422)


def test_names_and_greetings_are_text_whatever_they_hold(forum: Forum, world: World) -> None:
    evil = '"><script>alert(1)</script>{{ 7*7 }}'
    names = {"evil": evil, "long": LONG, "arab": RIGHT_TO_LEFT, "fox": "🦊 여우비", "erased": "x"}
    come(world, *names, greeting=evil)
    for member_id, name in names.items():
        world.execute("update member set name = :name where member_id = :id", name=name, id=member_id)

    html = visitor_of(forum).read("/attendance")

    assert "<script>alert" not in html
    assert html.count('<bdi class="who"') == 5
    assert html.count('<bdi class="greeting"') == 5
    assert evil in unescape(html)


def test_a_check_in_that_was_brought_along_earned_nothing_and_says_so_by_silence(forum: Forum, world: World) -> None:
    world.bring_in(Arrival(READER, NOW - timedelta(hours=1)), award=False, now=NOW)

    said = reader_of(forum, READER).words("/attendance")

    assert "오늘 1번째로 출석했어요" in said
    assert "모두 더해서" not in said
    assert "+80P" not in said


def test_the_api_and_the_page_answer_with_the_same_check_in(minji: Reader, forum: Forum) -> None:
    press(minji, greeting="페이지에서")

    answered = forum.member(READER).post("/v1/attendance", json={"greeting": "다른 곳에서"})

    assert answered.status_code == 200
    assert answered.get_json()["greeting"] == "페이지에서"


def test_before_any_policy_there_is_no_button_and_nothing_is_promised(
    forum: Forum, world: World, clock: SettableClock
) -> None:
    clock.set(NOW - DAY)

    said = reader_of(forum, READER).words("/attendance")

    assert "아직 출석을 받지 않아요." in said
    assert "P" not in said
    assert "P" not in visitor_of(forum).words("/attendance")


def test_another_policy_is_said_as_it_is(forum: Forum, world: World) -> None:
    document = read_document(DEFAULT_POLICY)
    document["attendance"] = {"base": 3}
    open_world(world.engine, policy=document, at=NOW)

    said = reader_of(forum, READER).words("/attendance")

    assert "출석하기 · +3P 지금 출석하면" in said
    assert "개근" not in said
