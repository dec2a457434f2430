"""What a request finds around itself: settings, clock, database, Redis; and its transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import redis
from flask import Flask, current_app, g
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from rewards.ranking.seasons import Calendar
from rewards.runtime.clock import Clock
from rewards.runtime.database import snapshot, transaction
from rewards.runtime.settings import Settings

EXTENSION = "rewards"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The same for every request of the process."""

    settings: Settings
    clock: Clock
    engine: Engine
    redis: redis.Redis
    calendar: Calendar


def surround(app: Flask, surroundings: Surroundings) -> None:
    """Let the app's requests find their surroundings."""
    app.extensions[EXTENSION] = surroundings


def here() -> Surroundings:
    """The surroundings of the present request."""
    return current_app.extensions[EXTENSION]


def request_now() -> datetime:
    """The time at which the request began to be answered: asked once, the same for all of it."""
    if "now" not in g:
        g.now = here().clock()
    return g.now


@contextmanager
def request_transaction() -> Iterator[Session]:
    """The request's transaction: the one that its idempotency key opened, or one of its own that commits at the end."""
    if "session" in g:
        yield g.session
        return
    with transaction(here().engine) as session:
        yield session


@contextmanager
def request_snapshot() -> Iterator[Session]:
    """One moment of the database, for reading several things that must agree."""
    with snapshot(here().engine) as session:
        yield session
