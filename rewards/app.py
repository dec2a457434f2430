"""The web application, put together."""

import redis
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine
from werkzeug.middleware.proxy_fix import ProxyFix

from ledger.tables import Base
from rewards.api import register_api
from rewards.commands.context import calendar_of
from rewards.http.json import use_orjson
from rewards.http.limits import register_limits
from rewards.http.paths import CONVERTERS
from rewards.http.problems import register_problems
from rewards.http.requests import register_requests
from rewards.http.surroundings import Surroundings, surround
from rewards.pages import register_pages
from rewards.runtime.clock import Clock, now_utc
from rewards.runtime.database import engine_options, guarded, psycopg_url
from rewards.runtime.redis import connect_redis
from rewards.runtime.settings import Settings

database = SQLAlchemy(model_class=Base)


def create_app(
    settings: Settings, *, clock: Clock = now_utc, engine: Engine | None = None, redis: redis.Redis | None = None
) -> Flask:
    """Put the service together. Connects to nothing yet."""
    app = Flask("rewards", static_folder=None)
    app.config.update(SECRET_KEY=settings.secret_key, MAX_CONTENT_LENGTH=settings.max_body_bytes)
    # A form may be as long as any other body: thousands of codes are pasted into one.
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body_bytes
    app.url_map.converters.update(CONVERTERS)
    app.url_map.strict_slashes = True
    # An empty part of a path would be redirected, in HTML, and a POST with it.
    app.url_map.merge_slashes = False
    use_orjson(app)
    surround(app, _surroundings(app, settings, clock=clock, engine=engine, client=redis))
    register_requests(app)
    register_problems(app)
    register_limits(app, settings)
    register_api(app)
    register_pages(app)
    _trust_proxies(app, settings)
    return app


def _surroundings(
    app: Flask, settings: Settings, *, clock: Clock, engine: Engine | None, client: redis.Redis | None
) -> Surroundings:
    return Surroundings(
        settings=settings,
        clock=clock,
        engine=engine or _engine(app, settings),
        redis=client or connect_redis(settings.redis_url),
        calendar=calendar_of(settings),
    )


def _engine(app: Flask, settings: Settings) -> Engine:
    """The web processes' engine, bound to the ledger's own `Base`: cores take a session and never learn of Flask."""
    app.config.update(
        SQLALCHEMY_DATABASE_URI=psycopg_url(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(pool_size=settings.database_pool_size),
    )
    database.init_app(app)
    with app.app_context():
        return guarded(database.engine)


def _trust_proxies(app: Flask, settings: Settings) -> None:
    """Take the caller's address and scheme from as many proxies as the operator has put before the service."""
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops)
