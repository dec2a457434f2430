"""Functions and files stay short: an alarm for a smell, not a goal."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("ledger", "market", "rewards", "workers")
FUNCTION_LINES_MAX = 70
FUNCTION_LINES_OF_MOST = 36
MOST = 0.9
MEDIAN_LINES_MAX = 12
FILE_LINES_MAX = 400
TEST_FILE_LINES_MAX = 500


@dataclass(frozen=True, slots=True)
class Function:
    """A function and how many lines it has."""

    name: str
    lines: int


def functions_in(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield Function(f"{path.name}:{node.name}", node.end_lineno - node.lineno + 1)


def files_of(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def too_long(functions: list[Function]) -> list[Function]:
    return [function for function in functions if function.lines > FUNCTION_LINES_MAX]


def longer_than(limit: int, files: list[Path]) -> dict[str, int]:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    return {path: lines for path, lines in lengths.items() if lines > limit}


@pytest.fixture(scope="module")
def functions() -> list[Function]:
    return [function for path in files_of(*CODE) for function in functions_in(path)]


def test_no_function_is_over_70_lines(functions: list[Function]) -> None:
    assert too_long(functions) == []


def test_ninety_in_a_hundred_functions_are_under_36_lines(functions: list[Function]) -> None:
    short = [function for function in functions if function.lines < FUNCTION_LINES_OF_MOST]

    assert len(short) / len(functions) >= MOST


def test_the_median_function_is_short(functions: list[Function]) -> None:
    assert median(function.lines for function in functions) <= MEDIAN_LINES_MAX


def test_no_file_is_over_400_lines_nor_a_test_over_500() -> None:
    assert longer_than(FILE_LINES_MAX, files_of(*CODE, "tools")) == {}
    assert longer_than(TEST_FILE_LINES_MAX, files_of("tests")) == {}


def test_a_long_function_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("def long():\n" + "    pass\n" * FUNCTION_LINES_MAX)

    assert [function.name for function in too_long(list(functions_in(path)))] == ["long.py:long"]
