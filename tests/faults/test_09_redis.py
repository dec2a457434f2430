"""Line 9: Redis is emptied, frozen, killed, replaced by an old copy. Only HTTP is asked, and compared with SQL."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Engine

from rewards.runtime.redis import connect_redis
from rewards.runtime.servers import ValkeyServer
from tests.support.checker import broken_rows
from tests.support.processes import ServiceProcess, Web, wait_for
from tests.support.servers import Servers
from tests.support.town import Town, make_key, scheduler

MEMBERS = [f"member-{number:02}" for number in range(12)]
WRITE_S_MAX = 2.0
READINGS = 25


@pytest.fixture
def valkey(tmp_path: Path, servers: Servers) -> Iterator[ValkeyServer]:
    """A Valkey of the test's own, to be mistreated."""
    server = ValkeyServer(tmp_path / "valkey", password=servers.secrets.valkey)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def ticking(valkey: ValkeyServer, environment: dict[str, str], tmp_path: Path) -> Iterator[ServiceProcess]:
    """The scheduler on it."""
    with scheduler({**environment, "REDIS_URL": valkey.url()}, tmp_path) as process:
        yield process


@pytest.fixture
def town(
    valkey: ValkeyServer, ticking: ServiceProcess, environment: dict[str, str], engine: Engine, tmp_path: Path
) -> Iterator[Town]:
    """The web application too, with points in the ranking, which Redis answers for. In the end verify is clean."""
    surroundings = {**environment, "REDIS_URL": valkey.url(), "WEB_WORKERS": "1"}
    key = make_key(engine)
    with Web(environment=surroundings, log=tmp_path / "web.log") as web:
        town = Town(web, key, engine)
        for member_id in MEMBERS:
            town.send(member_id, "member.joined")
        until_redis_answers(town, valkey)
        yield town
    assert broken_rows(engine, now=datetime.now(UTC)) == []


def trusted(valkey: ValkeyServer) -> bool:
    """Whether Redis holds exactly the ledger's places and is vouched for."""
    try:
        with connect_redis(valkey.url()) as client:
            generation = client.get("ranking:current")
            return isinstance(generation, bytes) and client.get("ranking:live") == generation
    except redis.RedisError:
        return False


def in_redis(valkey: ValkeyServer) -> list[str]:
    """Members of the present season's set, in its order."""
    with connect_redis(valkey.url()) as client:
        generation = client.get("ranking:current")
        assert isinstance(generation, bytes)
        keys: Any = client.keys(f"ranking:{generation.decode()}:season:????-??-??")
        sets: list[Any] = [client.zrange(key, 0, -1) for key in keys]
        return [member.decode() for members in sets for member in members]


def until_redis_answers(town: Town, valkey: ValkeyServer) -> None:
    """Wait until Redis is trusted again and holds exactly the ledger; HTTP then says the same."""
    ledger = town.ledger()
    names = [member_id for _, member_id, _ in ledger]
    wait_for(lambda: trusted(valkey) and in_redis(valkey) == names and town.ranking() == ledger, what="healing")


def write_all(town: Town) -> None:
    """Every member earns, at full speed."""
    slowest_s = max(town.send(member_id) for member_id in MEMBERS)
    assert slowest_s < WRITE_S_MAX


def assert_readings_right(town: Town) -> None:
    """While nobody writes, every single reading is the ledger's."""
    ledger = town.ledger()
    for _ in range(READINGS):
        assert town.ranking() == ledger


def test_emptied(town: Town, valkey: ValkeyServer) -> None:
    with connect_redis(valkey.url()) as client:
        client.flushall()

    assert_readings_right(town)
    write_all(town)

    until_redis_answers(town, valkey)
    assert_readings_right(town)


def test_frozen_past_every_time_limit(town: Town, valkey: ValkeyServer) -> None:
    """Longer than `ranking:live` lives: what was sent to it before and runs late vouches for nothing."""
    valkey.pause()
    write_all(town)
    assert_readings_right(town)
    write_all(town)
    valkey.resume()

    assert_readings_right(town)
    until_redis_answers(town, valkey)
    assert_readings_right(town)


def test_killed_and_started_again(town: Town, valkey: ValkeyServer) -> None:
    valkey.kill()

    write_all(town)
    assert_readings_right(town)
    valkey.start()

    assert_readings_right(town)
    write_all(town)
    until_redis_answers(town, valkey)


def test_yesterdays_copy_swapped_in(town: Town, valkey: ValkeyServer, tmp_path: Path) -> None:
    """Its cursor lies behind, and nothing in it is believed before that is caught up."""
    valkey.stop()
    shutil.copytree(valkey.directory / "data", tmp_path / "yesterday")
    valkey.start()
    until_redis_answers(town, valkey)
    for _ in range(2):
        write_all(town)
    until_redis_answers(town, valkey)

    valkey.kill()
    shutil.rmtree(valkey.directory / "data")
    shutil.copytree(tmp_path / "yesterday", valkey.directory / "data")
    valkey.start()

    assert_readings_right(town)
    until_redis_answers(town, valkey)
    assert_readings_right(town)


def test_the_scheduler_is_frozen(town: Town, ticking: ServiceProcess, valkey: ValkeyServer) -> None:
    """With nobody to vouch for it, Redis is not believed for longer than three seconds."""
    ticking.family()[0].suspend()
    write_all(town)

    wait_for(lambda: not trusted(valkey), timeout_s=4, what="losing trust")

    assert_readings_right(town)
    ticking.family()[0].resume()
    until_redis_answers(town, valkey)
