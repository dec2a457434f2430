"""Removes all that make, the service and the tools have made in this folder; refuses while the service runs here."""

import fcntl
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MADE = (
    ".venv",
    "var",
    "build",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    ".import_linter_cache",
    ".coverage",
    "htmlcov",
    "mutants",
    "test-results",
)


def main() -> None:
    """Remove it."""
    lock = ROOT / "var" / "lock"
    if lock.exists():
        with lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                sys.exit(
                    f"The service runs here ({lock.read_text().strip()}): end it first, with Ctrl-C where it runs."
                )
    for name in MADE:
        path = ROOT / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for cache in [*ROOT.rglob("__pycache__"), *ROOT.glob("*.egg-info")]:
        shutil.rmtree(cache, ignore_errors=True)


main()
