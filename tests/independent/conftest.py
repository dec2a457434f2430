"""The demo's feed against a service in this process that is reached over real HTTP, at a time that the test sets."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine

from rewards.demo.messages import Message
from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.demo import Stage, all_messages, served, some_of_the_messages


@pytest.fixture
def stage(app: Flask, settings: Settings, engine: Engine, clock: SettableClock) -> Iterator[Stage]:
    """The service with its policy applied, at tests.support.demo.NOW."""
    with served(app, settings, engine=engine, clock=clock) as stage:
        yield stage


@pytest.fixture(scope="session")
def messages() -> list[Message]:
    """All messages of the demo."""
    return all_messages()


@pytest.fixture(scope="session")
def some_messages() -> list[Message]:
    """What the busiest of two busy weeks and two days wrote to each other."""
    return some_of_the_messages()
