"""When a delivery is tried again."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from rewards.webhooks.backoff import ASKED_MAX, ATTEMPTS, Answer, wait_after

CHANCES = st.floats(0, 1, exclude_max=True)


def test_ten_attempts_take_about_three_days() -> None:
    waits = [wait_after(number, answer=Answer(500), chance=0.5) for number in range(1, 11)]

    assert ATTEMPTS == 10
    assert waits[-1] is None
    assert timedelta(days=2.5) < sum((wait for wait in waits if wait), timedelta()) < timedelta(days=3.5)


@given(number=st.integers(1, ATTEMPTS - 1), chance=CHANCES)
def test_no_wait_is_shorter_than_the_one_before_it(number: int, chance: float) -> None:
    wait = wait_after(number, answer=Answer(None, error="refused"), chance=chance)
    before = wait_after(number - 1, answer=Answer(500), chance=0.999) if number > 1 else timedelta()

    assert wait is not None
    assert before is not None
    assert wait >= before


@given(asked=st.integers(0, 10**6), number=st.integers(1, ATTEMPTS - 1), chance=CHANCES)
def test_a_receiver_may_ask_for_more_time_within_reason(asked: int, number: int, chance: float) -> None:
    plain = wait_after(number, answer=Answer(503), chance=chance)
    wait = wait_after(number, answer=Answer(503, retry_after=timedelta(seconds=asked)), chance=chance)

    assert plain is not None
    assert wait == max(plain, min(timedelta(seconds=asked), ASKED_MAX))


def test_whoever_is_gone_is_not_asked_again() -> None:
    assert wait_after(1, answer=Answer(410), chance=0) is None
