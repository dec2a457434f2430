"""The words of the queue: ages, people, and what is refused, in both languages."""

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from market import errors
from market.states import STEPS
from rewards.errors import PrizeNotReturned
from rewards.pages.languages import speak
from rewards.pages.staff.queue.words import actor_name, age, badge_of, refusal, state_badge
from tests.support.village import NOW

ONE = uuid4()
STATES = {step.target for step in STEPS.values()}


@pytest.fixture(scope="module")
def speaking() -> Flask:
    """An application that does nothing but speak."""
    app = Flask("rewards")
    speak(app, default="ko", timezone="Asia/Seoul")
    return app


@pytest.mark.parametrize(
    "passed_s,korean,english",
    [
        (0, "방금", "just now"),
        (59, "방금", "just now"),
        (60, "1분 전", "1 min ago"),
        (3_599, "59분 전", "59 min ago"),
        (3_600, "1시간 전", "an hour ago"),
        (7_860, "2시간 11분 전", "2 h 11 min ago"),
        (172_799, "47시간 59분 전", "47 h 59 min ago"),
        (172_800, "2일 전", "2 days ago"),
        (-5, "방금", "just now"),
    ],
)
def test_an_age_is_said_to_the_minute_for_two_days(speaking: Flask, passed_s: int, korean: str, english: str) -> None:
    at = NOW - timedelta(seconds=passed_s)
    with speaking.test_request_context():
        with force_locale("ko"):
            assert age(at, now=NOW) == korean
        with force_locale("en"):
            assert age(at, now=NOW) == english


@given(st.integers(0, 10**9))
def test_an_age_is_always_said(passed_s: int) -> None:
    app = Flask("rewards")
    speak(app, default="en", timezone="UTC")
    with app.test_request_context():
        assert age(NOW - timedelta(seconds=passed_s), now=NOW)


def test_people_are_called_as_staff_call_each_other(speaking: Flask) -> None:
    with speaking.test_request_context(), force_locale("ko"):
        names = [actor_name(actor) for actor in ("staff:mina", "member", "system", "key:shop", "staff:a:b")]

    assert names == ["mina", "회원", "자동", "API 키 shop", "a:b"]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_refusal_says_that_nothing_was_changed(speaking: Flask, language: str) -> None:
    refused = [
        errors.NotClaimedByYou(ONE, "staff:mina"),
        errors.NotClaimedByYou(ONE, None),  # pyright: ignore[reportArgumentType] -- laid back meanwhile
        errors.SecondStaffNeeded(ONE, "staff:mina"),
        errors.NoCodeInStock(ONE),
        errors.ReasonNeeded(),
        PrizeNotReturned(ONE),
        *(errors.WrongState(ONE, state, ()) for state in ("requested", *STATES)),
    ]
    unchanged = {"ko": "바뀐 것은 없", "en": "Nothing was changed"}[language]
    with speaking.test_request_context(), force_locale(language):
        said = [refusal(error, by="staff:mina") for error in refused]

    assert [words for words in said if unchanged not in words] == []


def test_every_state_has_a_badge(speaking: Flask) -> None:
    with speaking.test_request_context(), force_locale("ko"):
        words = {state: state_badge(state).word for state in ("requested", *STATES)}

    assert len(set(words.values())) == len(words)
    assert badge_of is not None
