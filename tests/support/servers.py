"""Servers of a test run: started once by whoever leads the run, joined by its workers, gone afterwards."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import gettempdir

import psutil

from rewards.runtime.schema import upgrade_schema
from rewards.runtime.servers import PostgresServer, ValkeyServer, load_or_make_secrets
from rewards.runtime.servers.postgres import MIGRATOR, SERVICE, Admin

TEMPLATE = "rewards_template"
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
MEMORY_FOLDER = Path("/dev/shm")
MEMORY_BYTES_MIN = 2 * 1024**3
PREFIX = "rewards-tests-"

# One database is copied for each test; without archiving, a copy writes no log of itself.
COPY_FAST = {"wal_level": "minimal", "max_wal_senders": "0", "shared_buffers": "256MB"}


class Servers:
    """PostgreSQL with a migrated template, and Valkey, in one folder.

    `durable=True` keeps fsync on, for tests that pull the plug; `binaries` are another PostgreSQL's programs.
    """

    def __init__(
        self,
        directory: Path,
        *,
        durable: bool = False,
        options: Mapping[str, str] | None = None,
        binaries: Path | None = None,
    ) -> None:
        self.directory = directory
        self.secrets = load_or_make_secrets(directory / "secrets.json")
        self.postgres = PostgresServer(
            directory / "postgres",
            secrets=self.secrets,
            durable=durable,
            options={**({} if durable else COPY_FAST), **(options or {})},
            binaries=binaries,
        )
        self.valkey = ValkeyServer(directory / "valkey", password=self.secrets.valkey)
        self._admin: Admin | None = None

    def start(self) -> None:
        """Start both and build the template by the real migrations."""
        self.postgres.start()
        self.valkey.start()
        self.postgres.make_database(TEMPLATE)
        upgrade_schema(self.postgres.url(TEMPLATE, role=MIGRATOR), service_role=SERVICE)

    def stop(self) -> None:
        """End both and remove the folder."""
        self.leave()
        self.valkey.kill()
        self.postgres.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def join(self) -> None:
        """Learn the ports of servers that another process has started in the same folder."""
        self.postgres.port = int((self.postgres.directory / "port").read_text())
        self.valkey.port = int((self.valkey.directory / "port").read_text())

    def leave(self) -> None:
        """Close what is open to the servers, and let them run."""
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def make_database(self, name: str, *, template: str = TEMPLATE) -> str:
        """Copy a template and answer the service's address of the copy."""
        return self.postgres.make_database(name, template=template, admin=self._one_admin())

    def drop_database(self, name: str) -> None:
        """Drop a copy and whoever is connected to it."""
        self.postgres.drop_database(name, admin=self._one_admin())

    def _one_admin(self) -> Admin:
        """The one connection that makes and drops databases: signing in takes a third of that."""
        if self._admin is None or self._admin.closed:
            self._admin = self.postgres.connect_as_admin()
        return self._admin


def folder_of_run() -> Path:
    """Answer a new folder for this run, in memory where there is enough, and clear those of runs that were killed."""
    roomy = MEMORY_FOLDER.is_dir() and shutil.disk_usage(MEMORY_FOLDER).free > MEMORY_BYTES_MIN
    parent = MEMORY_FOLDER if roomy else Path(gettempdir())
    for left in parent.glob(f"{PREFIX}*"):
        pid = left.name.removeprefix(PREFIX)
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    folder = parent / f"{PREFIX}{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder
