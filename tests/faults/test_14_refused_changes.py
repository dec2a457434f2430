"""Line 14: UPDATE, DELETE, TRUNCATE, as the service and as the owner: refused, and every row is still what it was."""

from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine

from ledger.tables import Base
from rewards.runtime.servers.postgres import OWNER
from tests.support.database import Database
from tests.support.factories import make_comment, make_event
from tests.support.world import open_world

PROTECTED = sorted(name for name, table in Base.metadata.tables.items() if table.info.get("protection"))
APPEND_ONLY = [name for name in PROTECTED if Base.metadata.tables[name].info["protection"] == "append_only"]


def contents(superuser: Any) -> dict[str, Any]:
    query = "select count(*), coalesce(sum(hashtextextended(cast(t as text), 0)), 0) from {} t"
    return {name: superuser.execute(query.format(name)).fetchone() for name in PROTECTED}


def attempts() -> list[str]:
    """Each way of changing or removing what must stay; states and accounts move, so they are only removed."""
    changed = [
        f"update {name} set {list(Base.metadata.tables[name].columns)[-1].name} = default" for name in APPEND_ONLY
    ]
    removed = [f"delete from {name}" for name in PROTECTED]
    emptied = [f"truncate {name} cascade" for name in PROTECTED]
    merged = ["merge into entry e using entry x on e.account_id = x.account_id when matched then delete"]
    return [*changed, *removed, *emptied, *merged]


@pytest.mark.parametrize("role", ["service", "owner"])
def test_nothing_that_must_stay_can_be_changed_or_removed(
    engine: Engine, database: Database, superuser: Any, role: str
) -> None:
    world = open_world(engine)
    world.record(make_event("member.joined"), make_comment(subject="comment:1"))
    world.record(make_event("comment.deleted", subject="comment:1"))
    world.check_in("mina", greeting="안녕")
    before = contents(superuser)

    url = database.service_url if role == "service" else database.migrator_url
    with psycopg.connect(url, autocommit=True) as connection:
        if role == "owner":
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(OWNER)))
        for statement in attempts():
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityConstraintViolation)):
                connection.execute(sql.SQL(statement))  # pyright: ignore[reportArgumentType] -- made above, not given

    assert contents(superuser) == before
    assert before["entry"][0] > 0
