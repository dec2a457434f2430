from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine

from rewards.app import create_app
from rewards.runtime.database import create_engine_from
from rewards.runtime.settings import DEFAULTS, Settings, load_settings
from tests.support import village
from tests.support.browser import StandingVillage, launch, listening
from tests.support.clock import SettableClock
from tests.support.database import Database, copied_database
from tests.support.http import Forum
from tests.support.servers import TEMPLATE, Servers
from tests.support.settings import environment_of
from tests.support.village_stage import living_template, standing
from tests.support.world import World, open_world


@pytest.fixture(scope="session")
def village_template(servers: Servers, worker_number: int) -> Iterator[str]:
    """The name of a database with the village in it, to be copied; nobody is connected to it."""
    with copied_database(servers, worker=f"{worker_number}_village") as database:
        engine = create_engine_from(database.service_url, application_name="tests")
        village.settle_village(open_world(engine, at=village.NOW))
        engine.dispose()
        yield database.name


@pytest.fixture(scope="session")
def living_village_template(servers: Servers, worker_number: int) -> Iterator[str]:
    """The name of a database with the village in it, and a market, attendance and staff at work."""
    redis_url = servers.valkey.url(worker_number)
    with living_template(servers, worker=f"{worker_number}_living", redis_url=redis_url) as name:
        yield name


@pytest.fixture
def database(request: pytest.FixtureRequest, servers: Servers, worker_number: int) -> Iterator[Database]:
    """A database of the test's own: with the village in it for tests that ask for `settled` or `lively`."""
    names = {"settled": "village_template", "lively": "living_village_template"}
    wanted = next((template for name, template in names.items() if name in request.fixturenames), None)
    template: str = request.getfixturevalue(wanted) if wanted else TEMPLATE
    with copied_database(servers, worker=str(worker_number), template=template) as copied:
        yield copied


@pytest.fixture
def world(engine: Engine, clock: SettableClock) -> World:
    """A community with the default policy, at the village's NOW, in which nothing has happened."""
    clock.set(village.NOW)
    return open_world(engine, at=village.NOW)


@pytest.fixture
def settled(world: World) -> World:
    """The village, full."""
    assert world.account_id(village.READER)
    return world


@pytest.fixture
def lively(world: World) -> World:
    """The village, full, with products, redemptions in every state, months of attendance, staff and their audit."""
    assert world.account_id(village.READER)
    return world


@pytest.fixture
def forum(app: Flask, settings: Settings, engine: Engine, clock: SettableClock, world: World) -> Forum:
    """The service and whoever calls it, in that community."""
    return Forum(app, settings, engine, clock)


@pytest.fixture
def address(app: Flask, world: World) -> Iterator[str]:
    """Where the service listens for a browser."""
    with listening(app) as listens_at:
        yield listens_at


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a worker; each test opens its own window."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def standing_village(servers: Servers, worker_number: int, village_template: str) -> Iterator[StandingVillage]:
    """The village, listening for browsers: one for all tests of a worker that only look at it."""
    worker = f"{worker_number}_standing"
    with (
        pytest.MonkeyPatch.context() as patch,
        copied_database(servers, worker=worker, template=village_template) as database,
    ):
        given = environment_of(
            servers.secrets,
            database_url=database.service_url,
            migration_url=database.migrator_url,
            # Nobody vouches for a copy of the leaderboards there, so they are read from the village's own database.
            redis_url=servers.valkey.url(worker_number),
        )
        for name in DEFAULTS:
            patch.delenv(name, raising=False)
        for name, value in given.items():
            patch.setenv(name, value)
        settings, clock = load_settings(), SettableClock(village.NOW)
        engine = create_engine_from(settings.database_url, application_name="tests")
        app = create_app(settings, clock=clock, engine=engine)
        with listening(app) as address:
            yield StandingVillage(address, Forum(app, settings, engine, clock))
        engine.dispose()


@pytest.fixture(scope="session")
def living_village(servers: Servers, worker_number: int, living_village_template: str) -> Iterator[StandingVillage]:
    """The village at work, listening for browsers: one for all tests of a worker that only look at it."""
    with standing(
        servers,
        worker=f"{worker_number}_lively",
        redis_url=servers.valkey.url(worker_number),
        template=living_village_template,
    ) as (address, stage):
        yield StandingVillage(address, stage.forum)
