"""`rewards`: commands are found, mistakes are sentences, and a running copy is found by commands in its folder."""

import os
import subprocess
from pathlib import Path

import pytest

from rewards.cli import COMMANDS, cli
from rewards.runtime.running import claim_folder, join_running, told_to_commands
from tests.support.processes import ROOT, rewards

WITHOUT_SETTINGS = {"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/none"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_explains_itself(name: str) -> None:
    command = cli.get_command(cli.make_context("rewards", ["-h"], resilient_parsing=True), name)

    assert command is not None
    assert command.help or command.short_help


def test_a_missing_setting_is_a_sentence_and_exit_code_2() -> None:
    ended = subprocess.run(
        rewards("migrate"), cwd=ROOT, env=WITHOUT_SETTINGS, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 2
    assert "SECRET_KEY: is not set, and has no default." in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_command_speaks_to_what_runs_in_its_folder_as_long_as_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with claim_folder(tmp_path, port=8000), told_to_commands(tmp_path, {"DATABASE_URL": "postgresql://running"}):
        assert (tmp_path / "environment.json").stat().st_mode & 0o777 == 0o600
        join_running(tmp_path)
        assert os.environ.pop("DATABASE_URL") == "postgresql://running"

    join_running(tmp_path)

    assert "DATABASE_URL" not in os.environ


def test_what_a_crash_has_left_is_not_taken_for_something_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with claim_folder(tmp_path, port=8000):
        pass
    (tmp_path / "environment.json").write_text('{"DATABASE_URL": "postgresql://gone"}')

    join_running(tmp_path)

    assert "DATABASE_URL" not in os.environ


def test_given_settings_are_stronger_than_what_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://given")
    with claim_folder(tmp_path, port=8000), told_to_commands(tmp_path, {"DATABASE_URL": "postgresql://running"}):
        join_running(tmp_path)

    assert os.environ["DATABASE_URL"] == "postgresql://given"
