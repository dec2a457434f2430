"""Promise 6: what was acknowledged is on disk. That it outlives a killed server, tests/faults shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg import sql
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from rewards.earning.record import record
from rewards.runtime.database import DatabaseMisconfigured, create_engine_from
from rewards.runtime.settings import Settings
from tests.support.clock import START, SettableClock
from tests.support.database import Database
from tests.support.factories import make_comment
from tests.support.http import Forum, event
from tests.support.world import open_world


def test_every_connection_of_the_service_commits_durably_and_reads_what_is_committed(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("show synchronous_commit")) == "on"
        assert connection.scalar(text("show transaction_isolation")) == "read committed"


@contextmanager
def closing_engine(engine: Engine) -> Iterator[None]:
    """Let go of its connections, whatever happens."""
    try:
        yield
    finally:
        engine.dispose()


def test_a_database_that_would_not_keep_the_promise_is_refused_at_connect(
    database: Database, superuser: psycopg.Connection[Any]
) -> None:
    for setting, value in (
        ("synchronous_commit", "off"),
        ("synchronous_commit", "local"),
        ("default_transaction_isolation", "repeatable read"),
    ):
        name, of = sql.Identifier(setting), sql.Identifier(database.name)
        superuser.execute(sql.SQL("alter database {} set {} = {}").format(of, name, sql.Literal(value)))
        engine = create_engine_from(database.service_url, application_name="tests")

        with closing_engine(engine), pytest.raises(DatabaseMisconfigured, match=setting):
            engine.connect().close()
        superuser.execute(sql.SQL("alter database {} reset {}").format(of, name))


FAILS_AT_COMMIT = """
create function fail() returns trigger language plpgsql as $$ begin raise exception 'the disk is full'; end $$;
create constraint trigger fails_at_commit after insert on entry deferrable initially deferred
    for each row execute function fail();
"""


def test_an_answer_leaves_after_the_commit(
    app: Flask, settings: Settings, engine: Engine, clock: SettableClock, superuser: psycopg.Connection[Any]
) -> None:
    # given: a database that takes every row, and refuses the commit
    forum = Forum(app, settings, engine, clock)
    forum.prepare()
    backend = forum.key()
    superuser.execute(FAILS_AT_COMMIT)

    # when, then: nobody is told that it was done
    assert backend.post("/v1/events", json=event()).status_code >= 500
    assert superuser.execute("select count(*) from event").fetchone() == (0,)

    # when it commits again, what is answered is there, seen by somebody else
    superuser.execute("drop trigger fails_at_commit on entry")
    told = backend.post("/v1/events", json=event())
    assert (told.status_code, told.get_json()["balance"]) == (201, 20)
    assert superuser.execute("select points, balance_after from entry").fetchall() == [(20, 20)]


def test_what_is_rolled_back_was_never_there(engine: Engine) -> None:
    world = open_world(engine)

    class TurnedAwayError(Exception):
        pass

    def fail_after_writing(session: Session) -> None:
        record(session, [make_comment()], terms=world.terms, now=START)
        raise TurnedAwayError

    with pytest.raises(TurnedAwayError):
        world.run(fail_after_writing)

    for table in ("member", "account", "event", "entry", "leaderboard_points", "outbox", "cap_usage", "season"):
        assert world.rows(f"select count(*) from {table}") == [(0,)], table
