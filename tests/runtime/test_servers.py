"""What the embedded servers keep when they are ended in every way."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from sqlalchemy import text

from rewards.runtime.database import create_engine_from, transaction
from rewards.runtime.redis import connect_redis
from rewards.runtime.servers import PostgresServer, Secrets, ServerError, ValkeyServer, load_or_make_secrets
from rewards.runtime.servers.postgres import ADMIN, OWNER
from tests.support.processes import wait_for

STARTS_AND_WAITS = """
import sys, time
from pathlib import Path
from rewards.runtime.schema import upgrade_schema
from rewards.runtime.servers import PostgresServer, ValkeyServer, load_or_make_secrets

folder = Path(sys.argv[1])
secrets = load_or_make_secrets(folder / "secrets.json")
servers = PostgresServer(folder / "postgres", secrets=secrets), ValkeyServer(folder / "valkey", password=secrets.valkey)
for server in servers:
    server.start()
print(*(server.pid for server in servers), flush=True)
time.sleep(60)
"""


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path / "postgres", secrets=Secrets.make())
    server.start()
    server.make_database("rewards")
    yield server
    server.stop()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    server = ValkeyServer(tmp_path / "valkey", password="p" * 40)
    server.start()
    yield server
    server.stop()


def test_a_killed_postgres_keeps_every_committed_row(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url(role=ADMIN)) as admin:
        admin.execute("CREATE TABLE kept AS SELECT generate_series(1, 100) AS number")
    port = postgres.port

    postgres.kill()
    postgres.start()

    assert postgres.port == port
    with psycopg.connect(postgres.url(role=ADMIN)) as admin:
        assert admin.execute("SELECT count(*) FROM kept").fetchone() == (100,)


def test_an_engine_goes_on_after_a_restart_without_one_failed_request(postgres: PostgresServer) -> None:
    engine = create_engine_from(postgres.url())
    with transaction(engine) as session:
        session.execute(text("SELECT 1"))

    postgres.restart()

    with transaction(engine) as session:
        assert session.execute(text("SELECT 2")).scalar() == 2
    engine.dispose()


def test_the_service_may_neither_make_tables_nor_become_the_owner(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as service:
        for forbidden in ("CREATE TABLE mine (a int)", f"SET ROLE {OWNER}", "CREATE ROLE more", "CREATE DATABASE more"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                service.execute(forbidden)


def test_servers_end_with_the_process_that_started_them_and_its_folder_can_be_used_again(tmp_path: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTS_AND_WAITS, tmp_path], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    with starter.stdout as said:
        pids = [int(pid) for pid in said.readline().split()]

    starter.kill()
    starter.wait()

    wait_for(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    again = PostgresServer(tmp_path / "postgres", secrets=load_or_make_secrets(tmp_path / "secrets.json"))
    again.start()
    again.stop()


def test_a_pid_file_that_a_crash_left_does_not_stop_the_next_start(postgres: PostgresServer) -> None:
    pid_file = postgres.data / "postmaster.pid"
    left = pid_file.read_text()
    postgres.stop()
    # The crashed server's id belongs to somebody else by now.
    pid_file.write_text(left.replace(left.partition("\n")[0], str(os.getpid()), 1))

    postgres.start()

    assert psutil.pid_exists(os.getpid())
    with psycopg.connect(postgres.url()) as service:
        assert service.execute("SELECT 1").fetchone() == (1,)


def test_lost_passwords_are_explained(postgres: PostgresServer) -> None:
    postgres.stop()

    with pytest.raises(ServerError, match=r"secrets\.json"):
        PostgresServer(postgres.directory, secrets=Secrets.make()).start()


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"

    first = load_or_make_secrets(path)

    assert load_or_make_secrets(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert first.secret_key not in repr(first)


def test_a_killed_valkey_comes_back_with_what_it_wrote_to_disk(valkey: ValkeyServer) -> None:
    with connect_redis(valkey.url()) as client:
        client.set("kept", "yes")
        wait_for(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0)
    port = valkey.port

    valkey.kill()
    valkey.start()

    assert valkey.port == port
    with connect_redis(valkey.url()) as client:
        assert client.get("kept") == b"yes"


def test_a_paused_valkey_costs_a_caller_less_than_half_a_second(valkey: ValkeyServer) -> None:
    with connect_redis(valkey.url()) as client:
        client.ping()
        valkey.pause()
        before = time.monotonic()

        with pytest.raises(redis.TimeoutError):
            client.get("anything")

        waited = time.monotonic() - before
        valkey.resume()
        assert waited < 0.5
        assert client.ping()


def test_no_password_of_valkey_stands_in_its_arguments_or_on_disk(valkey: ValkeyServer) -> None:
    command = " ".join(psutil.Process(valkey.pid).cmdline())
    on_disk = b"".join(path.read_bytes() for path in valkey.directory.rglob("*") if path.is_file())

    assert "p" * 40 not in command
    assert b"p" * 40 not in on_disk


def test_a_paused_valkey_can_be_stopped(valkey: ValkeyServer) -> None:
    pid = valkey.pid
    valkey.pause()

    valkey.stop()

    assert not psutil.pid_exists(pid)
