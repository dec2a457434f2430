"""What the button promises is what it gives: for any history, on any day, after any number of others."""

import re
from datetime import date, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewards.attendance.attend import Arrival
from tests.support.clock import SettableClock
from tests.support.http import Forum
from tests.support.member_pages import form_of, reader_of, redirected_to, words_of
from tests.support.world import World

DAY = timedelta(days=1)
histories = st.one_of(
    st.sampled_from((0, 6, 7, 29, 30, 31)).map(lambda length: set(range(1, length + 1))),
    st.sets(st.integers(1, 40)),
    st.sets(st.integers(1, 40), max_size=2).map(lambda missing: set(range(1, 41)) - missing),
)
NUMBERS = count()


def check_in_days_ago(world: World, member_id: str, *, ago: set[int], today: date) -> None:
    calendar = world.terms.calendar
    mornings = [calendar.day_start(today - days * DAY) + timedelta(hours=9) for days in sorted(ago)]
    arrivals = [Arrival(member_id, morning) for morning in mornings]
    if arrivals:
        world.bring_in(*arrivals, award=False, now=calendar.day_start(today))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ago=histories, others=st.integers(0, 4), shift=st.integers(0, 30))
def test_the_promise_of_the_button_comes_true(
    forum: Forum, world: World, clock: SettableClock, ago: set[int], others: int, shift: int
) -> None:
    number = next(NUMBERS)
    today = date(2026, 11, 25) + (number * 45 + shift) * DAY
    member_id, clock.now = f"member-{number}", world.terms.calendar.day_start(today) + timedelta(hours=11)
    check_in_days_ago(world, member_id, ago=ago, today=today)
    for other in range(others):
        world.check_in(f"other-{number}-{other}", now=clock.now - timedelta(hours=1, minutes=-other))
    reader = reader_of(forum, member_id)

    promised = reader.read("/attendance")
    points = re.search(r"출석하기 · \+([\d,]+)P", words_of(promised))
    place = re.search(r"지금 출석하면 오늘의 (\d+)번째", words_of(promised))
    assert points
    assert place
    answer = reader.press("/attendance", form=form_of(promised, action="/attendance"))

    given_points = int(points[1].replace(",", ""))
    assert redirected_to(answer) == "/attendance"
    assert f"출석했어요. {points[1]}P를 받았어요." in reader.words("/attendance")
    assert f"오늘 {place[1]}번째로 출석했어요" in reader.words("/attendance")
    assert world.account(member_id).balance == given_points
    answered = forum.member(member_id).post("/v1/attendance", json={}).get_json()
    assert (answered["points"], answered["place"]) == (given_points, int(place[1]))
