"""Databases of tests: each test that asks gets its own copy of the migrated template."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rewards.runtime.servers.postgres import ADMIN, MIGRATOR
from tests.support.servers import TEMPLATE, Servers

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Addresses of one database for each role."""

    name: str
    service_url: str
    migrator_url: str
    admin_url: str


@contextmanager
def copied_database(servers: Servers, *, worker: str, template: str = TEMPLATE) -> Iterator[Database]:
    """Copy the template for one test; the copy is dropped with whoever is still connected.

    Nobody may be connected to a `template` of one's own.
    """
    name = f"test_{worker}_{next(_numbers)}"
    yield Database(
        name=name,
        service_url=servers.make_database(name, template=template),
        migrator_url=servers.postgres.url(name, role=MIGRATOR),
        admin_url=servers.postgres.url(name, role=ADMIN),
    )
    servers.drop_database(name)
