"""What no file of the project may say, and which exceptions must give their reason."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".sh",
    ".html",
    ".css",
    ".js",
    ".sql",
    ".json",
    ".cfg",
    ".lock",
    ".po",
    "",
}

# A class of one letter, so that this file doesn't say the words itself.
BANNED = {
    "a place that packages come from": re.compile(
        r"py[p]i\.org|python[h]osted|np[m]js\.(?:org|com)|deb\.[d]ebian\.org"
    ),
    "a path of one machine": re.compile(r"(?<![\w.])/(?:wor[k]|roo[t]|hom[e])/\w"),
    "a folder beside the project": re.compile(r"\.\./share[d]|\bshare[d]/(?:design|data|cases)"),
    "work left for later": re.compile(r"\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b"),
}
EXCEPTIONS = re.compile(r"#\s*(?:noqa|type:\s*ignore|pyright:\s*ignore|pragma)\b(?P<rest>.*)")
WITH_REASON = re.compile(r"(?:: ?[A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*|\[[A-Za-z, -]+\])\s*(?:--|\(|#|—)\s*\S.*")
BANNED_FOLDERS = {"utils", "common", "helpers", "kernel", "base", "manager"}


def tracked() -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file():
            yield path


def texts() -> Iterator[Path]:
    return (path for path in tracked() if path.suffix in TEXT and "vendor" not in path.parts)


def found(text: str, pattern: re.Pattern[str]) -> list[str]:
    return [match[0] for match in pattern.finditer(text)]


def without_reason(text: str) -> list[str]:
    return [match[0] for match in EXCEPTIONS.finditer(text) if not WITH_REASON.match(match["rest"])]


@pytest.mark.parametrize("what", BANNED)
def test_no_file_says_it(what: str) -> None:
    pattern = BANNED[what]

    said = {str(path.relative_to(ROOT)): found(path.read_text(), pattern) for path in texts()}

    assert {path: words for path, words in said.items() if words} == {}


def test_every_exception_from_a_check_gives_its_reason() -> None:
    bare = {str(path.relative_to(ROOT)): without_reason(path.read_text()) for path in texts() if path.suffix == ".py"}

    assert {path: lines for path, lines in bare.items() if lines} == {}


def test_no_folder_or_module_is_named_for_nothing() -> None:
    named = {path: {*path.relative_to(ROOT).parts, path.stem} for path in tracked() if path.suffix == ".py"}

    assert [path for path, names in named.items() if BANNED_FOLDERS & names] == []


@pytest.mark.parametrize(
    "what,pieces",
    [
        ("a place that packages come from", ("https://py", "pi.org/simple")),
        ("a path of one machine", ("see /wo", "rk/main/file")),
        ("a folder beside the project", ("../sha", "red/design")),
        ("work left for later", ("# TO", "DO: later")),
    ],
)
def test_what_is_banned_is_noticed(what: str, pieces: tuple[str, str]) -> None:
    assert found("".join(pieces), BANNED[what])


@pytest.mark.parametrize("mark", ["noqa", "noqa: S101", "type: ignore", "pyright: ignore[reportAny]"])
def test_an_exception_without_a_reason_is_noticed(mark: str) -> None:
    assert without_reason(f"x = 1  # {mark}\n")
    assert not without_reason("x = 1  # noqa: S101 -- it cannot happen\n")
