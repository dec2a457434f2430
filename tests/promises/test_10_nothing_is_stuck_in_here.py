"""Promise 10: everything leaves as JSON Lines and comes back into an empty database with the same heads."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from ledger.blocks import seal
from ledger.protection import unprotected
from ledger.signing import keyring_of
from ledger.tables import Base
from rewards.archive import parts
from rewards.archive.shape import LEFT_OUT, exported_tables
from rewards.commands import bring_in_everything
from rewards.commands.bring_in import bring_in
from rewards.commands.export import export
from rewards.commands.migrate import prepare
from rewards.runtime.database import create_engine_from, snapshot, transaction
from rewards.runtime.servers.postgres import ADMIN, MIGRATOR, SERVICE
from rewards.runtime.settings import Settings
from rewards.verify import findings
from tests.support.checker import broken_rows
from tests.support.database import Database, copied_database
from tests.support.everything import LATER
from tests.support.factories import make_event
from tests.support.seasons import CALENDAR
from tests.support.servers import Servers
from tests.support.world import World, open_world


@pytest.fixture
def database(servers: Servers, worker_number: int, full_template: str) -> Iterator[Database]:
    """A copy of a database in which everything has happened."""
    with copied_database(servers, worker=str(worker_number), template=full_template) as copied:
        yield copied


@pytest.fixture
def world(engine: Engine) -> World:
    """The community of that database."""
    return open_world(engine)


@pytest.fixture
def exported(settings: Settings, world: World, tmp_path: Path) -> Path:
    """An export of a database in which everything has happened, sealed in a block."""
    world.run(lambda session: seal(session, keyring=keyring_of(settings.signing_keys), now=LATER))
    file = tmp_path / "rewards.jsonl"
    told = CliRunner().invoke(export, [str(file)])
    assert told.exit_code == 0, told.output
    return file


@pytest.fixture
def empty(servers: Servers, worker_number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database without anything in it, which the settings name from now on."""
    name = f"test_{worker_number}_empty"
    monkeypatch.setenv("MIGRATION_DATABASE_URL", servers.postgres.url(name, role=MIGRATOR))
    monkeypatch.setenv("DATABASE_URL", servers.postgres.make_database(name))
    yield name
    servers.postgres.drop_database(name)


@pytest.fixture
def elsewhere(exported: Path, empty: str, servers: Servers) -> Iterator[Engine]:
    """The service's engine on that database. The export is made before the settings change."""
    assert exported.exists()
    engine = create_engine_from(servers.postgres.url(empty, role=SERVICE), application_name="tests")
    yield engine
    engine.dispose()


STAYS = {
    "outbox",
    "outbox_generation",
    "staff_session",
    "member_session",
    "sign_in_token",
    "sign_in_failure",
    "webhook_number",
    "webhook_sight",
    "webhook_message",
    "webhook_delivery",
    "webhook_attempt",
}
"""What need not leave: told by now, or over with the sign-ins. Everything else must."""


def taken(file: Path) -> Result:
    return CliRunner().invoke(bring_in, ["everything", str(file)])


def rows_of(url: str) -> dict[str, list[Any]]:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        return {
            table.name: connection.execute(
                f"select cast(to_jsonb(t) as text) from {table.name} t order by 1".encode()
            ).fetchall()
            for table in Base.metadata.sorted_tables
            if table.name not in STAYS
        }


def test_every_row_and_every_head_comes_back(
    exported: Path, elsewhere: Engine, empty: str, servers: Servers, database: Database, settings: Settings
) -> None:
    # when
    told = taken(exported)

    # then
    assert told.exit_code == 0, told.output
    there = rows_of(servers.postgres.url(empty, role=ADMIN))
    assert there == rows_of(database.admin_url)
    assert len(there["entry"]) > 20
    assert len(there["block"]) == 1
    keyring = keyring_of(settings.signing_keys)
    with snapshot(elsewhere) as session:
        assert list(findings(session, calendar=CALENDAR, now=LATER, keyring=keyring)) == []


def test_the_database_protects_its_rows_again_and_goes_on(
    exported: Path, elsewhere: Engine, empty: str, servers: Servers, settings: Settings, world: World
) -> None:
    # given
    assert taken(exported).exit_code == 0

    # when: the operator migrates, and a member goes on
    with transaction(elsewhere) as session:
        prepare(session, settings)
    moved = World(elsewhere, world.policy, world.terms)
    moved.record(make_event("like.received", "jun", at=LATER), now=LATER)
    moved.execute("insert into audit (actor, action, about, detail, recorded_at) values ('a', 'b', 'c', '{}', now())")

    # then: the next block seals what changed, and nobody changes what was
    block = moved.run(lambda session: seal(session, keyring=keyring_of(settings.signing_keys), now=LATER))
    assert block is not None
    assert (block.height, block.leaves) == (2, 1)
    assert broken_rows(elsewhere, now=LATER) == []
    with elsewhere.connect() as connection:
        assert unprotected(connection, Base.metadata) == []
    admin = servers.postgres.url(empty, role=ADMIN)
    with psycopg.connect(admin) as superuser, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        superuser.execute("update entry set points = points + 1")


def test_an_import_that_was_interrupted_goes_on_and_a_second_one_does_no_harm(
    exported: Path, elsewhere: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: parts of three rows, and a power cut after a dozen of them
    monkeypatch.setattr(parts, "ROWS_AT_ONCE", 3)
    whole, done = bring_in_everything.take, []

    def cut(*given: Any, **options: Any) -> int:
        if len(done) == 12:
            raise KeyboardInterrupt
        done.append(given)
        return whole(*given, **options)

    with monkeypatch.context() as patch:
        patch.setattr(bring_in_everything, "take", cut)
        assert taken(exported).exit_code != 0
    with elsewhere.connect() as connection:
        assert unprotected(connection, Base.metadata) == []

    # when
    again = taken(exported)
    twice = taken(exported)

    # then
    assert again.exit_code == 0, again.output
    assert " 0 were there" not in again.stderr
    assert twice.exit_code == 0, twice.output
    assert twice.stderr.startswith("0 rows came in")
    assert broken_rows(elsewhere, now=LATER) == []


@pytest.mark.parametrize(
    "damage,says",
    [
        ("cut", "it ends in the middle"),
        ("changed", "the file was changed or is damaged"),
        ("a line less", "the file was changed or is damaged"),
        ("no JSON", "is no JSON"),
        ("another format", "does not say format 1"),
        ("another schema", "export with the version that imports"),
        ("empty", "is no JSON"),
        ("a table of somebody else", "is no row of a table that is known"),
    ],
)
def test_a_damaged_file_is_refused_in_words(exported: Path, elsewhere: Engine, damage: str, says: str) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    changed = {
        "cut": lines[:-1],
        "changed": [*lines[:-2], lines[-2].replace(b'"row":', b'"row": '), lines[-1]],
        "a line less": [*lines[:-2], lines[-1]],
        "no JSON": [*lines[:5], b'{"table":\n', *lines[5:]],
        "another format": [lines[0].replace(b'"format":1', b'"format":2'), *lines[1:]],
        "another schema": [lines[0].replace(b'"schema":"', b'"schema":"9'), *lines[1:]],
        "empty": [],
        "a table of somebody else": [lines[0], b'{"table":"pg_authid","row":{}}\n', *lines[1:]],
    }[damage]
    exported.write_bytes(b"".join(changed))

    told = taken(exported)

    assert told.exit_code == 1
    assert says in told.output


def test_a_database_that_holds_something_else_is_left_alone(exported: Path, elsewhere: Engine) -> None:
    # given: the tables, and an account of somebody else
    assert taken(_only_tables(exported)).exit_code == 1
    with transaction(elsewhere) as session:
        session.execute(
            text("insert into account (account_id, recorded_at) values ('ffffffff-0000-7000-8000-000000000000', now())")
        )

    # when
    told = taken(exported)

    # then
    assert told.exit_code == 1
    assert "The table account holds rows that are not of this export." in told.output


def _only_tables(file: Path) -> Path:
    nothing = file.with_name("nothing.jsonl")
    nothing.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    return nothing


def test_what_is_left_out_is_named_and_is_there() -> None:
    assert set(LEFT_OUT) == STAYS
    assert {table.name for table in exported_tables()} == set(Base.metadata.tables) - set(LEFT_OUT)


def test_one_person_gets_all_that_is_kept_of_them_and_nothing_of_others(world: World, environment: Any) -> None:
    told = CliRunner().invoke(export, ["--member", "mina"])

    assert told.exit_code == 0, told.output
    document = json.loads(told.stdout)
    account = str(world.account_id("mina"))
    kept = document["kept"]
    assert kept["member"][0]["member_id"] == "mina"
    assert "salt" not in kept["member"][0]
    assert len(kept["entry"]) == world.account("mina").version
    assert kept["greeting"][0]["greeting"] == "안녕하세요"
    assert {row["action"] for row in kept["redemption_history"]} >= {"request", "fulfil"}
    for other in ("jun", "sora"):
        assert str(world.account_id(other)) not in told.stdout
    assert account in told.stdout


def test_nobody_unknown_is_exported(world: World, environment: Any) -> None:
    told = CliRunner().invoke(export, ["--member", "nobody"])

    assert told.exit_code == 1
    assert "There is no member 'nobody'." in told.output
