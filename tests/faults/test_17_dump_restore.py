"""Line 17: a dump restored into a new cluster is the same ledger, byte for byte, and everything goes on from there."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.holds import place_hold
from ledger.outbox import Notice, emit
from ledger.tables import Base
from ledger.tail import stand
from rewards.commands.migrate import prepare
from rewards.ranking.projection import project
from rewards.ranking.read import top
from rewards.runtime.database import create_engine_from, snapshot, transaction
from rewards.runtime.schema import upgrade_schema
from rewards.runtime.servers import PostgresServer
from rewards.runtime.servers.postgres import ADMIN, MIGRATOR, OWNER, SERVICE, postgres_binaries
from rewards.runtime.servers.secrets import load_or_make_secrets
from rewards.runtime.settings import Settings
from tests.support.checker import assert_whole, broken_rows
from tests.support.clock import START
from tests.support.database import Database
from tests.support.factories import make_comment, make_event
from tests.support.world import World, open_world

NAME = "restored"
SEASON = START.date() - timedelta(days=2)
EVERY_ROW = sql.SQL("select cast(t as text) from {} t order by 1")
CHANGED_BY_MIGRATE = frozenset({"outbox_generation", "product", "policy", "rule"})


@pytest.fixture
def new_cluster(tmp_path: Path) -> Iterator[PostgresServer]:
    """A second cluster, with transaction ids of its own."""
    secrets = load_or_make_secrets(tmp_path / "secrets.json")
    server = PostgresServer(tmp_path / "cluster", secrets=secrets, durable=False)
    server.start()
    server.make_database(NAME)
    yield server
    server.kill()


def live_a_while(world: World) -> None:
    """Awards, a deletion across members, a charge that is declined, check-ins, a hold."""
    world.record(make_event("member.joined", "minji"), make_event("member.joined", "jun"))
    world.record(make_comment("minji", subject="comment:1"), make_event("reply.received", "jun", subject="comment:1"))
    world.record(make_event("comment.deleted", "minji", subject="comment:1", at=START))
    world.record(make_event("post.created", "stranger", subject="post:1", board="market"))
    world.check_in("minji", greeting="안녕하세요")
    world.check_in("jun")
    world.run(
        lambda session: place_hold(
            session, world.locked(session, "minji"), hold_id=uuid7(), points=30, purpose="redemption", now=START
        )
    )


def dump_and_restore(source: str, target: str, *, folder: Path) -> None:
    """As docs/how-to/back-up-and-restore.md says."""
    dump = folder / "rewards.dump"
    binaries = postgres_binaries()
    subprocess.run([binaries / "pg_dump", "--format=custom", f"--file={dump}", plain(source)], check=True)
    restore = ["--exit-on-error", "--no-privileges", "--no-owner", f"--role={OWNER}", f"--dbname={plain(target)}", dump]
    subprocess.run([binaries / "pg_restore", *restore], check=True)


def plain(url: str) -> str:
    """An address as PostgreSQL's own programs read it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def rows_of(url: str) -> dict[str, list[Any]]:
    """Every row of every table, as text."""
    with psycopg.connect(plain(url)) as connection:
        return {
            table.name: connection.execute(EVERY_ROW.format(sql.Identifier(table.name))).fetchall()
            for table in Base.metadata.sorted_tables
        }


def ranked(engine: Engine, client: redis.Redis | None) -> list[tuple[str, int]]:
    """The week's places, from Redis where a client is given."""
    with Session(engine) as session:
        lines = top(session, client, leaderboard="season", period=SEASON, limit=10, now=START)
    return [(str(line.member_id), line.points) for line in lines]


def test_a_restored_dump_is_the_same_ledger_and_goes_on(
    engine: Engine,
    database: Database,
    settings: Settings,
    redis_client: redis.Redis,
    new_cluster: PostgresServer,
    tmp_path: Path,
) -> None:
    # given: a ledger with a history, its ranking in Redis, and a dump of it restored into another cluster
    world = open_world(engine)
    live_a_while(world)
    with snapshot(engine) as session:
        project(session, redis_client, now=START)
        before = stand(session)
    before_rows, places = rows_of(database.admin_url), ranked(engine, None)
    migrator = new_cluster.url(NAME, role=MIGRATOR)
    dump_and_restore(database.admin_url, migrator, folder=tmp_path)

    # when: the operator migrates there
    upgrade_schema(migrator, service_role=SERVICE)
    restored = create_engine_from(new_cluster.url(NAME), application_name="tests")
    with transaction(restored) as session:
        prepare(session, settings)

    # then: every row and both heads of every account are the same
    after_rows = rows_of(new_cluster.url(NAME, role=ADMIN))
    assert len(before_rows["entry"]) >= 8
    for name, rows in before_rows.items():
        if name not in CHANGED_BY_MIGRATE:
            assert after_rows[name] == rows, name
    assert broken_rows(restored, now=START) == []

    # and the outbox starts a new generation, in which the ranking is rebuilt to exactly the ledger
    with snapshot(restored) as session:
        assert stand(session).sight.generation == before.sight.generation + 1
        assert project(session, redis_client, now=START).outcome == "rebuilt"
    assert places == ranked(restored, None) == ranked(restored, redis_client)

    # and the service's role writes there, and the ranking follows
    moved = World(restored, world.policy, world.terms)
    moved.record(make_event("member.joined", "new", at=START))
    with transaction(restored) as session:
        emit(session, [Notice("member", moved.account_id("new"), {"change": "profile"})], now=START)
    with snapshot(restored) as session:
        assert project(session, redis_client, now=START).outcome == "applied"
    assert ("new", 100) in ranked(restored, redis_client) == ranked(restored, None)
    assert_whole(restored, now=START, client=redis_client)
    restored.dispose()


def test_the_restored_database_protects_its_rows_too(
    engine: Engine, database: Database, new_cluster: PostgresServer, tmp_path: Path
) -> None:
    # given
    live_a_while(open_world(engine))
    migrator = new_cluster.url(NAME, role=MIGRATOR)
    dump_and_restore(database.admin_url, migrator, folder=tmp_path)
    upgrade_schema(migrator, service_role=SERVICE)

    # when, then: neither the service nor the superuser changes an entry there
    for role, refusal in (
        (SERVICE, psycopg.errors.InsufficientPrivilege),
        (ADMIN, psycopg.errors.IntegrityConstraintViolation),
    ):
        with psycopg.connect(plain(new_cluster.url(NAME, role=role))) as connection, pytest.raises(refusal):
            connection.execute("update entry set points = points + 1")
