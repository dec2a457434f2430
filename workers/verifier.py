"""Verifies the whole database round after round, in a process of its own that gives way to everything else.

It needs neither Redis nor a worker, and ends with the scheduler that started it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from rewards.commands.context import Context
from rewards.runtime.database import snapshot
from rewards.runtime.servers.process import tether
from rewards.verifications import PAUSE, read_verified

SETTLE_DOWN_S = 20.0
"""After its start the service is left in peace for so long."""
LOOK_EVERY_S = 15.0
NICENESS = 10
COMMAND = (sys.executable, "-m", "rewards", "verify", "--gently")

log = structlog.get_logger()


@dataclass(slots=True)
class Verifier:
    """Starts the command when it is due, one at a time; says how it ended."""

    context: Context
    command: tuple[str, ...] = COMMAND
    process: subprocess.Popen[bytes] | None = None
    not_before_s: float = field(default_factory=lambda: time.monotonic() + SETTLE_DOWN_S)

    def look(self) -> None:
        """Note the end of the one that runs, or start the next if it is due. Raises SQLAlchemyError."""
        if self.process is not None:
            self._note_end(self.process)
        elif time.monotonic() >= self.not_before_s:
            self.not_before_s = time.monotonic() + LOOK_EVERY_S
            if self._is_due():
                self._start()

    def end(self) -> None:
        """End the one that runs, if one does: nothing is lost, the next one goes on where it was."""
        if self.process is not None:
            self.process.terminate()

    def _is_due(self) -> bool:
        with snapshot(self.context.engine) as session:
            return read_verified(session).is_due(self.context.clock())

    def _start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 -- our own command
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            preexec_fn=_giving_way(),  # noqa: PLW1509 -- only nice and prctl run there, and the scheduler has one thread
        )

    def _note_end(self, process: subprocess.Popen[bytes]) -> None:
        code = process.poll()
        if code is None:
            return
        self.process = None
        if code not in (0, 1):  # what was found, the process has said itself
            log.warning("verification.not_run", exit_code=code)
        # One that could not run has left no record to rest after, and may have read for long.
        rest_s = PAUSE.total_seconds() if code not in (0, 1) else LOOK_EVERY_S
        self.not_before_s = time.monotonic() + rest_s


def _giving_way() -> Callable[[], None]:
    tie = tether(signal.SIGTERM)

    def prepare() -> None:
        os.nice(NICENESS)
        if tie is not None:
            tie()

    return prepare
