"""`rewards settle` and `rewards rebuild-leaderboards`: what they do, say, and exit with."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import redis
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from rewards.cli import cli
from rewards.ranking.season_rows import SeasonRow
from rewards.runtime.database import transaction
from rewards.runtime.servers.process import free_port
from rewards.settlement import open_past_week
from tests.support.ranking import Standing, give
from tests.support.seasons import CALENDAR, GRACE_S, open_week, prepare


@pytest.fixture
def week(engine: Engine, environment: dict[str, str]) -> SeasonRow:
    """The present week, open."""
    now = datetime.now(UTC)
    with transaction(engine) as session:
        prepare(session, now=now)
        return open_week(session, now=now)


def run(*arguments: str) -> Result:
    """Run `rewards` with arguments."""
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_nothing_is_due_in_the_middle_of_the_week(week: SeasonRow) -> None:
    result = run("settle")
    assert (result.exit_code, result.stdout) == (0, "Nothing is due.\n")


def test_a_past_week_is_opened_filled_and_settled(engine: Engine, week: SeasonRow) -> None:
    day = week.season_id - timedelta(days=11)
    season = day - timedelta(days=day.weekday())
    opened = run("settle", "--backfill", day.isoformat())
    assert opened.exit_code == 0
    assert f"rewards settle {season}" in opened.stdout
    assert run("settle", "--backfill", day.isoformat()).stdout == f"Season {season} was opened before.\n"
    with transaction(engine) as session:
        at = CALENDAR.day_start(day)
        give(session, [Standing("mina", 5, at)], leaderboard="season", period=season, now=at)
    assert run("settle", day.isoformat()).stdout == f"Season {season} is final: 1 prize in the staff's queue.\n"
    again = json.loads(run("settle", season.isoformat(), "--json").stdout)
    assert again == [{"season_id": season.isoformat(), "state": "final", "moved": False, "prizes": 0}]


@pytest.mark.parametrize("days,says", [(0, "ends at"), (-700, "--backfill")], ids=["not over", "unknown"])
def test_what_is_not_possible_exits_1_with_a_sentence(week: SeasonRow, days: int, says: str) -> None:
    result = run("settle", (week.season_id + timedelta(days=days)).isoformat())
    assert result.exit_code == 1
    assert says in result.stderr
    assert result.stdout == ""


def test_a_week_that_opens_by_itself_is_not_backfilled(week: SeasonRow) -> None:
    result = run("settle", "--backfill", week.season_id.isoformat())
    assert result.exit_code == 1
    assert "opens and settles by itself" in result.stderr


def test_only_a_provisional_standing_is_made_final(week: SeasonRow) -> None:
    result = run("settle", week.season_id.isoformat(), "--final")
    assert result.exit_code == 1
    assert "provisional" in result.stderr


@pytest.mark.parametrize("arguments", [["yesterday"], ["--final"], ["2026-01-05", "--backfill", "2026-01-05"]])
def test_wrong_use_exits_2(week: SeasonRow, arguments: list[str]) -> None:
    assert run("settle", *arguments).exit_code == 2


def test_the_ranking_is_rebuilt(engine: Engine, redis_client: redis.Redis, week: SeasonRow) -> None:
    with transaction(engine) as session:
        standings = [Standing(f"m{number}", number + 1, week.starts_at) for number in range(5)]
        give(session, standings, leaderboard="season", period=week.season_id, now=datetime.now(UTC))
    result = run("rebuild-leaderboards")
    assert result.exit_code == 0
    assert result.stdout.startswith("The ranking is rebuilt: 5 rows in ")
    assert redis_client.get("ranking:current") is not None


def test_without_redis_the_rebuild_says_that_nothing_is_lost(week: SeasonRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://:secret@127.0.0.1:{free_port()}/0")
    result = run("rebuild-leaderboards")
    assert result.exit_code == 1
    assert "Nothing is lost" in result.stderr
    assert "secret" not in result.output


def test_weeks_never_overlap_when_the_reset_was_another(engine: Engine, week: SeasonRow) -> None:
    """A past week that was opened under one SEASON_RESET is found again under the next."""
    thursday = type(CALENDAR)(CALENDAR.timezone, reset_weekday=3)
    day = week.season_id - timedelta(days=30)
    now = datetime.now(UTC)
    with transaction(engine) as session:
        how = {"grace_s": GRACE_S, "prizes": [], "now": now}
        first, opened = open_past_week(session, day, calendar=CALENDAR, **how)
        second, again = open_past_week(session, day, calendar=thursday, **how)
    assert opened
    assert not again
    assert first == second
