"""What a running copy of the service has in its folder: its own servers, its secrets, its first API key."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rewards.runtime.private import write_private
from rewards.runtime.servers import PostgresServer, ValkeyServer, load_or_make_secrets
from rewards.runtime.servers.postgres import MIGRATOR
from rewards.runtime.supervisor import Server

FIRST_KEY_SCOPES = (
    "events:write",
    "attendance:write",
    "members:read",
    "members:write",
    "rankings:read",
    "market:read",
    "market:write",
    "staff:manage",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnServers:
    """The servers of this folder, by the name that a person knows, and what the processes need to find them."""

    environment: Mapping[str, str] = field(repr=False)
    servers: Mapping[str, Server]


def own_servers(undo: ExitStack, *, var: Path, say: Callable[[str], None]) -> OwnServers:
    """Start what the environment does not name, and answer it with the environment of the service's processes.

    `undo` ends the servers. Secrets that the environment does not give are those of the folder.
    """
    secrets = load_or_make_secrets(var / "secrets.json")
    made = {
        "SECRET_KEY": secrets.secret_key,
        "CODE_KEYS": secrets.code_key,
        "SIGNING_KEYS": secrets.signing_key,
        "MEMBER_JWT_KEY": secrets.member_jwt_key,
        "PROMETHEUS_MULTIPROC_DIR": _emptied(var / "metrics"),
    }
    servers: dict[str, Server] = {}
    if not os.environ.get("DATABASE_URL"):
        postgres = PostgresServer(var / "postgres", secrets=secrets)
        undo.callback(postgres.stop)
        made |= _postgres(postgres)
        servers["PostgreSQL"] = postgres
        say("PostgreSQL runs.")
    if not os.environ.get("REDIS_URL"):
        valkey = ValkeyServer(var / "valkey", password=secrets.valkey)
        undo.callback(valkey.stop)
        made["REDIS_URL"] = valkey.start()
        servers["Valkey"] = valkey
        say("Valkey runs.")
    given = {name: value for name, value in os.environ.items() if value}
    return OwnServers(environment={**made, **given}, servers=servers)


def _postgres(postgres: PostgresServer) -> Mapping[str, str]:
    postgres.start()
    return {
        "DATABASE_URL": postgres.make_database("rewards"),
        "MIGRATION_DATABASE_URL": postgres.url("rewards", role=MIGRATOR),
    }


def _emptied(folder: Path) -> str:
    """Metrics files of processes that are gone would be added to those of today."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return str(folder)


def first_key(var: Path, *, command: Sequence[str]) -> str:
    """Answer the API key of this folder, made by `rewards api-key` the first time; empty when that fails."""
    path = var / "api-key"
    if not path.exists():
        scopes = [part for scope in FIRST_KEY_SCOPES for part in ("--scope", scope)]
        made = subprocess.run(  # noqa: S603 -- our own command
            [*command, "create", "--name", "make run", *scopes], capture_output=True, text=True, check=False
        )
        if made.returncode:
            return ""
        write_private(path, made.stdout)
    return path.read_text().strip()
