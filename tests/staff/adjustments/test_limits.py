"""What one of the staff may adjust alone: true of all numbers."""

from hypothesis import given
from hypothesis import strategies as st

from rewards.staff.limits import AdjustLimits, weigh

POINTS = st.integers(-(10**9), 10**9).filter(bool)
LIMIT = st.none() | st.integers(0, 10**6)
CAP = st.none() | st.integers(1, 10**6)
USED = st.integers(0, 10**6)


def limits(*, above: int | None, cap: int | None) -> AdjustLimits:
    return AdjustLimits(approval_above=above, cap_per_day=cap)


@given(points=POINTS, used=USED, above=LIMIT, cap=CAP)
def test_giving_and_taking_weigh_the_same(points: int, used: int, above: int | None, cap: int | None) -> None:
    weighed = limits(above=above, cap=cap)

    assert weigh(points, used=used, limits=weighed) == weigh(-points, used=used, limits=weighed)


@given(points=POINTS, used=USED, above=LIMIT, cap=CAP)
def test_each_answer_means_what_it_says(points: int, used: int, above: int | None, cap: int | None) -> None:
    verdict = weigh(points, used=used, limits=limits(above=above, cap=cap))

    fits = cap is None or used + abs(points) <= cap
    assert (verdict == "over_cap") == (not fits)
    assert (verdict == "at_once") == (fits and (above is None or abs(points) <= above))


@given(asked=st.lists(POINTS, max_size=20), above=LIMIT, cap=st.integers(1, 10**6))
def test_no_row_of_adjustments_gets_past_the_cap(asked: list[int], above: int | None, cap: int) -> None:
    used = 0
    for points in asked:
        if weigh(points, used=used, limits=limits(above=above, cap=cap)) != "over_cap":
            used += abs(points)

    assert used <= cap


@given(points=POINTS, used=USED)
def test_without_limits_everything_is_posted_at_once(points: int, used: int) -> None:
    assert weigh(points, used=used, limits=limits(above=None, cap=None)) == "at_once"
