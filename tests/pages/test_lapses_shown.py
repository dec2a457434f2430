"""What pages say of points that lapse: to whom they belong, and to staff where a sweep was stopped."""

from datetime import timedelta

from sqlalchemy import Engine

from ledger.lapses import begin_run
from rewards.earning.opening import open_balances
from tests.pages.staff.access.test_front_page import front
from tests.support.http import Forum
from tests.support.lapsing import lapsing_policy
from tests.support.member_pages import reader_of
from tests.support.village import NOW, READER
from tests.support.world import World, open_world

MIDNIGHT = NOW.replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=9)


def test_my_page_names_what_lapses_next_and_its_last_day(forum: Forum, settled: World) -> None:
    # given
    before = reader_of(forum, READER).words("/me")
    settled.run(lambda session: open_balances(session, {READER: 1200}, lapses={READER: MIDNIGHT}, now=NOW))

    # when
    korean, english = reader_of(forum, READER).words("/me"), reader_of(forum, READER, language="en").words("/me")

    # then: the day before the midnight at which they lapse
    assert "소멸될" not in before
    assert f"가장 먼저 소멸될 포인트 1,200P는 {MIDNIGHT:%-m월 %-d일}까지 쓸 수 있어요." in korean
    assert f"Next to lapse: 1,200P, which you can use until {MIDNIGHT:%-d %B}." in english


def test_staff_are_told_of_a_sweep_that_was_stopped(forum: Forum, world: World) -> None:
    # given: half of all points lapsed at once
    lapsed = NOW - timedelta(days=1)
    balances = {"minji": 50, "junho": 50}
    world.run(lambda session: open_balances(session, balances, lapses={"minji": lapsed}, now=NOW - timedelta(days=3)))
    assert "have lapsed" not in front(forum)

    # when
    world.run(lambda session: begin_run(session, max_share=0.2, now=NOW))

    # then
    shown = front(forum)
    assert "50 of 100 points have lapsed: too many to be taken at once. Nothing was taken." in shown
    assert "rewards lapse --allow" in shown


def test_the_page_of_the_rules_says_which_points_lapse(forum: Forum, engine: Engine) -> None:
    # given: comments that lapse after 2 days, check-ins after 5
    open_world(engine, policy=lapsing_policy(), at=NOW)

    # when
    words = reader_of(forum, READER, language="en").words("/points")

    # then
    assert words.count("lapses after 2 more days") == 1
    assert "These points lapse after 5 more days." in words
