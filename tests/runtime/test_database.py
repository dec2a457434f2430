"""The engine refuses a database that would not keep the promises, and only whole blocks are committed."""

import time
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from rewards.runtime.database import DatabaseMisconfigured, create_engine_from, snapshot, transaction
from tests.support.database import Database


@pytest.fixture
def table(superuser: psycopg.Connection[Any]) -> str:
    superuser.execute("CREATE TABLE note (text text); GRANT ALL ON note TO rewards_service")
    return "note"


def notes(engine: Engine) -> list[str]:
    with snapshot(engine) as session:
        return list(session.scalars(text("SELECT text FROM note ORDER BY text")))


def test_a_block_is_committed_when_it_ends(engine: Engine, table: str) -> None:
    with transaction(engine) as session:
        session.execute(text(f"INSERT INTO {table} VALUES ('kept')"))

    assert notes(engine) == ["kept"]


def test_a_block_that_raises_leaves_nothing(engine: Engine, table: str) -> None:
    with pytest.raises(LookupError), transaction(engine) as session:
        session.execute(text(f"INSERT INTO {table} VALUES ('lost')"))
        raise LookupError

    assert notes(engine) == []


def test_a_snapshot_reads_one_moment_and_may_not_write(engine: Engine, table: str) -> None:
    with snapshot(engine) as reading:
        count = text(f"SELECT count(*) FROM {table}")
        before = reading.scalar(count)
        with transaction(engine) as session:
            session.execute(text(f"INSERT INTO {table} VALUES ('later')"))

        assert reading.scalar(count) == before
        with pytest.raises(DBAPIError, match="read-only transaction"):
            reading.execute(text(f"INSERT INTO {table} VALUES ('never')"))


@pytest.mark.parametrize(
    "setting,value", [("default_transaction_isolation", "serializable"), ("synchronous_commit", "off")]
)
def test_a_database_that_would_not_keep_the_promises_is_refused(
    database: Database, superuser: psycopg.Connection[Any], setting: str, value: str
) -> None:
    name, wanted = sql.Identifier(database.name), sql.Literal(value)
    superuser.execute(sql.SQL("ALTER DATABASE {} SET {} = {}").format(name, sql.Identifier(setting), wanted))
    engine = create_engine_from(database.service_url)

    with pytest.raises(DatabaseMisconfigured, match=setting), transaction(engine) as session:
        session.execute(text("SELECT 1"))
    engine.dispose()


def test_a_connection_that_the_server_has_ended_is_replaced_without_a_failed_request(
    engine: Engine, superuser: psycopg.Connection[Any]
) -> None:
    with transaction(engine) as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))

    superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    with transaction(engine) as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != pid


def test_nobody_waits_long_for_a_connection(database: Database) -> None:
    engine = create_engine_from(database.service_url, pool_size=1)
    with transaction(engine) as holding:
        holding.execute(text("SELECT 1"))
        before = time.monotonic()

        with pytest.raises(PoolTimeoutError), transaction(engine) as waiting:
            waiting.execute(text("SELECT 1"))

        assert time.monotonic() - before < 3
    engine.dispose()


def test_a_statement_is_ended_after_its_time(database: Database) -> None:
    engine = create_engine_from(database.service_url, statement_timeout_s=1)

    with pytest.raises(DBAPIError, match="statement timeout"), transaction(engine) as session:
        session.execute(text("SELECT pg_sleep(20)"))
    engine.dispose()
