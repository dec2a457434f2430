"""Promise 6: what was acknowledged is on disk. That it outlives a killed server, tests/faults shows."""

from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from rewards.earning.record import record
from rewards.runtime.database import DatabaseMisconfigured, create_engine_from
from tests.support.clock import START
from tests.support.database import Database
from tests.support.factories import make_comment
from tests.support.world import open_world


def test_every_connection_of_the_service_commits_durably_and_reads_what_is_committed(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("show synchronous_commit")) == "on"
        assert connection.scalar(text("show transaction_isolation")) == "read committed"


@pytest.mark.parametrize(
    "setting, value",
    [
        ("synchronous_commit", "off"),
        ("synchronous_commit", "local"),
        ("default_transaction_isolation", "repeatable read"),
    ],
)
def test_a_database_that_would_not_keep_the_promise_is_refused_at_connect(
    database: Database, superuser: psycopg.Connection[Any], setting: str, value: str
) -> None:
    change = sql.SQL("alter database {} set {} = {}")
    superuser.execute(change.format(sql.Identifier(database.name), sql.Identifier(setting), sql.Literal(value)))
    engine = create_engine_from(database.service_url, application_name="tests")

    with pytest.raises(DatabaseMisconfigured, match=setting):
        engine.connect()
    engine.dispose()


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
