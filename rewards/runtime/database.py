"""The engine, and the only place that commits."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from rewards.runtime.errors import OperatorError

CONNECT_TIMEOUT_S = 2
POOL_TIMEOUT_S = 2
POOL_RECYCLE_S = 1800
STATEMENT_TIMEOUT_S = 30
IDLE_IN_TRANSACTION_TIMEOUT_S = 30


class DatabaseMisconfigured(OperatorError):
    """The database would not keep what the ledger promises; the sentence says which setting to change."""


def create_engine_from(
    url: str,
    *,
    pool_size: int = 16,
    application_name: str = "rewards",
    statement_timeout_s: int = STATEMENT_TIMEOUT_S,
) -> Engine:
    """Answer an engine whose connections are READ COMMITTED, durable and bounded in every wait.

    `statement_timeout_s=0` is for commands that read the whole database. No connection is made yet.
    """
    options = engine_options(
        pool_size=pool_size, application_name=application_name, statement_timeout_s=statement_timeout_s
    )
    return guarded(create_engine(psycopg_url(url), **options))


def engine_options(
    *, pool_size: int, application_name: str = "rewards", statement_timeout_s: int = STATEMENT_TIMEOUT_S
) -> dict[str, Any]:
    """Answer what bounds every wait of an engine, whoever creates it; times in seconds."""
    return {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": POOL_TIMEOUT_S,
        "pool_recycle": POOL_RECYCLE_S,
        "pool_use_lifo": True,
        "connect_args": {
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": application_name,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "options": (
                f"-c statement_timeout={statement_timeout_s * 1000}"
                f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_S * 1000}"
                " -c timezone=UTC"
            ),
        },
    }


def guarded(engine: Engine) -> Engine:
    """Answer the engine, whose connections are looked at before they are used."""
    event.listen(engine, "connect", _assert_promises)
    event.listen(engine, "checkout", _refuse_closed)
    return engine


def psycopg_url(url: str) -> URL:
    """Answer `url` with the driver that we use, whichever of the usual spellings it has."""
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Open a session, commit when the block ends, roll back when it raises. Retries are the caller's."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """Open a session that reads one moment (READ ONLY, REPEATABLE READ), takes no locks and keeps nothing."""
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with Session(reading, expire_on_commit=False) as session:
        yield session


def _assert_promises(connection: psycopg.Connection[Any], _record: ConnectionPoolEntry) -> None:
    isolation, synchronous = connection.execute(
        "SELECT current_setting('default_transaction_isolation'), current_setting('synchronous_commit')"
    ).fetchone() or ("", "")
    connection.rollback()
    if isolation != "read committed" or synchronous not in ("on", "remote_apply"):
        connection.close()  # the pool forgets a connection that is refused here
    if isolation != "read committed":
        raise DatabaseMisconfigured(
            f"default_transaction_isolation is {isolation!r}; the ledger's locks need 'read committed'."
        )
    if synchronous not in ("on", "remote_apply"):
        raise DatabaseMisconfigured(
            f"synchronous_commit is {synchronous!r}; an answer must be durable, so set it to 'on'."
        )


def _refuse_closed(
    connection: psycopg.Connection[Any], _record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Notice a connection that the server has closed, without asking the server: an idle one has nothing to say.

    This is what a pre-ping is for, at no round trip; after a restart of PostgreSQL no request fails for it.
    """
    if connection.closed:
        raise exc.DisconnectionError("The connection is closed.")
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if poll.poll(0):
        raise exc.DisconnectionError("The server has closed the connection.")
