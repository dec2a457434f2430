"""`.venv` is made from the lock file, once, and a half-made one is made anew."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder, with a space in its name, whose lock files ask for nothing."""
    copy = tmp_path / "a copy"
    (copy / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "environment.sh", copy / "tools")
    for name in ("requirements.lock", "requirements-dev.lock"):
        (copy / name).write_text("# nothing\n")
    return copy


def make_environment(
    folder: Path, *, lock: str = "requirements.lock", python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(folder / "tools" / "environment.sh"), lock],
        env={"PYTHON": python, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_an_environment_is_made_once_kept_up_to_date_and_made_anew_when_it_is_half_made(folder: Path) -> None:
    # One test, since making an environment takes seconds.
    made = make_environment(folder, lock="requirements-dev.lock")
    again = make_environment(folder, lock="requirements-dev.lock")
    for_service = make_environment(folder)
    (folder / "requirements-dev.lock").write_text("# something else\n")
    changed = make_environment(folder, lock="requirements-dev.lock")
    # As an interrupted installation leaves it.
    (folder / ".venv" / "installed-requirements-dev.lock").unlink()
    (folder / ".venv" / "half").touch()
    mended = make_environment(folder)
    # As when a file of a package was removed by mistake.
    next((folder / ".venv" / "lib").rglob("pip/__init__.py")).unlink()
    repaired = make_environment(folder)

    assert (made.returncode, changed.returncode, mended.returncode) == (0, 0, 0), made.stderr + mended.stderr
    assert made.stdout.splitlines() == ["Making .venv …", "Installing requirements-dev.lock …"]
    assert again.stdout == ""
    assert for_service.stdout == "", "what the tests need serves the service too"
    assert changed.stdout.splitlines() == ["Installing requirements-dev.lock …"]
    assert mended.stdout.splitlines() == ["Making .venv …", "Installing requirements.lock …"]
    assert repaired.stdout.splitlines() == ["Making .venv …", "Installing requirements.lock …"]
    assert not (folder / ".venv" / "half").exists()


def test_a_python_that_is_too_old_is_explained(folder: Path, tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    refused = make_environment(folder, python=str(old))

    assert refused.returncode == 1
    assert "Python 3.11 or newer is needed" in refused.stderr
