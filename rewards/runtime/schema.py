"""Brings the database's schema up to date: migrations as the owner, then the service role's rights."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

import market.tables  # noqa: F401 -- registers its tables
import rewards.tables  # noqa: F401 -- registers its tables
from ledger.protection import grant_rights
from ledger.tables import Base

OWNER = "rewards_owner"
ROOT = Path(__file__).resolve().parents[2]


def upgrade_schema(url: str, *, service_role: str, revision: str = "head") -> None:
    """Migrate the database at `url` and give `service_role` its rights. Both in one transaction; harmless twice."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(ROOT / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if not owns_tables(connection, role=service_role):
            grant_rights(connection, Base.metadata, role=service_role)
            connection.execute(
                text(f"grant select on alembic_version to {connection.dialect.identifier_preparer.quote(service_role)}")
            )


def become_owner(connection: Connection) -> None:
    """Take the owner's role for the transaction, if the present role may: the service's role owns nothing."""
    member = text("select pg_has_role(current_user, oid, 'MEMBER') from pg_roles where rolname = :owner")
    if connection.execute(member, {"owner": OWNER}).scalar():
        connection.execute(text(f"set local role {OWNER}"))


def owns_tables(connection: Connection, *, role: str) -> bool:
    """Whether the service's role owns the tables itself, as where a hosted database gives one role only."""
    query = text("select tableowner = :role from pg_tables where schemaname = 'public' and tablename = 'entry'")
    return bool(connection.execute(query, {"role": role}).scalar())


def role_of(url: str) -> str:
    """The role that a database URL signs in as."""
    return make_url(url).username or ""
