"""A database in which everything has happened, made once a worker and copied for each test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from rewards.runtime.database import create_engine_from
from tests.support.database import Database, copied_database
from tests.support.everything import let_everything_happen
from tests.support.servers import Servers
from tests.support.world import World, open_world

Tamper = Callable[..., int]


@pytest.fixture(scope="session")
def full_template(servers: Servers, worker_number: int) -> Iterator[str]:
    """The name of that database; nobody is connected to it."""
    with copied_database(servers, worker=f"{worker_number}_everything") as database:
        engine = create_engine_from(database.service_url, application_name="tests")
        let_everything_happen(open_world(engine))
        engine.dispose()
        yield database.name


@pytest.fixture
def database(servers: Servers, worker_number: int, full_template: str) -> Iterator[Database]:
    """A copy of the test's own."""
    with copied_database(servers, worker=str(worker_number), template=full_template) as copied:
        yield copied


@pytest.fixture
def world(engine: Engine) -> World:
    """The community of that database."""
    return open_world(engine)


@pytest.fixture
def tamper(superuser: psycopg.Connection[Any]) -> Tamper:
    """Change what must not be changed, as only a superuser can who takes protection away and puts it back."""

    def change(*statements: str) -> int:
        changed = 0
        with _unprotected(superuser):
            for statement in statements:
                changed += superuser.execute(statement.encode()).rowcount
        return changed

    return change


@contextmanager
def _unprotected(superuser: psycopg.Connection[Any]) -> Iterator[None]:
    triggers = superuser.execute(
        "select tgrelid::regclass::text, tgname from pg_trigger where tgenabled = 'A' and not tgisinternal"
    ).fetchall()
    superuser.execute("set session_replication_role = replica")
    for table, name in triggers:
        superuser.execute(f'alter table {table} disable trigger "{name}"'.encode())
    yield
    for table, name in triggers:
        superuser.execute(f'alter table {table} enable always trigger "{name}"'.encode())
    superuser.execute("set session_replication_role = origin")
