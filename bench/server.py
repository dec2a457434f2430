"""PostgreSQL and Valkey of the measurements, in a folder of their own, with a database for each size."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from bench.history import Size
from bench.load import Say, load
from ledger.signing import Keyring, keyring_of
from rewards.runtime.schema import upgrade_schema
from rewards.runtime.servers import PostgresServer, Secrets, ValkeyServer, load_or_make_secrets
from rewards.runtime.servers.postgres import ADMIN, MIGRATOR, SERVICE

ROOT = Path(__file__).resolve().parents[1]
OPTIONS = {
    "shared_buffers": "1GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "maintenance_work_mem": "512MB",
}


@dataclass(frozen=True, slots=True)
class Bench:
    """The running servers."""

    postgres: PostgresServer
    valkey: ValkeyServer
    secrets: Secrets

    @property
    def keyring(self) -> Keyring:
        """What the blocks are signed with."""
        return keyring_of([self.secrets.signing_key])

    def new(self, name: str) -> str:
        """An empty database of this name, migrated, in place of any before; answers the service's address."""
        self.postgres.drop_database(name)
        url = self.postgres.make_database(name)
        upgrade_schema(self.postgres.url(name, role=MIGRATOR), service_role=SERVICE)
        return url

    def loaded(self, size: Size, *, workers: int, say: Say = lambda _: None) -> str:
        """The name of the database of this size, which is loaded unless that was done before."""
        name = f"size_{size.entries}_{size.members}"
        if self._is_there(name):
            return name
        half = f"{name}_half"
        admin_url = self.postgres.url(half, role=ADMIN)
        load(self.new(half), size, admin_url=admin_url, keyring=self.keyring, workers=workers, say=say)
        with self.admin() as admin:
            admin.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(half), sql.Identifier(name)))
        return name

    def admin(self, name: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A superuser's connection, which commits each statement."""
        return psycopg.connect(self.postgres.url(name, role=ADMIN), autocommit=True)

    def _is_there(self, name: str) -> bool:
        with self.admin() as admin:
            return admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None


@contextmanager
def servers(folder: Path = ROOT / "var" / "bench", *, options: Mapping[str, str] = OPTIONS) -> Iterator[Bench]:
    """Start both; a commit is durable, as in production."""
    folder.mkdir(parents=True, exist_ok=True)
    secrets = load_or_make_secrets(folder / "secrets.json")
    postgres = PostgresServer(folder / "postgres", secrets=secrets, options=options)
    valkey = ValkeyServer(folder / "valkey", password=secrets.valkey)
    postgres.start()
    try:
        valkey.start()
        yield Bench(postgres, valkey, secrets)
    finally:
        valkey.stop()
        postgres.stop()
