"""A merged member's statement is one: every movement of either once, with the balance of both, on any pages."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from rewards.earning.correct import adjust
from rewards.members.accounts import accounts_of
from rewards.members.joined_statement import (
    joined_as_it_occurred,
    joined_balance_at,
    joined_statement,
    place_of,
    seqs_at,
)
from rewards.members.statement import NEWEST, StatementLine
from rewards.runtime.database import snapshot
from tests.rewards.merging.steps import comment, merge_old
from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.world import World

MINUTE = timedelta(minutes=1)
MOVED = [("old", 10), ("new", 10), ("old", -40), ("new", 20), ("merge", 0), ("new", -10), ("new", 10), ("old", 5)]
"""Who moved how much, in the order in which it was written: whatever comes after the merge is the survivor's."""


@pytest.fixture
def lived(world: World) -> World:
    """Both earn and owe, become one, and one award of each is taken back or given again."""
    world.record(comment("old"), now=START)
    world.record(comment("new", 2), now=START + MINUTE)
    world.run(
        lambda session: adjust(
            session, "old", points=-40, reason="twice", actor="staff:jun", overdraft=True, now=START + 2 * MINUTE
        )
    )
    world.record(make_event("post.created", "new", subject="post:1"), now=START + 3 * MINUTE)
    merge_old(world, now=START + 4 * MINUTE)
    world.record(make_event("comment.deleted", "new", subject="comment:1"), now=START + 5 * MINUTE)
    world.record(make_event("comment.restored", "old", subject="comment:1"), now=START + 6 * MINUTE)
    world.run(
        lambda session: adjust(session, "old", points=5, reason="sorry", actor="staff:jun", now=START + 7 * MINUTE)
    )
    return world


def pages(session: Session, accounts: tuple[UUID, ...], *, size: int) -> list[StatementLine]:
    lines: list[StatementLine] = []
    before: tuple[int, ...] = (NEWEST,) * len(accounts)
    while page := joined_statement(session, accounts, limit=size, before=before):
        lines += [placed.line for placed in page]
        before = page[-1].goes_on
    return lines


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_every_movement_is_there_once_with_the_balance_of_both(lived: World, size: int) -> None:
    expected = [points for who, points in MOVED if who != "merge"]
    balances = [sum(expected[: number + 1]) for number in range(len(expected))]

    with snapshot(lived.engine) as session:
        lines = pages(session, accounts_of(session, "new"), size=size)[::-1]

    assert [line.points for line in lines] == expected
    assert [line.balance_after for line in lines] == balances


@pytest.mark.parametrize("size", [1, 2, 50])
def test_in_the_order_of_what_occurred_nothing_is_shown_twice(lived: World, size: int) -> None:
    with snapshot(lived.engine) as session:
        accounts = accounts_of(session, "old")
        lines: list[StatementLine] = []
        place = None
        while page := joined_as_it_occurred(session, accounts, limit=size, before=place):
            lines += page
            place = place_of(page[-1], accounts)

    assert sorted(line.points for line in lines) == sorted(points for who, points in MOVED if who != "merge")
    assert [line.occurred_at for line in lines] == sorted((line.occurred_at for line in lines), reverse=True)


def test_any_moment_is_that_of_both(lived: World) -> None:
    with snapshot(lived.engine) as session:
        accounts = accounts_of(session, "new")
        for minute in range(len(MOVED)):
            at = START + minute * MINUTE
            before = [seq + 1 for seq in seqs_at(session, accounts, at=at)]
            told = joined_balance_at(session, accounts, at=at).balance
            last = joined_statement(session, accounts, limit=1, before=before)[0].line.balance_after
            assert told == last == sum(points for _, points in MOVED[: minute + 1])
