"""How many entries a second `rewards verify` passes, with a damage at the very end that it has to find."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from bench.rounds import Line
from bench.server import ROOT, Bench
from rewards.runtime.servers.postgres import MIGRATOR

ENTRIES_A_SECOND = 300_000
_LAST = (
    "select account_id, seq from entry where account_id >= (select account_id from account order by account_id"
    " offset (select count(*) * 995 / 1000 from account) limit 1) and points > 0 order by account_id, seq limit 1"
)


def verify_at_size(bench: Bench, name: str) -> list[Line]:
    """All checks, on the command line, over a database of that name in which one entry has a point too many."""
    with bench.admin(name) as admin:
        counted = admin.execute("select count(*) from entry").fetchone()
        assert counted is not None
        with _damaged(admin) as where:
            told = _verify(bench, name)
    found = [finding["where"] for finding in told["findings"]]
    assert where in found, f"{where} was damaged, and verify found {found or 'nothing'}"
    pace = int(str(counted[0])) / told["seconds"]
    goal = f"≥ {ENTRIES_A_SECOND:,}"
    return [
        Line(
            case="verify, all checks, damage in the last 1 % found",
            ours=pace,
            baseline=None,
            unit="entries/s",
            goal=goal,
            met=pace >= ENTRIES_A_SECOND,
        )
    ]


def _verify(bench: Bench, name: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "rewards", "verify", "--json"],
        cwd=ROOT,
        env={**os.environ, **_environment(bench, name)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def _environment(bench: Bench, name: str) -> Mapping[str, str]:
    secrets = bench.secrets
    return {
        "DATABASE_URL": bench.postgres.url(name),
        "MIGRATION_DATABASE_URL": bench.postgres.url(name, role=MIGRATOR),
        "REDIS_URL": bench.valkey.url(0),
        "SECRET_KEY": secrets.secret_key,
        "CODE_KEYS": secrets.code_key,
        "SIGNING_KEYS": secrets.signing_key,
        "MEMBER_JWT_KEY": secrets.member_jwt_key,
    }


@contextmanager
def _damaged(admin: psycopg.Connection[tuple[object, ...]]) -> Iterator[str]:
    """One entry far behind is worth a point more until the block ends; only a superuser can do that."""
    row = admin.execute(_LAST).fetchone()
    assert row is not None
    account_id, seq = row

    def add(points: int) -> None:
        admin.execute("alter table entry disable trigger entry_append_only")
        change = "update entry set points = points + %s where account_id = %s and seq = %s"
        admin.execute(change, (points, account_id, seq))
        admin.execute("alter table entry enable always trigger entry_append_only")

    add(1)
    try:
        yield f"account {account_id} entry {seq}"
    finally:
        add(-1)
