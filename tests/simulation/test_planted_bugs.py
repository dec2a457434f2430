"""A checker that cannot fail proves nothing: bugs in the service, and rows that were tampered with, turn it red."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from rewards.runtime.database import psycopg_url
from tests.model.policy import ALL_POLICY
from tests.simulation.bugs import PLANTED
from tests.simulation.checker import violations
from tests.simulation.history import Theatre
from tests.simulation.plan import plan_of
from tests.simulation.run import play_one, theatre
from tests.support.database import Database

SEEDS = 5
"""From the one that a bug is kept with, at most so many until it must have been seen."""

SENDS_AND_ANSWERS = 2
"""A seed whose history has events that were decided, and whose callers were told."""
TAMPERED = {
    "update account set balance = balance + 1 where account_id > :since": "its balance is",
    "update account set held = 1 where account_id > :since": "are held, its holds say",
    "delete from entry where account_id > :since and seq = 1": "its entries are not 1 to",
    "update entry set balance_after = balance_after + 1 where account_id > :since": "after it, not",
    "update entry set contra = '' where account_id > :since": "points from nowhere",
    "update event set recorded_at = recorded_at + interval '1 s' where account_id > :since": "is kept",
    "update account set lifetime = lifetime + 1 where account_id > :since": "the model keeps",
    "update member set hidden = true where account_id > :since": "the model keeps",
    "update cap_usage set times = times + 1 where account_id > :since": "the model keeps",
    "update leaderboard_points set points = points + 1 where account_id > :since": "the model keeps",
    "update product set quantity = quantity + 1 where product_id > :since and stock = 'number'": "the model keeps",
    "update code set state = 'lapsed' where code_id > :since": "the model keeps",
}
"""What is done to the rows of a history, and a word of what is then found."""


@pytest.fixture
def stage(database: Database) -> Iterator[Theatre]:
    with theatre(database) as stage:
        yield stage


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(name: str, stage: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, first = PLANTED[name]
    plant(monkeypatch)

    assert any(play_one(stage, seed)[1] is not None for seed in range(first, first + SEEDS))


def test_tampered_rows_are_found(stage: Theatre, database: Database) -> None:
    history = stage.play(plan_of(SENDS_AND_ANSWERS))
    admin = create_engine(psycopg_url(database.admin_url), poolclass=NullPool)

    for statement, says in TAMPERED.items():
        with Session(admin) as session:
            for table in ("account", "entry", "event", "code"):
                session.execute(text(f"alter table {table} disable trigger all"))
            assert violations(session, history, policy=ALL_POLICY) == []
            session.execute(text(statement), {"since": history.since})
            found = violations(session, history, policy=ALL_POLICY)
            assert any(says in each for each in found), (statement, found)
