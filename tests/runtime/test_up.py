"""`rewards up`: one command starts everything in a folder, and ends all of it."""

import os
import re
import signal
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from rewards.runtime.servers.process import free_port
from rewards.runtime.settings import DEFAULTS
from tests.support.processes import ServiceProcess, processes_in, rewards, status_of, wait_for

GIVEN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CODE_KEYS", "SIGNING_KEYS", "MEMBER_JWT_KEY", "PORT", *DEFAULTS)


class Up(ServiceProcess):
    """`rewards up` in a folder of its own."""

    def __init__(self, var: Path, *, port: str | int = 0, environment: Mapping[str, str] | None = None) -> None:
        self.var = var
        self.port = port or free_port()
        clean = {name: value for name, value in os.environ.items() if name not in GIVEN}
        super().__init__(
            rewards("up", "--no-demo", "--var", str(var), "--port", str(self.port)),
            environment={**clean, **(environment or {})},
            log=var.with_name(f"{var.name}-{self.port}.txt"),
        )

    def until_ready(self, *, times: int = 1) -> None:
        def is_ready() -> bool:
            return self.said().count("Ready after") == times

        wait_for(lambda: is_ready() or not self.is_running, timeout_s=120, what="the start")
        assert is_ready(), self.said()

    def kill_rest(self) -> None:
        for process in processes_in(self.var):
            process.kill()


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    with Up(tmp_path / "var") as started:
        started.until_ready()
        yield started
    started.kill_rest()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_everything_and_leaves_nothing_running(up: Up, number: signal.Signals) -> None:
    family = up.family()
    assert status_of(f"http://127.0.0.1:{up.port}/healthz") == 200

    code = up.terminate(number)

    assert code == 0
    assert "Everything has ended." in up.said()
    assert not [process for process in family if process.is_running()]


def test_when_it_is_killed_all_that_it_started_ends_too_and_the_next_start_works(up: Up) -> None:
    family = up.family()

    family[0].kill()

    wait_for(
        lambda: not [process for process in family[1:] if process.is_running()], timeout_s=60, what="the end of all"
    )
    up.start()
    up.until_ready(times=2)
    assert up.terminate() == 0


def test_a_web_server_that_falls_is_started_again(up: Up) -> None:
    web = next(process for process in up.family() if "gunicorn" in " ".join(process.cmdline()))

    web.kill()

    wait_for(lambda: "web ended with code" in up.said(), what="the notice")
    wait_for(lambda: status_of(f"http://127.0.0.1:{up.port}/healthz") == 200, timeout_s=60, what="an answer")


@pytest.mark.parametrize("program, name", [("bin/postgres", "PostgreSQL"), ("valkey-server", "Valkey")])
def test_a_server_of_its_own_that_is_killed_is_started_again_with_its_data(up: Up, program: str, name: str) -> None:
    ready = f"http://127.0.0.1:{up.port}/readyz"
    wait_for(lambda: _answer_of(ready) == '{"status":"ready"', what="the first readiness")
    server = next(process for process in up.family() if program in " ".join(process.cmdline()[:1]))

    server.kill()

    wait_for(lambda: f"{name} runs again." in up.said(), timeout_s=60, what="the server's second start")
    wait_for(lambda: _answer_of(ready) == '{"status":"ready"', timeout_s=60, what="readiness")
    assert up.terminate() == 0
    assert not processes_in(up.var)


def test_a_second_start_in_the_same_folder_is_explained(up: Up) -> None:
    with Up(up.var) as second:
        wait_for(lambda: not second.is_running, what="the refusal")

        assert second.terminate() == 1
        assert f"process {up.pid}, http://127.0.0.1:{up.port}/" in second.said()
    assert status_of(f"http://127.0.0.1:{up.port}/healthz") == 200


def test_two_folders_run_side_by_side(up: Up, tmp_path: Path) -> None:
    with Up(tmp_path / "other") as other:
        other.until_ready()

        assert status_of(f"http://127.0.0.1:{other.port}/healthz") == 200
        assert status_of(f"http://127.0.0.1:{up.port}/healthz") == 200
        other.terminate()


def test_a_taken_port_is_explained(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Up(tmp_path / "var", port=port) as up:
            wait_for(lambda: not up.is_running, what="the refusal")

            assert up.terminate() == 1
            assert re.search(rf"Port {port} is taken .* make run PORT=\d+", up.said())


def test_a_port_that_is_no_number_is_explained(tmp_path: Path) -> None:
    with Up(tmp_path / "var", port="eighty") as up:
        wait_for(lambda: not up.is_running, what="the refusal")

        assert up.terminate() == 1
        assert "make run PORT=9000" in up.said()


def test_a_bad_setting_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    with Up(tmp_path / "var", environment={"SEASON_RESET": "someday"}) as up:
        wait_for(lambda: not up.is_running, what="the refusal")

        assert up.terminate() == 2
        assert "SEASON_RESET: must be a weekday and a time" in up.said()
        assert "Traceback" not in up.said()


def test_given_servers_are_used_instead_of_its_own(tmp_path: Path, environment: dict[str, str]) -> None:
    given = {name: environment[name] for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL")}
    with Up(tmp_path / "var", environment=given) as up:
        up.until_ready()

        assert "PostgreSQL runs" not in up.said()
        assert not (up.var / "postgres").exists()
        assert status_of(f"http://127.0.0.1:{up.port}/readyz") == 200
        assert up.terminate() == 0


def _answer_of(address: str) -> str:
    """How the answer begins: what a readiness says of the whole."""
    try:
        with urlopen(address, timeout=2) as answer:
            return str(answer.read().decode()).partition(",")[0]
    except (URLError, OSError):
        return ""
