"""What the command says, and what it exits with."""

import json
import threading
from collections.abc import Callable

import pytest
import redis
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from rewards.commands.verify import verify
from rewards.ranking.keys import LIVE
from rewards.ranking.projection import project
from rewards.runtime.clock import now_utc
from rewards.runtime.database import snapshot
from rewards.verify_queries import OF_ACCOUNTS
from tests.verify.conftest import Tamper

Run = Callable[..., Result]
RAISE_ALL = "update leaderboard_points set points = points + 1000 where leaderboard = 'all-time'"
NOBODY_LISTENS = 9
"""The discard port, which needs root to listen on and which nothing of ours does."""


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Runs the command on the test's database."""
    assert environment["DATABASE_URL"]
    return lambda *arguments: CliRunner().invoke(verify, list(arguments))


def test_a_clean_database_is_said_to_be_well_with_exit_code_0(run: Run) -> None:
    told = run()

    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("All is well: ")


def test_a_ranking_that_nobody_vouches_for_is_said_not_to_have_been_compared(run: Run) -> None:
    # when
    told, listed = run(), json.loads(run("--json").stdout)

    # then
    assert "The ranking in Redis was not compared" in told.stdout
    assert listed["ranking_compared"] is False


def test_a_ranking_that_somebody_vouches_for_is_compared(run: Run, engine: Engine, redis_client: redis.Redis) -> None:
    # given
    for _ in range(2):
        with snapshot(engine) as session:
            project(session, redis_client, now=now_utc())
    redis_client.persist(LIVE)

    # when
    told, listed = run(), json.loads(run("--json").stdout)

    # then
    assert told.exit_code == 0, told.output
    assert "not compared" not in told.stdout
    assert listed["ranking_compared"] is True


def test_a_ranking_that_stays_wrong_is_a_finding(
    run: Run, tamper: Tamper, engine: Engine, redis_client: redis.Redis
) -> None:
    # given
    for _ in range(2):
        with snapshot(engine) as session:
            project(session, redis_client, now=now_utc())
    redis_client.persist(LIVE)
    tamper(RAISE_ALL)

    # when
    listed = json.loads(run("--json").stdout)

    # then
    assert listed["ranking_compared"] is True
    assert any("Redis has account" in finding["says"] for finding in listed["findings"])


def test_a_ranking_that_changes_at_each_look_is_not_a_finding(
    run: Run, tamper: Tamper, engine: Engine, redis_client: redis.Redis
) -> None:
    # given
    for _ in range(2):
        with snapshot(engine) as session:
            project(session, redis_client, now=now_utc())
    redis_client.persist(LIVE)
    ended = threading.Event()

    def keep_writing() -> None:
        while not ended.wait(0.3):
            tamper(RAISE_ALL)

    tamper(RAISE_ALL)
    writer = threading.Thread(target=keep_writing)
    writer.start()

    # when
    try:
        listed = json.loads(run("--json").stdout)
    finally:
        ended.set()
        writer.join()

    # then
    assert listed["ranking_compared"] is False
    assert not any("Redis has account" in finding["says"] for finding in listed["findings"])


def test_the_first_broken_row_is_said_first_with_exit_code_1(run: Run, tamper: Tamper) -> None:
    # given
    tamper(
        "update entry set points = points + 1 where seq = 2 and kind = 'award'", "update attendance_day set members = 9"
    )

    # when
    told = run()

    # then
    assert told.exit_code == 1
    assert told.stdout.startswith("balances: account ")
    assert " entry 2: balance_after is " in told.stdout.splitlines()[0]
    assert "attendance: attendance of " in told.stdout


def test_as_json_the_same_is_an_object(run: Run, tamper: Tamper) -> None:
    # given
    clean = json.loads(run("--json").stdout)
    tamper("update account set held = held + 1")

    # when
    told = run("--json")

    # then
    assert clean["findings"] == []
    assert clean["rows"] > 20
    assert told.exit_code == 1
    assert {finding["check"] for finding in json.loads(told.stdout)["findings"]} == {"held", "market"}


def test_what_could_not_run_has_exit_code_2_and_says_nothing_of_the_ledger(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    monkeypatch.setenv("DATABASE_URL", f"postgresql://rewards_service:none@127.0.0.1:{NOBODY_LISTENS}/nowhere")

    # when
    told = run()

    # then
    assert told.exit_code == 2
    assert told.stdout == ""
    assert "nothing was checked" in told.stderr


def test_a_row_that_a_check_cannot_read_hides_no_finding(run: Run, tamper: Tamper) -> None:
    # given: a check-in's decision whose id names no day, and a changed amount
    assert tamper(
        "update event set event_id = 'no day'"
        " where ctid = (select ctid from event where source = 'attendance' limit 1)",
        "update entry set points = points + 1 where ctid = (select ctid from entry where kind = 'award' limit 1)",
    )

    # when
    result = run("--json")

    # then
    assert result.exit_code == 1, result.output
    found = json.loads(result.stdout)["findings"]
    assert {"balances", "heads", "check-ins"} <= {finding["check"] for finding in found}, found
    assert any("no day" in finding["where"] for finding in found if finding["check"] == "check-ins")


def test_what_was_found_stands_though_the_rest_could_not_run(
    run: Run, tamper: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: a changed amount, and a check after the ledger's own that the database refuses
    assert tamper("update entry set points = points + 1 where ctid = (select ctid from entry limit 1)")
    monkeypatch.setitem(OF_ACCOUNTS, "seasons", ("{}", "select 1 / 0"))

    # when
    result = run("--json")

    # then
    assert result.exit_code == 1, result.output
    found = [finding["check"] for finding in json.loads(result.stdout)["findings"]]
    assert "balances" in found
    assert found[-1] == "verify"
