"""Servers once per run, one database per test that asks, and the service around them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import psycopg
import pytest
import redis
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from rewards.runtime.database import create_engine_from
from rewards.runtime.redis import connect_redis
from rewards.runtime.settings import DEFAULTS, Settings, load_settings
from tests.support.clock import SettableClock
from tests.support.database import Database, copied_database
from tests.support.network import forbid_outside_network
from tests.support.servers import Servers, folder_of_run
from tests.support.settings import environment_of

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

FOLDER = "rewards_servers_folder"
RUNNING = pytest.StashKey[Servers]()

# A machine that is busy with other tests is slow: the time of one example says nothing.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.register_profile("long", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    forbid_outside_network()
    leads_workers = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if leads_workers and not config.option.collectonly:
        config.stash[RUNNING] = started_servers()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist where the run's servers are."""
    node.workerinput[FOLDER] = str(node.config.stash[RUNNING].directory)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones, the rest as they come: one that begins last keeps all other workers waiting."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_unconfigure(config: pytest.Config) -> None:
    if running := config.stash.get(RUNNING, None):
        running.stop()


def started_servers() -> Servers:
    """Answer new servers, running, for the whole run."""
    servers = Servers(folder_of_run())
    try:
        servers.start()
    except BaseException:
        servers.stop()
        raise
    return servers


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Iterator[Servers]:
    """The run's PostgreSQL and Valkey, shared by its workers: never stop these, start your own to kill."""
    given = getattr(pytestconfig, "workerinput", {}).get(FOLDER)
    if given:
        joined = Servers(Path(given))
        joined.join()
        yield joined
        joined.leave()
        return
    if RUNNING not in pytestconfig.stash:
        pytestconfig.stash[RUNNING] = started_servers()
    yield pytestconfig.stash[RUNNING]


@pytest.fixture(scope="session")
def worker_number(pytestconfig: pytest.Config) -> int:
    """0 without xdist, else 1 for its first worker, and so on."""
    name = getattr(pytestconfig, "workerinput", {}).get("workerid", "")
    return int(name.removeprefix("gw")) + 1 if name else 0


@pytest.fixture
def database(servers: Servers, worker_number: int) -> Iterator[Database]:
    """A database of the test's own, as the migrations leave it, with an address for each role."""
    with copied_database(servers, worker=str(worker_number)) as copied:
        yield copied


@pytest.fixture(scope="session")
def full_template(servers: Servers, worker_number: int) -> Iterator[str]:
    """The name of a database in which everything has happened, made once a worker; nobody is connected to it."""
    # Tests of the floor run without what stands above it.
    from tests.support.everything import let_everything_happen  # noqa: PLC0415 -- see above
    from tests.support.world import open_world  # noqa: PLC0415 -- see above

    with copied_database(servers, worker=f"{worker_number}_everything") as database:
        engine = create_engine_from(database.service_url, application_name="tests")
        let_everything_happen(open_world(engine))
        engine.dispose()
        yield database.name


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    """The service's engine on the test's database."""
    engine = create_engine_from(database.service_url, application_name="tests")
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """The service's session; what it commits is gone with the database after the test."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def superuser(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """An autocommitting superuser on the test's database, for tampering and for looking behind."""
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def redis_url(servers: Servers, worker_number: int) -> str:
    """The address of the worker's own database of Valkey, empty."""
    url = servers.valkey.url(worker_number)
    with connect_redis(url) as client:
        client.flushdb()
    return url


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[redis.Redis]:
    """The service's client on the worker's own database of Valkey, empty."""
    with connect_redis(redis_url) as client:
        yield client


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands at a Wednesday noon in Seoul (2026-03-04) until it is set."""
    return SettableClock()


@pytest.fixture
def environment(
    servers: Servers, database: Database, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment of the service's processes, set in this process too; all else is at its default."""
    given = environment_of(
        servers.secrets,
        database_url=database.service_url,
        migration_url=database.migrator_url,
        redis_url=redis_url,
    )
    for name in DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **given}


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    """Settings for the test's database and Valkey; change one by monkeypatch.setenv before asking for them."""
    assert environment["DATABASE_URL"]
    return load_settings()


@pytest.fixture
def app(settings: Settings, clock: SettableClock, engine: Engine, redis_client: redis.Redis) -> Iterator["Flask"]:
    """The service, put together as in production, at the time of `clock`; a test that changes it makes its own."""
    from tests.support.app import app_with  # noqa: PLC0415 -- tests of the floor run without what stands above it

    app = app_with(settings, clock=clock, engine=engine, redis=redis_client)
    views = dict(app.view_functions)
    yield app
    assert app.view_functions == views, "other tests use this app too"


@pytest.fixture
def client(app: "Flask") -> "FlaskClient":
    """A client of the service, in this process."""
    return app.test_client()
