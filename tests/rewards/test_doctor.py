"""`rewards doctor` says what is wrong and what to do; each illness is planted."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import redis
from click.testing import CliRunner
from sqlalchemy import Engine

from ledger.outbox import Notice, emit
from rewards.commands.context import Context, calendar_of
from rewards.commands.doctor import doctor
from rewards.commands.examination import Finding, examine, looks_weak
from rewards.ranking.keys import LIVE
from rewards.ranking.projection import project
from rewards.ranking.season_rows import ensure_current
from rewards.runtime.database import create_engine_from, snapshot, transaction
from rewards.runtime.settings import Settings
from tests.support.database import Database
from tests.support.live import prepared

NOBODY_LISTENS = 9
"""The discard port, which needs root to listen on and which nothing of ours does."""


@pytest.fixture
def context(engine: Engine, settings: Settings, redis_client: redis.Redis) -> Context:
    """A service that is prepared and whose ranking somebody vouches for, for as long as the test takes."""
    prepared(engine, settings)
    with snapshot(engine) as session:
        project(session, redis_client, now=datetime.now(UTC))
        project(session, redis_client, now=datetime.now(UTC))
    redis_client.persist(LIVE)
    return Context(settings=settings, engine=engine, calendar=calendar_of(settings))


def found(context: Context, about: str) -> list[Finding]:
    """What is wrong with one thing."""
    return [finding for finding in examine(context) if finding.about == about and finding.level != "ok"]


def test_nothing_is_wrong_with_a_prepared_service(context: Context) -> None:
    # given
    expected = {("workers", "warning"), ("access", "warning"), ("durability", "error")}
    """No worker runs in this test, there is no staff, and test servers go without fsync."""

    # when
    wrong = {(finding.about, finding.level) for finding in examine(context) if finding.level != "ok"}

    # then
    assert wrong == expected


def test_a_trigger_that_somebody_disabled_is_named(context: Context, superuser: psycopg.Connection[Any]) -> None:
    # given
    superuser.execute("alter table entry disable trigger entry_append_only")

    # when
    (finding,) = found(context, "protection")

    # then
    assert finding.level == "error"
    assert "entry" in finding.says


def test_a_superuser_as_the_service_is_an_error(context: Context, database: Database) -> None:
    # given
    engine = create_engine_from(database.admin_url)

    # when
    findings = list(examine(replace(context, engine=engine)))

    # then
    engine.dispose()
    assert [finding.level for finding in findings if finding.about == "roles"] == ["error"]
    assert [finding.level for finding in findings if finding.about == "protection"] == ["ok", "warning"]


def test_a_week_that_nobody_settled_is_an_error(context: Context) -> None:
    # given: a season that ended days ago
    then = datetime.now(UTC) - timedelta(days=14)
    bounds = context.calendar.first_season(then)
    with transaction(context.engine) as session:
        ensure_current(session, calendar=context.calendar, now=bounds.starts_at, grace_s=600, prizes=())

    # when
    (finding,) = found(context, "seasons")

    # then
    assert finding.level == "error"
    assert "rewards settle" in finding.todo


def test_a_transaction_left_open_is_named_with_how_to_end_it(
    context: Context, superuser: psycopg.Connection[Any]
) -> None:
    # given
    superuser.autocommit = False
    pid = superuser.execute("select pg_backend_pid(), pg_current_xact_id()").fetchone()
    assert pid is not None
    with transaction(context.engine) as session:
        emit(session, [Notice("season", None, {})], now=datetime.now(UTC))
    later = replace(context, clock=lambda: datetime.now(UTC) + timedelta(minutes=5))

    # when
    findings = found(later, "horizon")

    # then: others may have transactions open on the same server
    superuser.rollback()
    (ours,) = [finding for finding in findings if f"(process {pid[0]} " in finding.says]
    assert f"pg_terminate_backend({pid[0]})" in ours.todo


def test_redis_away_is_a_warning_since_everything_works(context: Context) -> None:
    # given
    away = replace(context, settings=replace(context.settings, redis_url=f"redis://127.0.0.1:{NOBODY_LISTENS}/0"))

    # when
    (finding,) = found(away, "redis")

    # then
    assert finding.level == "warning"


@pytest.mark.parametrize("secret", ["a" * 64, "please-change-me-please-change-me-0123456789", "0123450123450123450123"])
def test_a_secret_that_can_be_guessed_looks_weak(secret: str) -> None:
    assert looks_weak(secret)


def test_the_command_answers_json_and_fails_where_the_database_is_away(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@127.0.0.1:{NOBODY_LISTENS}/nothing")

    # when
    result = CliRunner().invoke(doctor, ["--json"])

    # then
    assert result.exit_code == 1
    findings = json.loads(result.stdout)
    assert {"about": "database", "level": "error"}.items() <= findings[0].items()
    assert "DATABASE_URL" in findings[0]["todo"]
