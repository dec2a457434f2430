"""The commands of the tutorial do what it says, on a running service."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from rewards.runtime.settings import Settings
from tests.support.live import prepared
from tests.support.processes import Web

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial" / "connect-your-forum.md"
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
ANYTHING = "…"


def steps_of(page: str) -> list[tuple[str, str]]:
    """Each command, and what the page says that it prints."""
    steps: list[tuple[str, str]] = []
    for line in "".join(CONSOLE.findall(page)).splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], ""))
        else:
            command, printed = steps[-1]
            steps[-1] = (command, f"{printed}{line}\n")
    return steps


def agrees(printed: str, *, with_page: str) -> bool:
    """Whether all that was printed is what the page says, where dots stand for anything."""
    pattern = ".*".join(map(re.escape, with_page.strip().split(ANYTHING)))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


@pytest.fixture
def web(environment: dict[str, str], engine: Engine, settings: Settings, tmp_path: Path) -> Iterator[Web]:
    prepared(engine, settings)
    with Web(environment=environment, log=tmp_path / "web.log") as web:
        yield web


def as_run_here(command: str, *, web: Web) -> str:
    """The command with this run's address and programs."""
    python = shlex.quote(sys.executable)
    programs = {"rewards": f"{python} -m rewards", "python": python}
    here = re.sub(r"\.venv/bin/(rewards|python)\b", lambda found: programs[found[1]], command)
    return here.replace("http://127.0.0.1:8000", web.url)


def run_in_one_shell(commands: list[str], *, environment: dict[str, str]) -> list[str]:
    """What each command printed."""
    mark = "--- the next command ---"
    script = "\n".join(f"{command}\necho; echo '{mark}'" for command in commands)
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not ran.stderr, ran.stderr
    return ran.stdout.split(mark)[:-1]


def test_every_command_of_the_tutorial_prints_what_it_says(web: Web, environment: dict[str, str]) -> None:
    # given
    steps = steps_of(TUTORIAL.read_text(encoding="utf-8"))
    assert len(steps) > 15

    # when
    commands = [as_run_here(command, web=web) for command, _ in steps]
    printed = run_in_one_shell(commands, environment=environment)

    # then
    assert len(printed) == len(steps)
    wrong = [
        f"$ {command}\nprinted:\n{found.strip()}\nthe page says:\n{said}"
        for (command, said), found in zip(steps, printed, strict=True)
        if not agrees(found, with_page=said)
    ]
    assert wrong == [], "\n".join(wrong)


def test_another_output_than_the_pages_is_noticed() -> None:
    assert agrees('{"balance":10,"held":0}\n', with_page='{"balance":10,…}')

    assert not agrees('{"balance":11,"held":0}\n', with_page='{"balance":10,…}')
    assert not agrees("", with_page="200")
