"""Whether the service runs in a folder, and what else in that folder needs to know of it.

It imports nothing large, since every command asks it first.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rewards.runtime.errors import OperatorError
from rewards.runtime.private import write_private

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT_FILE = "environment.json"
TOLD = (
    "DATABASE_URL",
    "MIGRATION_DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "CODE_KEYS",
    "SIGNING_KEYS",
    "MEMBER_JWT_KEY",
    "PUBLIC_URL",
)


class FolderInUse(OperatorError):
    """Another copy runs in this folder."""


@contextmanager
def claim_folder(var: Path, *, port: int) -> Iterator[None]:
    """Hold the folder as long as the block runs. Raises FolderInUse.

    The lock is the system's: it is gone with its holder, so a crash leaves none behind.
    """
    var.mkdir(parents=True, exist_ok=True)
    with (var / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise FolderInUse(
                f"The service of this folder runs already ({file.read().strip() or 'it is just starting'})."
                " Look there, end it with Ctrl-C where it runs, or run another copy from another folder."
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}, http://127.0.0.1:{port}/\n")
        file.flush()
        yield


@contextmanager
def told_to_commands(var: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Let commands in this folder find what runs here, as long as the block runs; only the owner may read it."""
    path = var / ENVIRONMENT_FILE
    write_private(path, json.dumps({name: environment[name] for name in TOLD if name in environment}, indent=1))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def join_running(var: Path) -> None:
    """Take the environment of what runs in this folder, unless this process was given one of its own."""
    path = var / ENVIRONMENT_FILE
    if os.environ.get("DATABASE_URL") or not path.exists() or not _is_claimed(var):
        return
    for name, value in json.loads(path.read_text()).items():
        os.environ.setdefault(name, value)


def _is_claimed(var: Path) -> bool:
    with (var / "lock").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
