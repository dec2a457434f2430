"""Runs a test again for each bug that it kills, where it must fail; and on Debian's PostgreSQL, where it must not."""

from collections.abc import Generator, Iterator

import pytest

from tests.promises.planted import PLANTED, Bug, Rows, Schema
from tests.support.database import Database, copied_database
from tests.support.servers import DEBIAN_15, Servers

DEBIAN = "debian_15"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run as the test is, one for each bug, and one on the other PostgreSQL if the test is marked and needs one."""
    bugs = [bug for bug in PLANTED if bug.killed_by == metafunc.function.__name__]
    names = [pytest.HIDDEN_PARAM, *(bug.says for bug in bugs)]
    if metafunc.definition.get_closest_marker("every_postgres") and "database" in metafunc.fixturenames:
        runs = [(None, None), *((bug, None) for bug in bugs), (None, DEBIAN)]
        metafunc.parametrize(("planted", "database"), runs, ids=[*names, "PostgreSQL 15"], indirect=True)
    elif bugs:
        metafunc.parametrize("planted", [None, *bugs], ids=names, indirect=True)


@pytest.fixture(scope="session")
def debian_15(servers: Servers, worker_number: int) -> Iterator[Servers]:
    """A cluster of Debian's PostgreSQL, migrated, beside the run's own."""
    if not (DEBIAN_15 / "initdb").exists():
        pytest.fail("The programs of PostgreSQL 15 are missing: `make postgres15` installs them, or says how.")
    other = Servers(servers.directory / f"{DEBIAN}_{worker_number}", binaries=DEBIAN_15)
    other.start()
    yield other
    other.stop()


@pytest.fixture
def database(request: pytest.FixtureRequest, servers: Servers, worker_number: int) -> Iterator[Database]:
    """A database of the test's own, on the cluster that this run is for."""
    cluster = getattr(request, "param", None)
    with copied_database(request.getfixturevalue(cluster) if cluster else servers, worker=str(worker_number)) as copied:
        yield copied


@pytest.fixture(autouse=True)
def planted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bug | None:
    """The bug that this run must die of, planted before anything happens; bugs in the rows are left to the test."""
    bug: Bug | None = getattr(request, "param", None)
    if bug is None or isinstance(bug.plant, Rows):
        return bug
    if isinstance(bug.plant, Schema):
        request.getfixturevalue("superuser").execute(bug.plant.statement)
    else:
        bug.plant(monkeypatch)
    return bug


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Turn the outcome round where a bug was planted: only a failed assertion is what was wanted."""
    bug = pyfuncitem.callspec.params.get("planted") if hasattr(pyfuncitem, "callspec") else None
    if not isinstance(bug, Bug):
        return (yield)
    try:
        yield
    except (AssertionError, pytest.fail.Exception):
        return True
    return pytest.fail(f"{bug.killed_by} does not notice: {bug.says}.")
