"""Points that lapse go along with their dates, and what has lapsed is not taken twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from ledger.accounts import lock_accounts
from tests.rewards.merging.steps import LATER, broken_now, comment, merge_old
from tests.support.factories import make_event
from tests.support.world import World, default_document, open_world


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    """A community in which what comments earn lapses after ten days."""
    document = default_document()
    rule = {**document["rules"]["comment.created"], "lapses_after_days": 10}
    world = open_world(engine, policy={**document, "rules": {**document["rules"], "comment.created": rule}})
    yield world
    assert broken_now(world) == []


@pytest.mark.parametrize("days, left", [(5, (20, 10)), (15, (0, 0))], ids=["before", "after"])
def test_lots_keep_their_dates(world: World, days: int, left: tuple[int, int]) -> None:
    world.record(comment("old"), comment("new", 2))
    merge_old(world)
    then = LATER + timedelta(days=days)
    owner = world.account_id("new")

    world.run(lambda session: lock_accounts(session, [owner], now=then))
    assert world.account("new").balance == left[0]
    world.record(make_event("comment.deleted", "old", subject="comment:1", at=then), now=then)

    assert (world.account("old").balance, world.account("new").balance) == (0, left[1])
    assert world.account("new").lapsing == left[1]
