"""The migrations lead to the tables that the code knows, also from a database that is in use."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

import market.tables
import rewards.tables
from ledger.tables import Base
from rewards.runtime.schema import upgrade_schema
from rewards.runtime.servers.postgres import ADMIN, MIGRATOR, SERVICE
from tests.support.database import Database
from tests.support.servers import Servers

assert market.tables and rewards.tables, "all tables are in the metadata"  # noqa: PT018 -- both for the same reason

OWNER = "rewards_owner"


@pytest.fixture
def first_schema(servers: Servers, worker_number: int) -> Iterator[str]:
    """The name of a database as the first migration left it; its owner's rights only."""
    name = f"test_{worker_number}_first_schema"
    servers.postgres.make_database(name)
    upgrade_schema(servers.postgres.url(name, role=MIGRATOR), service_role=OWNER, revision="0001")
    yield name
    servers.postgres.drop_database(name)


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_options'")  # how NOT VALID constraints are read
def test_the_migrated_tables_are_those_that_the_code_knows(database: Database) -> None:
    engine = create_engine(database.admin_url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _ours, "compare_server_default": False})

        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def test_what_is_there_stays_and_the_service_may_use_what_is_new(servers: Servers, first_schema: str) -> None:
    # given: a sign-in from before
    with psycopg.connect(servers.postgres.url(first_schema, role=ADMIN), autocommit=True) as superuser:
        superuser.execute(
            "insert into staff (staff_id, name, password_hash, role, created_at)"
            " values ('019bc9a4-1f6a-7000-8000-000000000001', 'mina', 'x', 'manager', now())"
        )
        superuser.execute(
            "insert into staff_session (digest, staff_id, created_at, expires_at) values"
            " ('\\x01', '019bc9a4-1f6a-7000-8000-000000000001', now(), now() + interval '1 hour')"
        )

    # when
    upgrade_schema(servers.postgres.url(first_schema, role=MIGRATOR), service_role=SERVICE)

    # then
    with psycopg.connect(servers.postgres.url(first_schema, role=SERVICE), autocommit=True) as service:
        row = service.execute("select s.name, t.address from staff_session t join staff s using (staff_id)").fetchone()
        service.execute("insert into sign_in_failure (name, address, failed_at) values ('mina', '::1', now())")
    assert row == ("mina", None)


def _ours(name: str | None, kind: str, _parents: Any) -> bool:
    return not (kind == "table" and name == "alembic_version")
