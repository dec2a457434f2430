"""A database in which everything has happened, copied for each test."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from tests.support.database import Database, copied_database
from tests.support.servers import Servers
from tests.support.tampering import tamper_with
from tests.support.world import World, open_world

Tamper = Callable[..., int]


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
    return partial(tamper_with, superuser)
