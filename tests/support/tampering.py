"""What only a superuser can do who takes the protection away and puts it back: change what must not be changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


def tamper_with(superuser: psycopg.Connection[Any], *statements: str) -> int:
    """Run the statements unprotected; answers how many rows they changed."""
    with _unprotected(superuser):
        return sum(superuser.execute(statement.encode()).rowcount for statement in statements)


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
