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
    "its balance is": "update account set balance = balance + 1 where account_id > :since",
    "are held, its holds say": "update account set held = 1 where account_id > :since",
    "its entries are not 1 to": "delete from entry where account_id > :since and seq = 1",
    "after it, not": "update entry set balance_after = balance_after + 1 where account_id > :since",
    "points from nowhere": "update entry set contra = '' where account_id > :since",
    "is kept": "update event set recorded_at = recorded_at + interval '1 s' where account_id > :since",
    "the model keeps": "update cap_usage set times = times + 1 where account_id > :since",
}


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

    for says, statement in TAMPERED.items():
        with Session(admin) as session:
            for table in ("account", "entry", "event"):
                session.execute(text(f"alter table {table} disable trigger all"))
            assert violations(session, history, policy=ALL_POLICY) == []
            session.execute(text(statement), {"since": history.since})
            found = violations(session, history, policy=ALL_POLICY)
            assert any(says in each for each in found), (says, found)
