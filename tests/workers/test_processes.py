"""Worker and scheduler as processes: how they end, and what they live through."""

import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rq import Queue
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from rewards.ranking.season_rows import SeasonRow, read_season
from rewards.runtime.database import transaction
from rewards.runtime.redis import connect_redis
from rewards.runtime.servers import ValkeyServer
from tests.support.clock import START
from tests.support.processes import ServiceProcess, wait_for
from tests.support.seasons import open_week, prepare
from tests.support.servers import Servers
from tests.support.town import scheduler, worker
from workers.due import Due
from workers.queue import QUEUES, enqueue


@pytest.fixture
def valkey(tmp_path: Path, servers: Servers) -> Iterator[ValkeyServer]:
    """A Valkey of the test's own."""
    server = ValkeyServer(tmp_path / "valkey", password=servers.secrets.valkey)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def surroundings(environment: dict[str, str], valkey: ValkeyServer) -> dict[str, str]:
    """The environment of processes on it."""
    return {**environment, "REDIS_URL": valkey.url()}


@pytest.fixture
def week(engine: Engine) -> SeasonRow:
    """A week of long ago that nobody has settled."""
    with transaction(engine) as session:
        prepare(session, now=START)
        return open_week(session, now=START)


def state(engine: Engine, week: SeasonRow) -> str:
    """The week's state."""
    with Session(engine) as session:
        row = read_season(session, week.season_id)
        assert row is not None
        return row.state


def is_listening(valkey: ValkeyServer) -> bool:
    """Whether a worker has said that it lives."""
    with connect_redis(valkey.url()) as client:
        return bool(client.exists("rq:workers"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("redis_is", ["there", "frozen", "gone"])
def test_the_scheduler_ends_within_two_seconds(
    surroundings: dict[str, str],
    valkey: ValkeyServer,
    week: SeasonRow,
    tmp_path: Path,
    number: signal.Signals,
    redis_is: str,
) -> None:
    with scheduler(surroundings, tmp_path) as process:
        wait_for(lambda: "scheduler.started" in process.said(), what="the start")
        if redis_is == "frozen":
            valkey.pause()
        if redis_is == "gone":
            valkey.kill()
        began_s = time.monotonic()
        assert process.terminate(number) == 0
        assert time.monotonic() - began_s < 2
    assert "Traceback" not in process.said()


def test_a_worker_ends_by_itself(surroundings: dict[str, str], valkey: ValkeyServer, tmp_path: Path) -> None:
    with worker(surroundings, tmp_path) as process:
        wait_for(lambda: is_listening(valkey), what="the start")
        assert process.terminate() == 0


@pytest.mark.parametrize("when", ["at the start", "at work"])
def test_a_worker_ends_when_told_to_though_redis_is_away(
    surroundings: dict[str, str], valkey: ValkeyServer, tmp_path: Path, when: str
) -> None:
    # given
    if when == "at the start":
        valkey.kill()
    with worker(surroundings, tmp_path) as process:
        if when == "at work":
            wait_for(lambda: is_listening(valkey), what="the start")
            valkey.kill()
        wait_for(lambda: "redis_away" in process.said() or when == "at work", what="noticing it")

        # when, then
        assert process.terminate() == 0


@pytest.mark.parametrize("how", ["restarted", "emptied", "away at the start"])
def test_a_worker_lives_through_what_happens_to_redis(
    engine: Engine, surroundings: dict[str, str], valkey: ValkeyServer, week: SeasonRow, tmp_path: Path, how: str
) -> None:
    """Then it works as before."""
    if how == "away at the start":
        valkey.kill()
    with worker(surroundings, tmp_path) as process:
        _happen(how, process, valkey)
        with connect_redis(valkey.url()) as client:
            enqueue(client, Due("settle-season", week.season_id.isoformat()))
            wait_for(lambda: state(engine, week) == "final", timeout_s=40, what="settlement")
            wait_for(lambda: not Queue(QUEUES[0], connection=client).job_ids, what="an empty queue")
        assert process.is_running


def _happen(how: str, process: ServiceProcess, valkey: ValkeyServer) -> None:
    if how == "away at the start":
        wait_for(lambda: "worker.redis_away" in process.said(), what="noticing it")
        valkey.start()
        return
    wait_for(lambda: is_listening(valkey), what="the start")
    if how == "restarted":
        valkey.kill()
        valkey.start()
    else:
        with connect_redis(valkey.url()) as client:
            client.flushall()


def test_a_queue_that_loses_everything_loses_nothing(
    engine: Engine, surroundings: dict[str, str], valkey: ValkeyServer, week: SeasonRow, tmp_path: Path
) -> None:
    """The scheduler finds in PostgreSQL what is due, again and again, also without any worker."""
    with scheduler(surroundings, tmp_path):
        with connect_redis(valkey.url()) as client:
            wait_for(lambda: bool(Queue(QUEUES[0], connection=client).job_ids), what="a queued job")
            client.flushall()
        wait_for(lambda: state(engine, week) == "final", timeout_s=40, what="settlement")
    with Session(engine) as session:
        row = read_season(session, week.season_id + timedelta(days=7))
        assert row is not None
