"""Line 16: no connection left, a full disk, a database that can only be read: a clear 503, soon, and back by itself."""

import time
from collections.abc import Callable

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from rewards.runtime.settings import Settings
from tests.support.checker import assert_whole
from tests.support.clock import SettableClock
from tests.support.database import Database
from tests.support.http import Caller, Forum, event, problem_of

ANSWER_S_MAX = 3.0
HANG_UP = (
    "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
    " where datname = current_database() and usename = 'rewards_service'"
)
FILL_THE_DISK = """
create function full_disk() returns trigger language plpgsql as $$
begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$;
create trigger full_disk before insert on event for each row execute function full_disk();
"""
TROUBLES: dict[str, tuple[str, str]] = {
    "no connection is left": (
        "alter database {name} connection limit 0",
        "alter database {name} connection limit -1",
    ),
    "it can only be read": (
        "alter database {name} set default_transaction_read_only = on",
        "alter database {name} reset default_transaction_read_only",
    ),
    "the disk is full": (FILL_THE_DISK, "drop trigger full_disk on event"),
}
"""How each begins and ends: as PostgreSQL tells it, whatever is behind."""


@pytest.fixture
def backend(app: Flask, settings: Settings, engine: Engine, clock: SettableClock) -> Caller:
    """The forum's backend."""
    forum = Forum(app, settings, engine, clock)
    forum.prepare()
    return forum.key()


def assert_refused_soon(ask: Callable[[], TestResponse]) -> None:
    began = time.monotonic()
    answer = ask()
    assert time.monotonic() - began < ANSWER_S_MAX
    problem_of(answer, 503, "dependency-away")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("what", TROUBLES)
def test_whoever_writes_is_told_to_come_again_and_is_taken_then(
    what: str,
    backend: Caller,
    database: Database,
    engine: Engine,
    clock: SettableClock,
    superuser: psycopg.Connection[tuple[object, ...]],
) -> None:
    begin, end = (statement.replace("{name}", database.name).encode() for statement in TROUBLES[what])
    assert backend.post("/v1/events", json=event("before")).status_code == 201

    superuser.execute(begin)
    superuser.execute(HANG_UP)
    assert_refused_soon(lambda: backend.post("/v1/events", json=event("meanwhile")))
    assert_refused_soon(lambda: backend.post("/v1/events/batch", json=[event("one"), event("two")]))
    assert superuser.execute("select count(*) from event").fetchone() == (1,)

    superuser.execute(end)
    superuser.execute(HANG_UP)
    assert backend.post("/v1/events", json=event("meanwhile")).status_code == 201
    taken = backend.post("/v1/events/batch", json=[event("one"), event("two")])
    assert [result["status"] for result in taken.get_json()["results"]] == [201, 201]
    assert superuser.execute("select count(*) from event").fetchone() == (4,)
    assert_whole(engine, now=clock())
