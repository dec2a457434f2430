"""The table of planted bugs leaves no promise out, names tests that are there, and is what the ledger's page says."""

from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.promises.planted import PLANTED

HERE = Path(__file__).parent
FILES = {int(file.stem.split("_")[1]): file.stem for file in HERE.glob("test_[0-9]*.py")}
PAGE = HERE.parents[1] / "docs" / "explanation" / "ledger.md"


def test_every_promise_has_its_file_and_a_bug_that_its_test_has_killed() -> None:
    assert sorted(FILES) == list(range(1, 11))
    bugs = Counter(bug.promise for bug in PLANTED)
    assert sorted(bugs) == list(range(1, 11))
    assert min(bugs.values()) >= 2


def test_each_killer_is_a_test_of_its_promise_which_runs_once_without_a_bug() -> None:
    for bug in PLANTED:
        test: Any = getattr(import_module(f"tests.promises.{FILES[bug.promise]}"), bug.killed_by)
        marks: list[pytest.Mark] = getattr(test, "pytestmark", [])
        assert "parametrize" not in {mark.name for mark in marks}, bug.killed_by


def test_the_page_tells_of_the_same_bugs_and_tests() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## Tests that can fail")[2].partition("\n## ")[0]

    told = [line for line in section.splitlines() if line.startswith("| ") and line[2].isdigit()]

    assert told == [f"| {bug.promise} | {bug.says} | `{bug.killed_by}` |" for bug in PLANTED]
