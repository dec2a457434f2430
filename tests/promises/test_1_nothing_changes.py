"""Promise 1: nothing is ever changed or removed, whoever asks, and states move along listed edges only."""

import itertools
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine
from uuid_utils.compat import uuid7

import market.tables
import rewards.tables
from ledger.holds import place_hold, release_hold
from ledger.protection import excess_rights, unprotected
from ledger.tables import Base
from rewards.runtime.servers.postgres import OWNER
from tests.support.clock import START
from tests.support.database import Database
from tests.support.factories import make_event
from tests.support.world import World, open_world

assert market.tables and rewards.tables, "all tables are in the metadata"  # noqa: PT018 -- both for the same reason

pytestmark = pytest.mark.every_postgres

TABLES = Base.metadata.tables
APPEND_ONLY = sorted(name for name, table in TABLES.items() if table.info.get("protection") == "append_only")
STATEFUL = sorted(name for name, table in TABLES.items() if table.info.get("protection") == "state")
MUST_BE_APPEND_ONLY = {
    "entry",
    "event",
    "hold_history",
    "redemption_history",
    "season_history",
    "standing",
    "attendance",
    "audit",
    "policy",
    "rule",
}


@pytest.fixture
def world(engine: Engine) -> World:
    """A community in which something has happened, so that there are rows to change."""
    world = open_world(engine)
    world.record(make_event("member.joined"), make_event("like.received", subject="post:1"))
    world.check_in("mina", greeting="안녕하세요")
    return world


@pytest.fixture
def owner(database: Database) -> Any:
    """The tables' owner, as whoever migrates can be."""
    with psycopg.connect(database.migrator_url, autocommit=True) as connection:
        connection.execute(f"set role {OWNER}")
        yield connection


@pytest.fixture
def service(database: Database) -> Any:
    """The role that the service signs in as."""
    with psycopg.connect(database.service_url, autocommit=True) as connection:
        yield connection


def statements(table: str) -> list[str]:
    column = list(TABLES[table].columns)[-1].name
    return [
        f"update {table} set {column} = {column}",
        f"update {table} set {column} = {column} where false",
        f"delete from {table}",
        f"delete from {table} where false",
        f"truncate {table} cascade",
    ]


def test_the_list_of_what_is_append_only_forgets_nothing() -> None:
    assert set(APPEND_ONLY) >= MUST_BE_APPEND_ONLY
    assert set(STATEFUL) >= {"hold", "season", "redemption", "code"}


def test_the_services_role_may_neither_change_nor_remove(world: World, service: Any) -> None:
    for statement in itertools.chain(*map(statements, APPEND_ONLY)):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.execute(statement)


def test_even_the_owner_may_neither_change_nor_remove(world: World, owner: Any) -> None:
    for statement in itertools.chain(*map(statements, APPEND_ONLY)):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match=r"never changed or removed"):
            owner.execute(statement)


def test_what_has_a_state_is_never_removed(world: World, owner: Any, service: Any) -> None:
    for table in [*STATEFUL, "account"]:
        for statement in (f"delete from {table} where false", f"truncate {table} cascade"):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                owner.execute(statement)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                service.execute(statement)


def test_who_switches_ordinary_triggers_off_is_refused_too(world: World, superuser: Any) -> None:
    superuser.execute("set session_replication_role = replica")

    for table in [*APPEND_ONLY, *STATEFUL, "account"]:
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            superuser.execute(f"delete from {table} where false")


def test_the_service_can_switch_no_protection_off(service: Any) -> None:
    for statement in (
        "alter table entry disable trigger all",
        "drop trigger entry_append_only on entry",
        "drop table entry cascade",
        "create or replace function refuse_change() returns trigger language plpgsql as 'begin return null; end'",
        "set session_replication_role = replica",
        f"set role {OWNER}",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.execute(statement)


def test_the_protections_in_force_are_known(world: World, engine: Engine, superuser: Any) -> None:
    with engine.connect() as connection:
        assert unprotected(connection, Base.metadata) == []
        assert excess_rights(connection, Base.metadata) == []

    superuser.execute("alter table entry disable trigger entry_append_only")
    superuser.execute("alter table hold enable trigger hold_edges")
    superuser.execute("grant update on event to rewards_service")

    with engine.connect() as connection:
        assert sorted(unprotected(connection, Base.metadata)) == ["entry", "hold"]
        assert excess_rights(connection, Base.metadata) == ["event"]


def insert_season(superuser: Any, state: str, season: date) -> None:
    starts_at = datetime(season.year, season.month, season.day, tzinfo=UTC)
    superuser.execute(
        "insert into season (season_id, starts_at, ends_at, grace_s, origin, prizes, state)"
        " values (%s, %s, %s + interval '7 days', 600, 'live', '[]', %s)",
        [season, starts_at, starts_at, state],
    )


def test_a_season_moves_along_listed_edges_only(superuser: Any) -> None:
    path = ["open", "closing", "provisional", "final"]
    move = "update season set state = %s where season_id = %s"
    for number, (start, end) in enumerate(itertools.product(path, path)):
        season = date(2025, 1, 6) + timedelta(weeks=number)
        insert_season(superuser, "open", season)
        for state in path[1 : path.index(start) + 1]:
            superuser.execute(move, [state, season])

        # To stay is allowed while there is somewhere to go: the hash of a standing is written so.
        allowed = path.index(end) == path.index(start) + 1 or (start == end != "final")
        with nullcontext() if allowed else pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            superuser.execute(move, [end, season])


def test_nothing_begins_in_the_middle(superuser: Any) -> None:
    for state in ("closing", "provisional", "final"):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="begins as open"):
            insert_season(superuser, state, date(2025, 1, 6))


def test_a_seasons_bounds_stay_as_they_were_stored(world: World, superuser: Any) -> None:
    for change in ("ends_at = ends_at + interval '1 second'", "grace_s = 1", "prizes = '[1]'", "origin = 'backfill'"):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="may change"):
            superuser.execute(f"update season set {change}")


@pytest.fixture
def released(world: World) -> UUID:
    """A hold that was released."""
    hold_id = uuid7()

    def hold_and_release(session: Any) -> None:
        account = world.locked(session, "mina")
        account = place_hold(session, account, hold_id=hold_id, points=10, purpose="test", now=START)
        release_hold(session, account, hold_id=hold_id, now=START)

    world.run(hold_and_release)
    return hold_id


def test_a_resolved_hold_changes_no_more(superuser: Any, released: UUID) -> None:
    for change in (
        "state = 'captured', captured = 10",
        "state = 'placed'",
        "state = 'expired'",
        "state = 'released'",
        "points = 1",
        "account_id = gen_random_uuid()",
    ):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            superuser.execute(f"update hold set {change} where hold_id = %s", [released])


def test_an_account_neither_goes_back_nor_changes_without_an_entry(world: World, superuser: Any) -> None:
    for change in (
        "version = version - 1",
        "decisions = decisions - 1",
        "recorded_at = recorded_at - interval '1 microsecond'",
        "balance = balance + 1",
        r"head = '\x" + "ab" * 32 + "'",
        r"decision_head = '\x" + "ab" * 32 + "'",
        "account_id = gen_random_uuid()",
    ):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="backwards or change without"):
            superuser.execute(f"update account set {change}")
