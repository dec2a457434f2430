"""`rewards up`: everything in one folder, under one supervisor; what `make run` runs."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.error import URLError
from urllib.request import urlopen

import click

from rewards.runtime.folder import first_key, own_servers
from rewards.runtime.running import ROOT, FolderInUse, claim_folder, told_to_commands
from rewards.runtime.servers import ServerError
from rewards.runtime.servers.process import PR_SET_PDEATHSIG, is_free, tail_of, tether
from rewards.runtime.settings import load_settings
from rewards.runtime.supervisor import Program, Supervisor

READY_TIMEOUT_S = 60
LAST_PORT = 65_535


@click.command()
@click.option("--port", envvar="PORT", default="8000", show_default=True, help="Where the web application listens.")
@click.option("--var", type=click.Path(path_type=Path), default=ROOT / "var", help="Folder of all data and logs.")
@click.option("--demo/--no-demo", default=True, help="Feed the demo after the start (goes on where it stopped).")
@click.option("--end-with-parent", is_flag=True, help="End when the process that called this ends.")
def up(port: str, *, var: Path, demo: bool, end_with_parent: bool) -> None:
    """Run everything in this folder: PostgreSQL, Valkey, web, worker, scheduler; then the demo.

    PostgreSQL and Valkey are started here, with their data in var/, unless DATABASE_URL and REDIS_URL are set.
    """
    _listen_to_signals(end_with_parent=end_with_parent)
    try:
        with ExitStack() as undo:
            _run(undo, port=_checked_port(port), var=var.absolute(), demo=demo)
    except (ServerError, FolderInUse) as error:
        _give_up(str(error))
    except KeyboardInterrupt:
        _say("Ended before everything had started.")


def _run(undo: ExitStack, *, port: int, var: Path, demo: bool) -> None:
    began_s = time.monotonic()
    undo.enter_context(claim_folder(var, port=port))
    _refuse_taken(port)
    undo.callback(_say, "Everything has ended.")
    own = own_servers(undo, var=var, say=_say)
    environment = {**own.environment, "PORT": str(port)}
    environment.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    os.environ.update(environment)
    load_settings()
    undo.enter_context(told_to_commands(var, environment))
    _migrate(var / "log" / "migrate.log")
    supervisor = Supervisor(logs=var / "log", say=_say)
    supervisor.end_on_signals()
    for name, server in own.servers.items():
        supervisor.watch(name, server=server)
    undo.callback(supervisor.end_all)
    for program in _programs():
        supervisor.start(program)
    if _wait_until_ready(supervisor, port=port):
        _say(f"Ready after {time.monotonic() - began_s:.1f} s: http://127.0.0.1:{port}/")
        _go_on(supervisor, port=port, var=var, demo=demo)
    supervisor.run()


def _go_on(supervisor: Supervisor, *, port: int, var: Path, demo: bool) -> None:
    """Make the key to try things with, start the demo, and say where to look."""
    key = first_key(var, command=_command("api-key"))
    if not demo:
        _say_where_to_look(port=port, key=key)
        return
    environment = {**os.environ, "REWARDS_URL": f"http://127.0.0.1:{port}"}
    supervisor.start(
        Program(
            name="demo",
            command=_command("demo"),
            environment=environment,
            attached=True,
            on_success=lambda: _say_where_to_look(port=port, key=key),
        )
    )


def _programs() -> list[Program]:
    environment: Mapping[str, str] = dict(os.environ)
    gunicorn = [sys.executable, "-m", "gunicorn", "--chdir", str(ROOT), "--config", str(ROOT / "gunicorn.conf.py")]
    return [
        Program(name="web", command=[*gunicorn, "wsgi:app"], environment=environment),
        Program(name="worker", command=_command("worker"), environment=environment),
        Program(name="scheduler", command=_command("scheduler"), environment=environment),
    ]


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "rewards", name]


def _migrate(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 -- our own command
            _command("migrate"),
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=tether(signal.SIGTERM),  # noqa: PLW1509 -- only prctl runs there, and we have one thread
        )
        code = process.wait()
    if code:
        raise ServerError(f"The database could not be brought up to date (all of it is in {log}):\n{tail_of(log)}")


def _wait_until_ready(supervisor: Supervisor, *, port: int) -> bool:
    """Let the supervisor work until the web application answers; says so when that takes too long."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not supervisor.is_ending:
        supervisor.turn()
        if _answers(port):
            return True
        if time.monotonic() > deadline:
            _say(f"The web application does not answer after {READY_TIMEOUT_S} s; var/log/web.log says why.")
            return False
    return False


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as answer:
            return answer.status == 200
    except (URLError, OSError):
        return False


def _say_where_to_look(*, port: int, key: str) -> None:
    address = f"http://127.0.0.1:{port}"
    lines = [
        "",
        f"  Start page     {address}/",
        f"  Ranking        {address}/ranking",
        f"  API docs       {address}/docs",
    ]
    if key:
        lines += [
            f"  An API key     {key}",
            f'  Try            curl -H "Authorization: Bearer {key}" {address}/v1/leaderboards/season',
        ]
    _say("\n".join([*lines, "  End            Ctrl-C", ""]))


def _checked_port(port: str) -> int:
    if not port.isdigit() or not 0 < int(port) <= LAST_PORT:
        _give_up(f"PORT must be a number from 1 to {LAST_PORT}, but is {port!r}. For example: make run PORT=9000")
    return int(port)


def _refuse_taken(port: int) -> None:
    if not is_free(port):
        raise ServerError(
            f"Port {port} is taken by another program, or not yours to use."
            f" Choose another one: make run PORT={port + 1000 if port < LAST_PORT - 1000 else 9000}"
        )


def _listen_to_signals(*, end_with_parent: bool) -> None:
    """Until the supervisor takes over, a wish to end stops the start, and what was started ends again."""
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _interrupt)
    if end_with_parent and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _give_up(why: str) -> NoReturn:
    click.echo(why, err=True)
    sys.exit(1)


def _say(text: str) -> None:
    # A terminal that is gone must not keep us from ending everything.
    with contextlib.suppress(OSError):
        click.echo(text)
