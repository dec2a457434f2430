"""Runs programs side by side: keeps their logs, starts a fallen one again, ends all of them together."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from rewards.runtime.servers.process import ServerError, tether

BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_AFTER_S = 30.0
END_PATIENCE_S = 15.0
TICK_S = 0.1
READ_BYTES = 65_536
WORTH_SHOWING = (
    b'"level":"warning"',
    b'"level":"error"',
    b'"level":"critical"',
    b'"level": "warning"',
    b'"level": "error"',
    b'"level": "critical"',
    b"Traceback",
    b"Error:",
    b"WARNING",
    b"ERROR",
)

SERVER_PAUSE_S = 2.0

Say = Callable[[str], None]


class Server(Protocol):
    """A server that somebody else has started, and that is started again on the same port when it falls."""

    port: int

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended since."""
        ...

    def start(self) -> str:
        """Start it and wait until it answers. Raises ServerError."""
        ...


@dataclass(slots=True, kw_only=True)
class _Watched:
    name: str
    server: Server
    port: int
    not_before_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class Program:
    """One program to keep running. `attached` ones speak to the terminal themselves, run once and stay ended."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    attached: bool = False
    on_success: Callable[[], None] | None = None


@dataclass(slots=True, kw_only=True)
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    started_s: float
    log: BinaryIO | None
    half_line: bytes = b""


class Supervisor:
    """Its loop runs in the main thread, to which every program is tethered: they end when it does, however."""

    def __init__(self, *, logs: Path, say: Say) -> None:
        self._logs = logs
        self._say = say
        self._running: list[_Running] = []
        self._waiting: list[tuple[float, Program]] = []
        self._falls: dict[str, int] = {}
        self._watched: list[_Watched] = []
        self._selector = selectors.DefaultSelector()
        self._asked_to_end = ""

    def end_on_signals(self) -> None:
        """Take SIGINT, SIGTERM and SIGHUP as the wish to end everything."""
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, lambda number, _frame: self.ask_to_end(signal.Signals(number).name))

    def ask_to_end(self, why: str) -> None:
        """Let the loop end soon; safe to call from a signal's handler."""
        self._asked_to_end = self._asked_to_end or why

    @property
    def is_ending(self) -> bool:
        """Whether somebody asked to end."""
        return bool(self._asked_to_end)

    def start(self, program: Program) -> None:
        """Start a program in a group of its own."""
        self._logs.mkdir(parents=True, exist_ok=True)
        piped = None if program.attached else subprocess.PIPE
        process = subprocess.Popen(
            list(program.command),
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=piped,
            stderr=None if program.attached else subprocess.STDOUT,
            process_group=0,
            # Servers end at the same moment, so there is nothing to finish in peace.
            preexec_fn=tether(signal.SIGKILL),  # noqa: PLW1509 -- only prctl runs there, and we have one thread
        )
        log = None if program.attached else (self._logs / f"{program.name}.log").open("ab")
        running = _Running(program=program, process=process, started_s=time.monotonic(), log=log)
        self._running.append(running)
        if process.stdout is not None:
            os.set_blocking(process.stdout.fileno(), False)
            self._selector.register(process.stdout, selectors.EVENT_READ, running)

    def watch(self, name: str, *, server: Server) -> None:
        """Start a running server again whenever it falls; its end stays with whoever started it first."""
        self._watched.append(_Watched(name=name, server=server, port=server.port))

    def run(self) -> None:
        """Relay, watch and start again until somebody asks to end."""
        while not self._asked_to_end:
            self.turn()

    def turn(self) -> None:
        """One round of the loop; waits at most 0.1 s."""
        for key, _events in self._selector.select(TICK_S):
            self._relay(key.data)
        for running in list(self._running):
            if running.process.poll() is not None:
                self._ended(running)
        for watched in self._watched:
            if not watched.server.is_running and time.monotonic() >= watched.not_before_s:
                self._revive(watched)
        due = [item for item in self._waiting if item[0] <= time.monotonic()]
        for item in due:
            self._waiting.remove(item)
            self.start(item[1])

    def _revive(self, watched: _Watched) -> None:
        """Start a fallen server again; the programs know its port, so on another one everything ends instead."""
        self._say(f"{watched.name} has ended; it starts again.")
        try:
            watched.server.start()
        except ServerError as error:
            watched.not_before_s = time.monotonic() + SERVER_PAUSE_S
            self._say(f"{error}\n{watched.name} is tried again in {SERVER_PAUSE_S:g} s.")
            return
        if watched.server.port != watched.port:
            self._say(f"Another program has taken {watched.name}'s port {watched.port}. Start again: make run")
            self.ask_to_end("port taken")
            return
        self._say(f"{watched.name} runs again.")

    def end_all(self) -> None:
        """End every program in peace, the last started first to hear of it; what stays after 15 s is killed."""
        self._waiting.clear()
        for running in reversed(self._running):
            with contextlib.suppress(ProcessLookupError):
                running.process.terminate()
        deadline = time.monotonic() + END_PATIENCE_S
        while any(running.process.poll() is None for running in self._running) and time.monotonic() < deadline:
            for key, _events in self._selector.select(TICK_S):
                self._relay(key.data)
        for running in list(self._running):
            self._sweep(running)
        self._selector.close()

    def _sweep(self, running: _Running) -> None:
        """Kill what is left of a program's group, and keep its last words."""
        if running.process.poll() is None:
            self._say(f"{running.program.name} did not end within {END_PATIENCE_S:.0f} s and is killed.")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()
        self._close(running)

    def _ended(self, running: _Running) -> None:
        program, code = running.program, running.process.returncode
        self._sweep(running)
        if program.attached:
            if code == 0 and program.on_success is not None:
                program.on_success()
            elif code:
                self._say(f"{program.name} ended with code {code}; everything else goes on.")
            return
        steady = time.monotonic() - running.started_s > STEADY_AFTER_S
        falls = 0 if steady else self._falls.get(program.name, 0)
        pause_s = BACKOFF_S[min(falls, len(BACKOFF_S) - 1)]
        self._falls[program.name] = falls + 1
        self._say(f"{program.name} ended with code {code}; it starts again in {pause_s:g} s (var/log says why).")
        self._waiting.append((time.monotonic() + pause_s, program))

    def _relay(self, running: _Running) -> None:
        """Write what a program says to its log, and show the lines that a person should see."""
        assert running.process.stdout is not None
        try:
            said = os.read(running.process.stdout.fileno(), READ_BYTES)
        except BlockingIOError:
            return
        if not said:
            self._selector.unregister(running.process.stdout)
            return
        assert running.log is not None
        running.log.write(said)
        running.log.flush()
        *lines, running.half_line = (running.half_line + said).split(b"\n")
        for line in lines:
            if any(mark in line for mark in WORTH_SHOWING):
                self._say(f"{running.program.name} | {line.decode(errors='replace')}")

    def _close(self, running: _Running) -> None:
        if running.process.stdout is not None:
            if running.process.stdout in {key.fileobj for key in self._selector.get_map().values()}:
                self._relay(running)
            with contextlib.suppress(KeyError):
                self._selector.unregister(running.process.stdout)
            running.process.stdout.close()
        if running.log is not None:
            running.log.close()
        self._running.remove(running)
