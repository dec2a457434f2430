"""The import contracts are kept, and each is proved able to fail by planting breaches in a copy."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ledger", "market", "rewards", "workers")
LINT = """
import sys
from importlinter.cli import lint_imports

sys.exit(lint_imports(config_filename="pyproject.toml", no_logo=True, limit_to_contracts=tuple(sys.argv[1:])))
"""
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
PLANTED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "floors": {
        "ledger.chain": ("market.tables", "rewards.tables"),
        "market.states": ("rewards.errors",),
        "rewards.errors": ("workers",),
    },
    "rooms": {
        "rewards.http.paths": ("rewards.api",),
        "rewards.members.levels": ("rewards.attendance.streaks",),
        "rewards.ranking.order": ("rewards.runtime.clock",),
        "rewards.errors": ("rewards.earning.rules",),
    },
    "floor-is-plain": {
        "ledger.chain": ("flask", "marshmallow"),
        "market.states": ("redis", "rq"),
    },
    "subjects-without-web": dict.fromkeys(CONTRACTS["subjects-without-web"]["source_modules"], ("flask",)),
    "pure": dict.fromkeys(CONTRACTS["pure"]["source_modules"], ("sqlalchemy", "redis")),
}


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", LINT, *contracts],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the code, in which breaches may be planted."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=lambda _folder, names: {name for name in names if "." in name and not name.endswith(".py")},
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def file_of(module: str, *, within: Path) -> Path:
    path = within.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def plant(module: str, *, imported: str, within: Path) -> None:
    with file_of(module, within=within).open("a") as file:
        file.write(f"\nimport {imported}\n")


def test_all_contracts_are_kept(copy: Path) -> None:
    linted = lint(copy)

    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_every_contract_has_its_breaches() -> None:
    assert {*PLANTED, "siblings"} == set(CONTRACTS)


@pytest.mark.parametrize("contract", PLANTED)
def test_planted_breaches_are_found(copy: Path, contract: str) -> None:
    for module, imports in PLANTED[contract].items():
        for imported in imports:
            plant(module, imported=imported, within=copy)

    linted = lint(copy, contract)

    assert linted.returncode == 1, linted.stdout + linted.stderr
    for module, imports in PLANTED[contract].items():
        for imported in imports:
            assert f"{module} -> {imported}" in linted.stdout, linted.stdout


def test_a_circle_of_siblings_is_found(copy: Path) -> None:
    plant("rewards.ranking.order", imported="rewards.members.levels", within=copy)
    plant("rewards.members.levels", imported="rewards.ranking.order", within=copy)

    linted = lint(copy, "siblings")

    assert linted.returncode == 1
    assert "No cycles are allowed in rewards." in linted.stdout


def test_a_newcomer_among_the_rooms_must_be_given_its_place(copy: Path) -> None:
    (copy / "rewards" / "newcomer.py").write_text("")

    linted = lint(copy, "rooms")

    assert linted.returncode == 1
    assert "newcomer" in linted.stdout
