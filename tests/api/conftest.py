import pytest
from flask import Flask
from sqlalchemy import Engine

from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum


@pytest.fixture
def forum(app: Flask, settings: Settings, engine: Engine, clock: SettableClock) -> Forum:
    """The service with its default policy, and everybody who may call it."""
    forum = Forum(app, settings, engine, clock)
    forum.prepare()
    return forum


@pytest.fixture
def backend(forum: Forum) -> Caller:
    """The forum's backend, with a key of all scopes."""
    return forum.key()
