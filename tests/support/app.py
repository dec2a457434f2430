"""The service in this process: put together once for all tests of a worker, with each test's own surroundings."""

from dataclasses import replace

import redis
from flask import Flask
from sqlalchemy import Engine

from rewards.app import create_app
from rewards.commands.context import calendar_of
from rewards.http.surroundings import Surroundings, surround
from rewards.runtime.clock import Clock
from rewards.runtime.settings import Settings

_apps: dict[Settings, Flask] = {}


def app_with(settings: Settings, *, clock: Clock, engine: Engine, redis: redis.Redis) -> Flask:
    """The app of these settings, whose requests find what is given here. Whoever changes an app makes their own.

    Adding every address and describing it takes longer than most tests, and knows nothing of a database.
    """
    alike = replace(settings, database_url="", migration_database_url="")
    if alike not in _apps:
        _apps[alike] = create_app(alike, clock=clock, engine=engine, redis=redis)
    app = _apps[alike]
    surround(
        app,
        Surroundings(settings=settings, clock=clock, engine=engine, redis=redis, calendar=calendar_of(settings)),
    )
    return app
