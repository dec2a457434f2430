"""One tethered process: started in its own group, ended with its parent, waited for with a deadline."""

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from rewards.runtime.errors import OperatorError

PORTS = range(15_000, 32_768)
"""Below the ports that the system gives to outgoing connections, which would collide with ours."""

LOG_TAIL_LINES = 8
PR_SET_PDEATHSIG = 1


class ServerError(OperatorError):
    """A server cannot be started or used; the sentence says why and what to do."""


def spawn_tethered(
    command: Sequence[str | Path],
    *,
    log: Path,
    death_signal: signal.Signals,
    configuration: str = "",
) -> subprocess.Popen[bytes]:
    """Start a server whose output goes to `log` and which gets `death_signal` when this process ends.

    Call it from the main thread: the tether is to the thread that starts it. `configuration` is what the
    server reads on its standard input, so that no secret stands in its arguments.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE if configuration else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=tether(death_signal),  # noqa: PLW1509 -- only prctl runs there, and we have one thread
        )
    if process.stdin is not None:
        with process.stdin as pipe:
            pipe.write(configuration.encode())
    return process


def tether(death_signal: signal.Signals) -> Callable[[], None] | None:
    """Answer what a child runs before its program so that it gets `death_signal` when its parent ends."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def wait_until(ready: Callable[[], bool], *, process: subprocess.Popen[bytes], log: Path, timeout_s: float) -> None:
    """Wait until `ready` answers true. Raises ServerError with the log's tail when the process ends before."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if process.poll() is not None:
            raise ServerError(f"{log.stem} ended with code {process.returncode} at its start:\n{tail_of(log)}")
        if time.monotonic() > deadline:
            raise ServerError(f"{log.stem} did not answer within {timeout_s:.0f} s:\n{tail_of(log)}")
        time.sleep(0.02)


def end(process: subprocess.Popen[bytes], signals: Sequence[signal.Signals], *, patience_s: float) -> None:
    """Send each signal in turn, waiting `patience_s` for the end after each; the last resort is SIGKILL."""
    for each in (*signals, signal.SIGKILL):
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(each)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)


def tail_of(log: Path) -> str:
    """Answer the last lines of a server's log, for a person to read."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])


def kept_port(path: Path) -> int:
    """Answer the port kept at `path` if nobody else listens there, else a free one, kept from now on."""
    kept = int(path.read_text()) if path.exists() and path.read_text().strip().isdigit() else 0
    if kept and is_free(kept):
        return kept
    port = free_port()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{port}\n")
    return port


def free_port() -> int:
    """Answer a port of 127.0.0.1 that nobody listens on now. Raises ServerError."""
    for _ in range(200):
        port = random.choice(PORTS)  # noqa: S311 -- a port is no secret
        if is_free(port):
            return port
    raise ServerError(f"No free port was found between {PORTS.start} and {PORTS.stop - 1}.")


def is_free(port: int) -> bool:
    """Answer whether `port` of 127.0.0.1 can be listened on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def package_folder(name: str) -> Path | None:
    """Answer where an installed package lies, without running any of its code."""
    spec = find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin else None
