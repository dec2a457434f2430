"""Redis, PostgreSQL and plain Python agree on one total order, whatever is tied."""

from datetime import UTC, date, datetime, timedelta

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from rewards.ranking.order import DoesNotFit, Reached, name_of, reached_from, scale_of, score_of
from rewards.ranking.projection import project
from rewards.ranking.read import around, count, place_of, top
from rewards.ranking.season_rows import ensure_current
from rewards.ranking.seasons import Calendar
from rewards.ranking.tally import ALL_TIME
from rewards.runtime.database import snapshot, transaction
from tests.support.calendar import SEOUL
from tests.support.clock import START
from tests.support.ranking import Standing, as_shown, give, in_order

CALENDAR = Calendar(SEOUL)
SEASON = CALENDAR.first_season(START)
PERIODS = {"season": SEASON.season_id, "month": date(2026, 3, 1), "all-time": ALL_TIME, "streak": date(2026, 3, 4)}
MEMBERS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=64)
SEASON_SCALE = scale_of("season", SEASON.season_id, season_starts_at=SEASON.starts_at)


@st.composite
def standings(draw: st.DrawFn) -> list[Standing]:
    """Few different points and seconds, so that most places are tied."""
    members = draw(st.lists(MEMBERS, unique=True, max_size=25))
    return [
        Standing(
            member_id,
            draw(st.sampled_from([0, -3, 1, 2, 5, 2_000_000_000])),
            SEASON.starts_at + timedelta(seconds=draw(st.sampled_from([0, 1, 2, 86_400, 200_000])), microseconds=7),
        )
        for member_id in members
    ]


@pytest.mark.parametrize("leaderboard", ["season", "month", "all-time", "streak"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_redis_sql_and_python_have_one_order(
    leaderboard: str, data: st.DataObject, engine: Engine, redis_client: redis.Redis
) -> None:
    """Page by page, around each member and in number, whichever of the three is asked."""
    given_standings = data.draw(standings())
    period = PERIODS[leaderboard]
    # given
    with transaction(engine) as session:
        session.execute(text("update leaderboard_points set points = 0, version = version + 1"))
        ensure_current(session, calendar=CALENDAR, now=START, grace_s=600, prizes=[])
        give(session, given_standings, leaderboard=leaderboard, period=period, now=START)
    redis_client.flushdb()
    # when
    for _ in range(2):
        with snapshot(engine) as session:
            project(session, redis_client, now=START)
    # then
    expected = in_order(given_standings)
    where = {"leaderboard": leaderboard, "period": period, "now": START}
    with snapshot(engine) as session:
        for client in (redis_client, None):
            assert as_shown(top(session, client, **where, limit=100)) == expected
            paged: list[tuple[int, str | None, int]] = []
            page = top(session, client, **where, limit=3)
            while page:
                paged += as_shown(page)
                page = top(session, client, **where, limit=3, after=page[-1].reached)
            assert paged == expected
            assert count(session, client, **where) == len(expected)
            for rank, member_id, _ in expected[:6]:
                near = around(session, client, **where, member_id=member_id, n=2)
                assert as_shown(near.lines) == expected[max(rank - 3, 0) : rank + 2]
                own = place_of(session, client, **where, member_id=member_id)
                assert own is not None
                assert own.rank == rank


def test_the_order_test_reads_from_redis(engine: Engine, redis_client: redis.Redis) -> None:
    """Else the property above would compare PostgreSQL with itself."""
    # given
    with transaction(engine) as session:
        ensure_current(session, calendar=CALENDAR, now=START, grace_s=600, prizes=[])
        given_standings = [Standing("a", 5, START), Standing("b", 5, START)]
        give(session, given_standings, leaderboard="season", period=SEASON.season_id, now=START)
    for _ in range(2):
        with snapshot(engine) as session:
            project(session, redis_client, now=START)
    # when
    generation = redis_client.get("ranking:current")
    assert isinstance(generation, bytes)
    redis_client.zrem(f"ranking:{generation.decode()}:season:{SEASON.season_id}", "a")
    # then
    with snapshot(engine) as session:
        where = {"leaderboard": "season", "period": SEASON.season_id, "now": START, "limit": 9}
        assert as_shown(top(session, redis_client, **where)) == [(1, "b", 5)]
        assert as_shown(top(session, None, **where)) == [(1, "a", 5), (2, "b", 5)]


@given(
    points=st.integers(1, 2**33 - 1),
    seconds=st.integers(0, 2**20 - 1),
    member_id=MEMBERS,
)
def test_a_score_gives_back_what_went_in(points: int, seconds: int, member_id: str) -> None:
    """Through a double, as Redis keeps it."""
    reached = Reached(points, SEASON.starts_at + timedelta(seconds=seconds), member_id)
    score = float(str(score_of(reached, scale=SEASON_SCALE)))
    assert reached_from(int(score), name_of(reached, scale=SEASON_SCALE), scale=SEASON_SCALE) == reached


@given(points=st.integers(1, 2**53 - 1), at=st.integers(0, 2**39), member_id=MEMBERS)
def test_all_time_holds_any_points(points: int, at: int, member_id: str) -> None:
    """Its tie order lies in the name."""
    scale = scale_of("all-time", ALL_TIME)
    at %= 250_000_000_000
    reached = Reached(points, datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at), member_id)
    assert reached_from(score_of(reached, scale=scale), name_of(reached, scale=scale), scale=scale) == reached


@pytest.mark.parametrize(
    "points,seconds", [(2**33, 0), (0, 0), (-1, 0), (1, 2**20), (1, -1)], ids=["many", "none", "owed", "late", "early"]
)
def test_what_does_not_fit_raises(points: int, seconds: int) -> None:
    """A rounded score would put two members into each other's places."""
    reached = Reached(points, SEASON.starts_at + timedelta(seconds=seconds), "a")
    with pytest.raises(DoesNotFit):
        score_of(reached, scale=SEASON_SCALE)
