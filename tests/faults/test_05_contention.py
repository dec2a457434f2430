"""Line 5: 32 writers in four processes on overlapping members, everything mixed: no deadlock, no lost update."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

from rewards.runtime.database import create_engine_from, snapshot
from rewards.verify import findings
from tests.promises.test_2_balances_are_never_wrong import assert_balances, assert_decisions
from tests.promises.test_7_no_deadlocks_no_lost_updates import (
    MEMBERS,
    Writer,
    assert_attendance,
    assert_holds,
    deadlocks,
)
from tests.support.clock import START
from tests.support.database import Database
from tests.support.factories import make_event
from tests.support.leaderboards import leaderboards_as_kept, leaderboards_from_entries
from tests.support.world import open_world

PROCESSES = 4
THREADS = 8


def write(service_url: str, process: int) -> list[str]:
    """Eight writers of one process; answers what went wrong."""
    engine = create_engine_from(service_url, pool_size=THREADS, application_name="tests")
    world, barrier = open_world(engine), Barrier(THREADS)
    writers = [Writer(world, 1000 * process + number, name=f"p{process}") for number in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as threads:
        done = [threads.submit(writer.live, barrier) for writer in writers]
        failures = [repr(error) for future in done if (error := future.exception()) is not None]
    engine.dispose()
    return failures


def test_32_writers_in_four_processes(database: Database, superuser: Any) -> None:
    engine = create_engine_from(database.service_url, application_name="tests")
    world = open_world(engine)
    world.record(*[make_event("member.joined", member, event_id=f"joined-{member}") for member in MEMBERS[:6]])

    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as processes:
        failures = [*processes.map(write, [database.service_url] * PROCESSES, range(1, PROCESSES + 1))]

    assert failures == [[]] * PROCESSES
    assert deadlocks(superuser) == 0
    assert_balances(world)
    assert_decisions(world)
    assert_holds(world)
    assert_attendance(world)
    assert leaderboards_from_entries(world) == {
        place: value for place, value in leaderboards_as_kept(world).items() if place[0] != "streak"
    }
    with snapshot(engine) as session:
        assert list(findings(session, calendar=world.terms.calendar, now=START + timedelta(days=3))) == []
    engine.dispose()
