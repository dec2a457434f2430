from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rewards.pages.ranking.next_place import CommentWorth, NextPlace, comments_for, next_place

WORTH = CommentWorth(points=10, times_a_day=10, left_today=10, cooldown_s=15)
WEEK_S = 7 * 86_400


def test_the_next_place_is_one_point_more_than_whoever_has_it() -> None:
    found = next_place(rank=14, mine=260, above=379, worth=WORTH, seconds_left=WEEK_S, days_left=5)

    assert found == NextPlace(rank=13, gap=120, comments=12)


def test_equal_points_are_one_point_apart() -> None:
    found = next_place(rank=2, mine=50, above=50, worth=WORTH, seconds_left=WEEK_S, days_left=5)

    assert (found.gap, found.comments) == (1, 1)


def test_what_no_comment_brings_is_not_promised() -> None:
    last_day = {"seconds_left": 3600, "days_left": 0}

    assert comments_for(101, worth=WORTH, **last_day) is None, "more than a day's cap, and no day left"
    assert comments_for(100, worth=WORTH, **last_day) == 10
    assert comments_for(100, worth=replace(WORTH, left_today=9), **last_day) is None, "one was used today"
    assert comments_for(100, worth=WORTH, seconds_left=134, days_left=0) is None, "nine pauses of 15 s don't fit"
    assert comments_for(100, worth=WORTH, seconds_left=136, days_left=0) == 10
    assert comments_for(10, worth=None, **last_day) is None, "comments earn nothing"
    assert comments_for(10_000, worth=WORTH, seconds_left=None, days_left=365) is None, "too far to help anybody"


@given(
    gap=st.integers(1, 5000),
    points=st.integers(1, 50),
    a_day=st.integers(1, 30),
    used=st.integers(0, 30),
    days_left=st.integers(0, 6),
)
def test_what_is_promised_is_enough_not_one_too_many_and_within_the_caps(
    gap: int, points: int, a_day: int, used: int, days_left: int
) -> None:
    left = max(a_day - used, 0)
    worth = CommentWorth(points=points, times_a_day=a_day, left_today=left, cooldown_s=0)

    comments = comments_for(gap, worth=worth, seconds_left=None, days_left=days_left)

    if comments is None:
        assert (left + a_day * days_left) * points < gap
    else:
        assert comments <= left + a_day * days_left
        assert (comments - 1) * points < gap <= comments * points
