"""A community in which everything agrees when a test is over."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.rewards.merging.steps import broken_now
from tests.support.world import World, open_world


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    """A community of its own."""
    world = open_world(engine)
    yield world
    assert broken_now(world) == []
