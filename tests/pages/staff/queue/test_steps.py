"""Every step of the queue by forms alone: what it does, what it says, and what it says when it is too late."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from market.redemptions import claim
from tests.pages.staff.queue.clerks import QUEUE, Clerk, clerk_of, step_at
from tests.support.http import Forum
from tests.support.member_pages import words_of
from tests.support.shop import Shop
from tests.support.village import NOW, WEEK, name_them, open_week, settle_past_weeks, villagers

Sit = Callable[..., Clerk]


def state_of(shop: Shop, redemption_id: UUID) -> tuple[str, str | None]:
    row = shop.world.rows("select state, claimed_by from redemption where redemption_id = :id", id=redemption_id)[0]
    return row.state, row.claimed_by


def actions_of(shop: Shop, redemption_id: UUID) -> list[str]:
    rows = shop.world.rows(
        "select action from redemption_history where redemption_id = :id order by step", id=redemption_id
    )
    return [row.action for row in rows]


def test_next_takes_the_oldest_that_waits(shop: Shop, clerk: Sit) -> None:
    younger = shop.redeem("haneul", "card", at=NOW - timedelta(minutes=5))
    oldest = shop.redeem("minji", "card", at=NOW - timedelta(hours=2, minutes=11))

    said = clerk().does("next")

    assert "맡았어요: minji · 상품권 card" in said
    assert state_of(shop, oldest) == ("claimed", "staff:jun")
    assert state_of(shop, younger) == ("requested", None)


def test_next_keeps_to_what_the_list_is_narrowed_to(shop: Shop, clerk: Sit) -> None:
    shop.redeem("minji", "card", at=NOW - timedelta(hours=2))
    wanted = shop.redeem("haneul", "card")
    jun = clerk()

    answer = jun.send(f"{QUEUE}/next?member=haneul")

    assert f"open={wanted}" in answer.location
    assert "member=haneul" in answer.location
    assert "찾은 것 가운데 기다리는 것이 더 없어요." in jun.follow(jun.send(f"{QUEUE}/next?member=haneul"))


def test_next_with_nothing_left_says_that_all_is_done(shop: Shop, clerk: Sit) -> None:
    jun = clerk()

    assert "기다리는 것이 없어요. 다 했어요!" in jun.follow(jun.send(f"{QUEUE}/next"))


def test_next_leaves_what_one_has_approved_to_somebody_else(shop: Shop, clerk: Sit) -> None:
    shop.offer("dear", needs_approval=True)
    dear = shop.redeem("minji", "dear", at=NOW - timedelta(hours=3))
    other = shop.redeem("minji", "card")
    mina = clerk("manager", "mina")

    mina.does("approve", dear)
    mina.does("next")

    assert state_of(shop, dear) == ("requested", None)
    assert state_of(shop, other) == ("claimed", "staff:mina")
    assert "다른 사람이" in mina.words()


def test_two_who_press_next_at_once_get_two_different_ones(shop: Shop, forum: Forum) -> None:
    waiting = {shop.redeem("minji", "card", at=NOW - timedelta(minutes=n)) for n in range(3)}
    clerks = [clerk_of(forum, role="fulfiller", name=name) for name in ("jun", "sora", "bora")]
    ready = [(one, one.forms()["next"]) for one in clerks]

    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda pair: pair[0].send(pair[1]), ready))

    assert all("open=" in answer.location for answer in answers)
    assert {state_of(shop, one)[1] for one in waiting} == {"staff:jun", "staff:sora", "staff:bora"}


def test_whoever_is_slower_takes_the_one_after(shop: Shop, clerk: Sit) -> None:
    oldest = shop.redeem("minji", "card", at=NOW - timedelta(hours=1))
    after = shop.redeem("minji", "card")
    jun = clerk()
    address = jun.forms()["next"]
    shop.world.run(lambda session: claim(session, oldest, actor="staff:mina", now=NOW))

    jun.send(address)

    assert state_of(shop, after) == ("claimed", "staff:jun")


def test_fulfilling_from_stock_sends_the_code_that_lapses_first(shop: Shop, clerk: Sit, forum: Forum) -> None:
    asked = shop.redeem("minji", "card")
    jun = clerk()

    before = jun.words(open=str(asked))
    said = jun.does("fulfil", asked)

    assert "2027년 1월 31일까지인 코드부터 나가요" in before
    assert "재고에서 지급했어요: minji · 상품권 card" in said
    assert actions_of(shop, asked) == ["request", "claim", "fulfil"]
    assert "CARD-SOON" in words_of(jun.press("code", asked, reason="전화로 물어봤어요"))


def test_a_code_typed_in_is_sent_and_the_reserved_one_goes_back(shop: Shop, clerk: Sit) -> None:
    asked = shop.redeem("minji", "card")
    jun = clerk()

    said = jun.does("typed", asked, code="  TYPED-1  ")

    assert "입력한 코드로 지급했어요" in said
    assert state_of(shop, asked) == ("fulfilled", "staff:jun")
    assert shop.left_of("card") == 3
    assert "TYPED-1" in words_of(jun.press("code", asked, reason="check"))


@pytest.mark.parametrize(
    "code,fault",
    [
        ("", "코드를 입력해 주세요."),
        ("x" * 256, "코드는 255자까지예요."),
        ("A\tB", "코드에는 줄바꿈이나 제어 문자가 들어갈 수 없어요."),
        ("CARD-EVER", "이미 있는 코드예요."),
    ],
)
def test_a_bad_code_is_said_at_its_field_and_changes_nothing(shop: Shop, clerk: Sit, code: str, fault: str) -> None:
    asked = shop.redeem("minji", "card")

    answer = clerk().press("typed", asked, code=code)

    assert answer.status_code == 422
    assert fault in words_of(answer)
    assert 'aria-invalid="true" aria-describedby="code-wrong" autofocus' in answer.get_data(as_text=True)
    assert answer.get_data(as_text=True).count(" autofocus") == 1
    assert not code.strip() or code not in answer.get_data(as_text=True)
    assert state_of(shop, asked) == ("requested", None)


@pytest.mark.parametrize(
    "fields,kept",
    [
        ({"ready": "같은 신청이 두 번 들어왔어요."}, "같은 신청이 두 번 들어왔어요."),
        ({"ready": "같은 신청이 두 번 들어왔어요.", "own": "여러 줄로\r\n적었어요"}, "여러 줄로 적었어요"),
    ],
)
def test_rejecting_gives_points_and_stock_back_for_a_reason(
    shop: Shop, clerk: Sit, fields: dict[str, str], kept: str
) -> None:
    asked = shop.redeem("minji", "card")

    said = clerk().does("reject", asked, **fields)

    assert "반려했어요: minji · 상품권 card" in said
    assert kept in said
    assert state_of(shop, asked) == ("rejected", None)
    assert (shop.left_of("card"), shop.world.account("minji").available) == (3, 1000)


@pytest.mark.parametrize("fields", [{}, {"own": "  \n "}, {"own": "x" * 501}, {"own": "a\x00b"}])
def test_rejecting_needs_a_reason(shop: Shop, clerk: Sit, fields: dict[str, str]) -> None:
    asked = shop.redeem("minji", "card")

    answer = clerk().press("reject", asked, **fields)

    assert answer.status_code == 422
    assert 'id="own-wrong"' in answer.get_data(as_text=True)
    assert state_of(shop, asked) == ("requested", None)


def test_laying_back_lets_somebody_else_take_it(shop: Shop, clerk: Sit) -> None:
    asked = shop.redeem("minji", "card")
    jun, mina = clerk(), clerk("manager", "mina")
    jun.does("claim", asked)

    assert set(clerk("fulfiller", "sora").forms(open=str(asked))) == set()
    assert "내려놓았어요" in mina.does("release", asked)
    assert state_of(shop, asked) == ("requested", None)


def test_what_needs_approval_is_one_persons_and_fulfilling_anothers(shop: Shop, clerk: Sit) -> None:
    shop.offer("dear", needs_approval=True)
    asked = shop.redeem("minji", "dear")
    mina, jun = clerk("manager", "mina"), clerk()

    assert set(jun.forms(open=str(asked), tab="to_approve")) == {"reject"}
    assert "이제 다른 운영자가 지급해요." in mina.does("approve", asked)
    refused = mina.follow(mina.send(step_at(asked, "claim")))
    jun.does("claim", asked)

    assert "승인한 사람은 지급할 수 없어요." in refused
    assert state_of(shop, asked) == ("claimed", "staff:jun")


def test_a_code_is_shown_once_for_a_reason_that_is_kept(shop: Shop, clerk: Sit) -> None:
    asked = shop.redeem("minji", "card")
    jun = clerk()
    jun.does("fulfil", asked)

    without = jun.press("code", asked, reason=" ")
    shown = jun.press("code", asked, reason="코드가 안 된대요")
    later = jun.read(open=str(asked))

    assert without.status_code == 422
    assert "CARD-SOON" not in without.get_data(as_text=True)
    assert "CARD-SOON" in shown.get_data(as_text=True)
    assert shown.headers["Cache-Control"] == "no-store"
    assert "CARD-SOON" not in later
    assert "코드를 봤어요 jun" in words_of(later)
    assert "코드가 안 된대요" in words_of(later)
    readings = shop.world.rows(
        "select d.actor, w.reason from code_reading d join code_reading_reason w using (reading_id)"
    )
    assert [tuple(row) for row in readings] == [("staff:jun", "코드가 안 된대요")]


def test_no_code_is_in_a_log(
    shop: Shop, clerk: Sit, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    asked, other = shop.redeem("minji", "card"), shop.redeem("haneul", "card")
    jun = clerk()
    with caplog.at_level(logging.DEBUG):
        jun.does("fulfil", asked)
        jun.does("typed", other, code="TYPED-SECRET")
        jun.press("code", asked, reason="check")

    written = caplog.text + "".join(capfd.readouterr())

    assert "CARD-SOON" not in written
    assert "TYPED-SECRET" not in written


def test_pressing_twice_is_as_pressing_once(shop: Shop, clerk: Sit) -> None:
    asked = shop.redeem("minji", "card")
    jun = clerk()
    address = jun.forms(open=str(asked))["fulfil"]

    jun.send(address)
    again = jun.send(address)

    assert "그사이" not in jun.follow(again)
    assert actions_of(shop, asked) == ["request", "claim", "fulfil"]


@pytest.mark.parametrize(
    "step,fields", [("fulfil", {}), ("typed", {"code": "T-1"}), ("reject", {"own": "no"}), ("claim", {})]
)
def test_whoever_comes_too_late_is_told_who_was_faster(
    shop: Shop, clerk: Sit, step: str, fields: dict[str, str]
) -> None:
    asked = shop.redeem("minji", "card")
    shop.claim(asked)
    jun = clerk()

    said = jun.follow(jun.send(step_at(asked, step), **fields))

    assert "그사이 mina 님이 맡았어요." in said
    assert "바뀐 것은 없" in said
    assert state_of(shop, asked) == ("claimed", "staff:mina")


def test_what_ended_meanwhile_is_said_as_it_ended(shop: Shop, clerk: Sit) -> None:
    cancelled, fulfilled, rejected = (shop.redeem("minji", "card") for _ in range(3))
    shop.cancel("minji", cancelled)
    shop.fulfil(fulfilled)
    shop.reject(rejected, reason="no")
    jun = clerk()

    said = [jun.follow(jun.send(step_at(one, "claim"))) for one in (cancelled, fulfilled, rejected)]

    assert "회원이 취소했어요. 포인트와 재고는 돌아갔어요. 바뀐 것은 없어요." in said[0]
    assert "그사이 mina 님이 지급했어요." in said[1]
    assert "그사이 mina 님이 반려했어요." in said[2]


def test_two_fulfillers_on_one_redemption_send_one_code(shop: Shop, forum: Forum) -> None:
    asked = shop.redeem("minji", "card")
    clerks = [clerk_of(forum, role="fulfiller", name=name) for name in ("jun", "sora")]
    ready = [(one, one.forms(open=str(asked))["fulfil"]) for one in clerks]

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda pair: pair[0].send(pair[1]), ready))
    said = [one.follow(answer) for one, answer in zip(clerks, answers, strict=True)]

    assert actions_of(shop, asked) == ["request", "claim", "fulfil"]
    assert sorted("재고에서 지급했어요" in words for words in said) == [False, True]
    assert sorted("그사이" in words for words in said) == [False, True]
    issued = shop.world.rows("select count(*) as n from code where state = 'issued'")
    assert issued[0].n == 1


def test_a_stock_that_ran_out_meanwhile_asks_for_a_code_typed_in(shop: Shop, clerk: Sit) -> None:
    shop.offer("number", stock="number", quantity=1)
    asked = shop.redeem("minji", "number")
    jun = clerk()

    said = jun.follow(jun.send(step_at(asked, "fulfil")))

    assert "fulfil" not in jun.forms(open=str(asked))
    assert "재고에 코드가 없어요." in said
    assert state_of(shop, asked) == ("requested", None)


def test_several_are_fulfilled_at_once_with_a_result_for_each(shop: Shop, clerk: Sit) -> None:
    asked = [shop.redeem("minji", "card"), shop.redeem("haneul", "card")]
    shop.claim(asked[1])
    nobody = "00000000-0000-0000-0000-000000000000"
    jun = clerk()

    answer = jun.send(jun.forms()["bulk"], pick=[str(asked[0]), str(asked[1]), nobody, "nonsense"])

    said = words_of(answer)
    assert "3건 가운데 1건을 재고에서 지급했어요" in said
    assert "그사이 mina 님이 맡았어요." in said
    assert "그런 것이 없어요." in said
    assert state_of(shop, asked[0]) == ("fulfilled", "staff:jun")


def test_ticking_nothing_says_so(shop: Shop, clerk: Sit) -> None:
    shop.redeem("minji", "card")

    assert "먼저 처리할 것을 골라 주세요." in clerk().does("bulk")


def test_a_form_of_another_session_changes_nothing(shop: Shop, clerk: Sit) -> None:
    asked = shop.redeem("minji", "card")
    jun = clerk()

    for fields in ({}, {"csrf": "0" * 64}):
        answer = jun.client.post(step_at(asked, "claim"), data=fields, headers={"Accept": "text/html"})
        assert answer.status_code == 403
    foreign = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site"}
    proof = jun.read().partition('name="csrf" value="')[2].partition('"')[0]
    answer = jun.client.post(step_at(asked, "claim"), data={"csrf": proof}, headers=foreign)

    assert answer.status_code == 403
    assert state_of(shop, asked) == ("requested", None)


def test_a_database_row_is_never_changed_by_reading(shop: Shop, clerk: Sit) -> None:
    asked = shop.redeem("minji", "card")
    jun = clerk()

    for tab in ("waiting", "mine", "in_hand", "to_approve", "closed", "nonsense"):
        jun.read(tab=tab, open=str(asked))

    assert actions_of(shop, asked) == ["request"]
    assert shop.world.run(lambda session: session.execute(text("select count(*) from code_reading")).scalar_one()) == 0


def test_a_prize_that_is_refused_goes_on_where_a_manager_says_so(shop: Shop, clerk: Sit) -> None:
    world, people = shop.world, villagers()
    open_week(world)
    name_them(world, people)
    settle_past_weeks(world, people, weeks=1)
    won = shop.win(people[1].member_id, season=WEEK - timedelta(weeks=1), place=1)
    mina, jun = clerk("manager", "mina"), clerk()

    before = mina.words(open=str(won))
    assert 'name="pass_on"' not in jun.read(open=str(won))
    said = mina.does("reject", won, ready="같은 신청이 두 번 들어왔어요.", pass_on="true")

    assert "11월 16일 – 22일 주간 랭킹 1위" in before
    assert "반려했어요: 달빛서재 · 상품권 4,000원" in said
    assert f"시상을 다음 순위에게 넘겼어요: {people[2].name} · 상품권 4,000원" in said
    assert "pass-on" not in mina.forms(open=str(won))
    assert "이미 넘긴 시상" in mina.follow(mina.send(step_at(won, "pass-on")))


def test_a_prize_that_was_refused_can_still_go_on_later(shop: Shop, clerk: Sit) -> None:
    world, people = shop.world, villagers()
    open_week(world)
    name_them(world, people)
    settle_past_weeks(world, people, weeks=1)
    won = shop.win(people[1].member_id, season=WEEK - timedelta(weeks=1), place=1)
    clerk().does("reject", won, own="no", pass_on="true")  # a fulfiller's tick counts for nothing
    mina = clerk("manager", "mina")

    assert "시상을 다음 순위에게 넘겼어요" in mina.does("pass-on", won)
