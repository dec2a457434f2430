"""Runs the migrations on the connection it is given: as the NOLOGIN owner if there is one, waiting 4 s for locks."""

from alembic import context
from sqlalchemy import Connection, text

from ledger.tables import Base
from rewards.runtime.schema import become_owner


def run(connection: Connection) -> None:
    """Migrate inside the caller's transaction; a second migration at the same time waits for the first."""
    context.configure(connection=connection, target_metadata=Base.metadata)
    connection.execute(text("select pg_advisory_xact_lock(hashtext('rewards migrations'))"))
    connection.execute(text("set local lock_timeout = '4s'"))
    become_owner(connection)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
