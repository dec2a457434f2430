"""The lock files fit pyproject.toml, and name no place that packages come from."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
GROUP_OF_LOCK = {"requirements.lock": "servers", "requirements-dev.lock": "dev"}


def pinned(lock: str) -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock, re.MULTILINE):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


def wanted(project: dict[str, Any], group: str) -> Iterator[Requirement]:
    yield from map(Requirement, project["project"]["dependencies"])
    yield from in_group(project, group)


def in_group(project: dict[str, Any], group: str) -> Iterator[Requirement]:
    for entry in project["dependency-groups"][group]:
        if isinstance(entry, str):
            yield Requirement(entry)
        else:
            yield from in_group(project, entry["include-group"])


def unmet(lock: str, requirements: Iterator[Requirement]) -> list[str]:
    versions = pinned(lock)
    return [
        str(requirement)
        for requirement in requirements
        if not any(
            requirement.specifier.contains(version, prereleases=True)
            for version in versions.get(canonicalize_name(requirement.name), set())
        )
    ]


@pytest.mark.parametrize("name", GROUP_OF_LOCK)
def test_a_lock_meets_all_that_the_project_asks_for(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert unmet((ROOT / name).read_text(), wanted(project, GROUP_OF_LOCK[name])) == []


@pytest.mark.parametrize("name", GROUP_OF_LOCK)
def test_a_lock_names_no_place_and_pins_by_hash(name: str) -> None:
    lock = (ROOT / name).read_text()

    assert re.findall(r".*://.*|^--(?:index|extra|find).*", lock, re.MULTILINE) == []
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[A-Za-z0-9])", lock.strip()))


def test_what_the_service_runs_with_is_what_was_tested() -> None:
    service, tested = (pinned((ROOT / name).read_text()) for name in GROUP_OF_LOCK)

    assert {name: versions for name, versions in service.items() if tested.get(name) != versions} == {}


def test_a_lock_that_lacks_something_or_is_too_old_is_noticed() -> None:
    lock = "flask==3.1.3 \\\n    --hash=sha256:00\n"

    assert unmet(lock, iter([Requirement("flask>=3.2"), Requirement("rq>=3"), Requirement("Flask>=3")])) == [
        "flask>=3.2",
        "rq>=3",
    ]
