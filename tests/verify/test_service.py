"""Whatever rests on the ledger, made to disagree with it: `rewards verify` names the row."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import redis
from sqlalchemy import Engine

from rewards.ranking.keys import CURRENT, LIVE
from rewards.ranking.projection import project
from rewards.ranking.seasons import Calendar
from rewards.runtime.database import create_engine_from, snapshot
from rewards.verify_ranking import ranking_findings
from tests.support.calendar import SEOUL
from tests.support.checker import broken_rows
from tests.support.database import copied_database
from tests.support.everything import LATER
from tests.support.factories import make_event
from tests.support.servers import TEMPLATE, Servers
from tests.support.world import World, open_world
from tests.verify.conftest import Tamper

JUN = "(select account_id from member where member_id = 'jun')"
SORA = "(select account_id from member where member_id = 'sora')"
EARLIER = "update leaderboard_points set reached_at = reached_at - interval '1 s'"
FIRST, SECOND = "2026-03-02", "2026-03-09"
TODAY = "2026-03-11"

PLANTED: dict[str, tuple[str, str, str]] = {
    "wrong points of the season": (
        "leaderboards",
        f"season of {SECOND}",
        f"update leaderboard_points set points = points + 1 where leaderboard = 'season' and period = '{SECOND}'",
    ),
    "wrong points of the month": (
        "leaderboards",
        "month of 2026-03-01",
        f"update leaderboard_points set points = points + 1 where leaderboard = 'month' and account_id = {JUN}",
    ),
    "wrong points of all time": (
        "leaderboards",
        "all-time of 0001-01-01",
        f"update leaderboard_points set points = points + 1 where leaderboard = 'all-time' and account_id = {JUN}",
    ),
    "a row of a leaderboard that is gone": (
        "leaderboards",
        f"season of {SECOND}",
        f"delete from leaderboard_points where leaderboard = 'season' and period = '{SECOND}'",
    ),
    "points in a period that no entry names": (
        "leaderboards",
        "month of 2026-02-01",
        f"insert into leaderboard_points values ('month', '2026-02-01', {JUN}, 5, '2026-02-01', 1)",
    ),
    "points on the board a second too early": (
        "leaderboards reached",
        f"season of {SECOND}",
        f"{EARLIER} where leaderboard = 'season' and period = '{SECOND}'",
    ),
    "a wrong streak": (
        "streaks",
        TODAY,
        f"update leaderboard_points set points = points + 1 where leaderboard = 'streak' and period = '{TODAY}'",
    ),
    "a streak that is gone": (
        "streaks",
        TODAY,
        f"delete from leaderboard_points where leaderboard = 'streak' and period = '{TODAY}'",
    ),
    "a streak of nobody who was here": (
        "streaks",
        TODAY,
        f"insert into leaderboard_points values ('streak', '{TODAY}', {SORA}, 3, '2026-03-10', 1)",
    ),
    "a streak reached at another time": (
        "streaks",
        TODAY,
        f"{EARLIER} where leaderboard = 'streak' and period = '{TODAY}'",
    ),
    "a check-in that is gone": (
        "attendance",
        "2026-03-04",
        f"delete from attendance where day = '2026-03-04' and account_id = {JUN}",
    ),
    "a wrong place": ("attendance", "2026-03-04", "update attendance set place = 9 where place = 3"),
    "a wrong count of the day": (
        "attendance",
        "2026-03-04",
        "update attendance_day set members = members + 1 where day = '2026-03-04'",
    ),
    "a check-in on another day than it was decided for": (
        "check-ins",
        "2026-03-11",
        "update attendance set day = '2026-03-12' where day = '2026-03-11'",
    ),
    "a check-in that says more days than there are": (
        "check-ins",
        "2026-03-11",
        "update attendance set streak = streak + 5 where day = '2026-03-11'",
    ),
    "a cap forgotten": (
        "caps",
        "login",
        "update cap_usage set times = times - 1 where rule_key = 'login'",
    ),
    "points of a cap forgotten": (
        "caps",
        "reply.received",
        "update cap_usage set points = points - 1 where rule_key = 'reply.received'",
    ),
    "a usage that is gone": ("caps", "login", "delete from cap_usage where rule_key = 'login'"),
    "a usage of nothing": (
        "caps",
        "login",
        f"insert into cap_usage values ({JUN}, 'login', '2026-03-05', 1, 2, '2026-03-05')",
    ),
    "a cooldown that ends sooner": (
        "caps",
        "comment.created",
        "update cap_usage set last_at = last_at - interval '1 s' where rule_key = 'comment.created'",
    ),
    "a season without its history": ("season history", FIRST, "delete from season_history where state = 'provisional'"),
    "a season that is open again": ("season history", FIRST, "update season set state = 'open' where state = 'final'"),
    "seasons that overlap": (
        "seasons",
        SECOND,
        f"update season set ends_at = ends_at + interval '1 hour' where season_id = '{FIRST}'",
    ),
    "an award in a season in which it did not occur": (
        "seasons",
        SECOND,
        f"update season set starts_at = starts_at + interval '40 hours' where season_id = '{SECOND}'",
    ),
    "changed points of a standing": (
        "standing",
        FIRST,
        "update standing set points = points + 1 where position = 1",
    ),
    "two who changed places": (
        "standing",
        FIRST,
        "update standing set position = 12 - position, place = 12 - place where position <= 2",
    ),
    "a standing without its last": (
        "standing",
        FIRST,
        "delete from standing where position = (select max(position) from standing)",
    ),
    "another hash of a standing": (
        "standing",
        FIRST,
        "update season set standings_hash = sha256('') where state = 'final'",
    ),
    "a standing of a season that goes on": (
        "standing",
        SECOND,
        f"insert into standing select '{SECOND}', 1, account_id, 1, points, reached_at, false from standing limit 1",
    ),
    "a prize for somebody else": (
        "prizes",
        "place 1",
        "update prize set account_id = (select account_id from member where member_id = 'stranger') where place = 1",
    ),
    "a winner without a prize": ("prizes", "place 1", "delete from prize where place = 1"),
    "an account that nobody has": ("accounts", "account", f"delete from member where account_id = {JUN}"),
    "a code taken by nobody": ("market", "code", "update code set state = 'reserved' where state = 'available'"),
    "a redemption whose state its history does not know": (
        "market",
        "redemption",
        "update redemption set state = 'claimed' where state = 'requested' and origin = 'prize'",
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_it_is_named(what: str, engine: Engine, tamper: Tamper) -> None:
    # given
    check, where, statement = PLANTED[what]

    # when
    assert tamper(statement) > 0
    found = broken_rows(engine, now=LATER)

    # then
    assert any(finding.check == check and where in f"{finding.where} {finding.says}" for finding in found), found


def test_a_charge_uses_no_cap(servers: Servers, worker_number: int) -> None:
    # given: a community of its own, in which the same rule charges and awards
    with copied_database(servers, worker=f"{worker_number}_charge", template=TEMPLATE) as database:
        engine = create_engine_from(database.service_url, application_name="tests")
        world = open_world(engine)
        world.record(make_event("member.joined"), make_event("post.created", subject="post:1", board="market"))
        world.record(make_event("post.created", subject="post:2"))

        # when, then
        assert broken_rows(engine, now=LATER) == []
        engine.dispose()


@pytest.mark.parametrize("zone", ["America/Santiago", "Asia/Seoul", "America/New_York", "Africa/Cairo"])
def test_days_of_caps_are_the_communitys_where_clocks_change_at_midnight(
    zone: str, servers: Servers, worker_number: int
) -> None:
    # given: logins each half hour around both changes of the clock
    calendar = Calendar(ZoneInfo(zone))
    with copied_database(servers, worker=f"{worker_number}_zone", template=TEMPLATE) as database:
        engine = create_engine_from(database.service_url, application_name="tests")
        begin = datetime(2026, 4, 4, 0, tzinfo=UTC)
        world = open_world(engine, timezone=zone, at=begin)
        for day in (begin, datetime(2026, 4, 23, 12, tzinfo=UTC), datetime(2026, 9, 5, 20, tzinfo=UTC)):
            instants = [day + timedelta(minutes=30 * number) for number in range(60)]
            for at in instants:
                world.record(make_event("like.received", at=at), now=at)

        # when, then
        assert broken_rows(engine, now=datetime(2026, 9, 7, tzinfo=UTC), calendar=calendar) == []
        engine.dispose()


def findings_of_redis(engine: Engine, client: redis.Redis) -> list[str]:
    with snapshot(engine) as session:
        found = list(ranking_findings(session, client, calendar=Calendar(SEOUL), now=LATER))
    return [finding.where for finding in found]


Plant = Callable[[redis.Redis, str], object]
IN_REDIS: dict[str, Plant] = {
    "another score": lambda client, key: client.zincrby(key, -(2**20), "jun"),
    "a second earlier": lambda client, key: client.zincrby(key, -1, "jun"),
    "somebody missing at the end": lambda client, key: client.zremrangebyrank(key, -1, -1),
    "somebody too many": lambda client, key: client.zadd(key, {"mina": -1}),
    "nobody at all": lambda client, key: client.delete(key),
}


@pytest.mark.parametrize("what", IN_REDIS)
def test_a_ranking_in_redis_that_is_not_the_ledgers_is_named(
    what: str, world: World, engine: Engine, redis_client: redis.Redis
) -> None:
    # given: a copy that the projection vouches for
    assert world.account_id("jun")
    for _ in range(2):
        with snapshot(engine) as session:
            project(session, redis_client, now=LATER)
    redis_client.persist(LIVE)
    assert findings_of_redis(engine, redis_client) == []
    generation = redis_client.get(CURRENT)
    assert isinstance(generation, bytes)

    # when
    IN_REDIS[what](redis_client, f"ranking:{generation.decode()}:season:{SECOND}")

    # then
    assert findings_of_redis(engine, redis_client)[0].startswith(f"leaderboard season of {SECOND}")


def test_a_redis_that_nobody_vouches_for_is_not_asked(engine: Engine, redis_client: redis.Redis) -> None:
    assert redis_client.dbsize() == 0

    assert findings_of_redis(engine, redis_client) == []
