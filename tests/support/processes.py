"""Processes of the service, as production starts them, for tests that end them in every way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil

from rewards.runtime.servers.process import free_port, tether

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60
END_TIMEOUT_S = 60


def wait_for(happened: Callable[[], bool], *, timeout_s: float = 20, what: str = "it") -> None:
    """Ask until `happened` answers true; fails the test when that takes longer than `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline, f"{what} did not happen within {timeout_s:g} s"
        time.sleep(0.02)


class ServiceProcess:
    """One process with its log in a file. Leaving the block kills it and all that it started."""

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str], log: Path) -> None:
        self.command = list(command)
        self.environment = dict(environment)
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, or start it again; it ends with the test's process."""
        if self._process is not None:
            self._process.wait()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=tether(signal.SIGTERM),  # noqa: PLW1509 -- only prctl runs there
            )

    def said(self) -> str:
        """All that it has written so far."""
        return self.log.read_text(errors="replace")

    def family(self) -> list[psutil.Process]:
        """It and all that it has started, directly or not."""
        process = psutil.Process(self.pid)
        return [process, *process.children(recursive=True)]

    def terminate(self, number: signal.Signals = signal.SIGTERM, *, timeout_s: float = END_TIMEOUT_S) -> int:
        """Ask it to end and answer its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(timeout_s)

    def kill(self) -> None:
        """End it and its children as a crash would."""
        if self._process is None:
            return
        family = self.family() if self.is_running else []
        for each in family:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                continue
        self._process.wait()


def rewards(*arguments: str) -> list[str]:
    """The command line of `rewards …`."""
    return [sys.executable, "-m", "rewards", *arguments]


class Web(ServiceProcess):
    """Gunicorn with the service on a free port."""

    def __init__(self, *, environment: Mapping[str, str], log: Path, port: int = 0) -> None:
        self.port = port or free_port()
        super().__init__(
            [sys.executable, "-m", "gunicorn", "wsgi:app"],
            environment={**environment, "PORT": str(self.port)},
            log=log,
        )

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        super().start()
        wait_for(
            lambda: not self.is_running or status_of(f"{self.url}/healthz") == 200,
            timeout_s=START_TIMEOUT_S,
            what="an answer of the web application",
        )
        assert self.is_running, self.said()


def status_of(url: str) -> int:
    """Answer the status that `url` answers with, 0 if nobody answers."""
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status
    except HTTPError as error:
        with error:
            return error.code
    except (URLError, OSError):
        return 0


def processes_in(folder: Path) -> list[psutil.Process]:
    """Answer the processes whose arguments or working folder name `folder`."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and (
                str(folder) in " ".join(process.cmdline()) or str(folder) in process.cwd()
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found
