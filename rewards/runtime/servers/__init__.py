"""PostgreSQL and Valkey started by ourselves, as production would: for `rewards up` and for the tests.

Only the binaries come from packages (or from the PATH). Every server is tethered to the process that
started it: it ends when that process does, however that ends.
"""

from rewards.runtime.servers.postgres import PostgresServer
from rewards.runtime.servers.process import ServerError
from rewards.runtime.servers.secrets import Secrets, load_or_make_secrets
from rewards.runtime.servers.valkey import ValkeyServer

__all__ = ["PostgresServer", "Secrets", "ServerError", "ValkeyServer", "load_or_make_secrets"]
