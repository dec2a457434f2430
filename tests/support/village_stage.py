"""The village as a service: in a database of its own, at the village's moment, listening for browsers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine

from rewards.app import create_app
from rewards.runtime.database import create_engine_from
from rewards.runtime.settings import DEFAULTS, load_settings
from tests.support import village
from tests.support.browser import listening
from tests.support.clock import SettableClock
from tests.support.database import Database, copied_database
from tests.support.http import Forum
from tests.support.servers import TEMPLATE, Servers
from tests.support.settings import environment_of
from tests.support.village_life import bring_to_life
from tests.support.world import open_world

LONG_AGO = timedelta(days=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageStage:
    """The service in this process, the database and the clock that it goes by."""

    app: Flask
    forum: Forum
    engine: Engine
    clock: SettableClock
    redis_url: str


@contextmanager
def village_stage(
    database: Database, *, servers: Servers, redis_url: str, embed_ancestors: str = ""
) -> Iterator[VillageStage]:
    """A service on the database, at the village's moment; its other settings are at their defaults."""
    given = environment_of(
        servers.secrets,
        database_url=database.service_url,
        migration_url=database.migrator_url,
        redis_url=redis_url,
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in DEFAULTS:
            patch.delenv(name, raising=False)
        for name, value in given.items():
            patch.setenv(name, value)
        if embed_ancestors:
            patch.setenv("EMBED_ANCESTORS", embed_ancestors)
        settings = load_settings()
        clock, engine = SettableClock(village.NOW), create_engine_from(settings.database_url, application_name="tests")
        app = create_app(settings, clock=clock, engine=engine)
        yield VillageStage(
            app=app, forum=Forum(app, settings, engine, clock), engine=engine, clock=clock, redis_url=redis_url
        )
        engine.dispose()


@contextmanager
def living_template(servers: Servers, *, worker: str, redis_url: str) -> Iterator[str]:
    """The name of a database with the living village in it, to be copied; nobody is connected to it."""
    with copied_database(servers, worker=worker) as database:
        with village_stage(database, servers=servers, redis_url=redis_url) as stage:
            world = open_world(stage.engine, at=village.NOW - LONG_AGO)
            village.settle_village(world)
            bring_to_life(stage.forum, world, clock=stage.clock)
        yield database.name


@contextmanager
def standing(
    servers: Servers, *, worker: str, redis_url: str, template: str = TEMPLATE, embed_ancestors: str = ""
) -> Iterator[tuple[str, VillageStage]]:
    """A copy of the template as a service that listens: its address, and what is behind it."""
    with (
        copied_database(servers, worker=worker, template=template) as database,
        village_stage(database, servers=servers, redis_url=redis_url, embed_ancestors=embed_ancestors) as stage,
        listening(stage.app) as address,
    ):
        yield address, stage
