"""`rewards policy` and `rewards migrate` with policies: checked before anything changes, kept as versions."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from rewards.commands.migrate import prepare
from rewards.commands.policy import policy
from rewards.policy.document import DEFAULT_POLICY
from rewards.policy.versions import list_versions, version_in_force
from rewards.runtime.clock import now_utc
from rewards.runtime.errors import OperatorError
from rewards.runtime.settings import load_settings

Run = Callable[..., Result]


@pytest.fixture
def run(environment: dict[str, str], engine: Engine) -> Run:
    """Runs `rewards policy …` on a database that was migrated."""
    assert environment
    with Session(engine) as session:
        prepare(session, load_settings())
        session.commit()
    return lambda *arguments: CliRunner().invoke(policy, [str(argument) for argument in arguments])


def edited(folder: Path, before: str = "login: {points: 2,", after: str = "login: {points: 3,") -> Path:
    """The default policy with one change."""
    text = DEFAULT_POLICY.read_text()
    assert before in text
    file = folder / "policy.yaml"
    file.write_text(text.replace(before, after))
    return file


def versions(engine: Engine) -> int:
    with Session(engine) as session:
        return len(list_versions(session, limit=100))


def test_a_good_file_is_good_without_a_database(tmp_path: Path) -> None:
    done = CliRunner().invoke(policy, ["check", str(edited(tmp_path))])

    assert done.exit_code == 0, done.output
    assert "is good" in done.output


def test_mistakes_are_listed_for_people_and_for_scripts(tmp_path: Path) -> None:
    file = edited(tmp_path, after="login: {points: three,")

    plain, told = (CliRunner().invoke(policy, ["check", str(file), *more]) for more in ([], ["--json"]))

    assert (plain.exit_code, told.exit_code) == (1, 1)
    assert "policy.yaml:13:" in plain.output
    (mistake,) = json.loads(told.output)["mistakes"]
    assert mistake["path"] == "rules.login.points"


def test_a_change_is_shown_then_applied_then_nothing_is_left_to_do(run: Run, tmp_path: Path, engine: Engine) -> None:
    file = edited(tmp_path)

    shown = run("diff", file)
    applied, again = run("apply", file), run("apply", file)

    assert shown.exit_code == 1
    assert "~ rules: login: points: 2 → 3" in shown.output.splitlines()
    assert applied.output == "Version 2 is in force.\n"
    assert "nothing has changed" in again.output
    assert run("diff", file).exit_code == 0
    assert versions(engine) == 2


def test_a_later_version_is_announced_and_not_in_force(run: Run, tmp_path: Path, engine: Engine) -> None:
    begins = (now_utc() + timedelta(days=3)).isoformat()

    done = run("apply", edited(tmp_path), "--from", begins)

    assert done.exit_code == 0, done.output
    listed = json.loads(run("versions", "--json").output)
    assert (listed["in_force"], len(listed["versions"])) == (1, 2)
    with Session(engine) as session:
        later = version_in_force(session, now=now_utc() + timedelta(days=4))
    assert later is not None
    assert later.version == 2


@pytest.mark.parametrize("begins", ["2020-01-01T00:00:00+09:00", "2099-01-01", "soon"])
def test_a_time_that_cannot_be_meant_changes_nothing(run: Run, tmp_path: Path, engine: Engine, begins: str) -> None:
    assert run("apply", edited(tmp_path), "--from", begins).exit_code == 2
    assert versions(engine) == 1


def test_a_bad_file_changes_nothing(run: Run, tmp_path: Path, engine: Engine) -> None:
    done = run("apply", edited(tmp_path, after="login: {pionts: 3,"))

    assert done.exit_code == 2
    assert "did you mean points?" in done.output
    assert versions(engine) == 1


def test_what_is_shown_can_be_applied_again(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "shown.yaml"
    file.write_text(run("show").output)

    assert run("diff", file).exit_code == 0
    assert run("show", "--version", "9").exit_code == 2


def test_the_next_migration_does_not_take_back_what_was_applied(
    run: Run, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = edited(tmp_path)
    monkeypatch.setenv("POLICY_FILE", str(first))
    with Session(engine) as session:
        assert prepare(session, load_settings()) == 2
        session.commit()
    (tmp_path / "second").mkdir()
    assert run("apply", edited(tmp_path / "second", after="login: {points: 4,")).exit_code == 0

    with Session(engine) as session:
        assert prepare(session, load_settings()) is None


def test_a_bad_policy_file_stops_a_migration_in_words(
    run: Run, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run
    monkeypatch.setenv("POLICY_FILE", str(edited(tmp_path, after="login: {points: three,")))

    with Session(engine) as session, pytest.raises(OperatorError, match=r"policy.yaml:13:\d+: rules.login.points"):
        prepare(session, load_settings())

    assert versions(engine) == 1
