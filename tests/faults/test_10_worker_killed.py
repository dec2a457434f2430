"""Line 10: a worker is killed (`-9`) at each step of settlement. The step is done once in the end."""

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from rewards.earning.record import record
from rewards.policy.load import policy_in_force
from rewards.ranking.season_rows import SeasonRow, read_season
from rewards.ranking.standings import winners_of
from rewards.runtime.database import transaction
from tests.support.checker import assert_whole
from tests.support.clock import START
from tests.support.database import Database
from tests.support.factories import make_event
from tests.support.processes import ServiceProcess, wait_for
from tests.support.seasons import CALENDAR, GRACE_S, open_week, prepare
from tests.support.town import scheduler, worker
from workers.due import Due
from workers.queue import enqueue

WRITTEN = text(
    "select (select count(*) from standing) + (select count(*) from prize) + (select count(*) from redemption)"
    " + (select count(*) from season_history where state <> 'open')"
)
STEPS = ("season", "season_history", "standing", "redemption", "prize", "outbox")
"""Tables in the order in which settlement first writes to them, but for `outbox`, which it writes to throughout."""
WAITS = "select exists (select from pg_locks where not granted and relation = %s::regclass)"


@pytest.fixture
def week(engine: Engine) -> SeasonRow:
    """A week of long ago that nobody has settled."""
    with transaction(engine) as session:
        prepare(session, now=START)
        row = open_week(session, now=START)
        terms = policy_in_force(session, now=START).terms(calendar=CALENDAR, grace_s=GRACE_S)
        likes = [(f"member-{number}", f"post:{number}{like}") for number in range(1, 9) for like in range(number)]
        record(
            session,
            [make_event("like.received", member_id, subject=subject) for member_id, subject in likes],
            terms=terms,
            now=START,
        )
    return row


def test_killed_at_each_step_it_is_done_once_in_the_end(
    engine: Engine,
    database: Database,
    redis_client: redis.Redis,
    environment: dict[str, str],
    tmp_path: Path,
    week: SeasonRow,
) -> None:
    for number, table in enumerate(STEPS, start=10):
        redis_client.flushdb()
        with worker(environment, tmp_path, number=number) as doomed:
            _kill_at(table, doomed, database=database, client=redis_client, week=week)
        wait_for(lambda: _is_alone(engine), what="the end of its transaction")
        with Session(engine) as session:
            assert session.execute(WRITTEN).scalar_one() == 0

    with scheduler(environment, tmp_path), worker(environment, tmp_path):
        wait_for(lambda: _state(engine, week) == "final", timeout_s=60, what="settlement")

    with Session(engine) as session:
        winners = winners_of(session, [week.season_id])
        assert [winner.member_id for winner in winners] == ["member-8", "member-7", "member-6"]
        assert session.execute(text("select count(*) from redemption")).scalar_one() == 3
    assert_whole(engine, now=datetime.now(UTC))


def _kill_at(table: str, doomed: ServiceProcess, *, database: Database, client: redis.Redis, week: SeasonRow) -> None:
    """Let a worker come as far as writing to the table, and kill it while it waits there."""
    with psycopg.connect(database.admin_url) as gate, psycopg.connect(database.admin_url, autocommit=True) as watcher:
        gate.execute(sql.SQL("lock table {} in share mode").format(sql.Identifier(table)))
        enqueue(client, Due("settle-season", week.season_id.isoformat()))
        wait_for(lambda: _waits_for(table, watcher), what=f"waiting for {table}")
        doomed.kill()


def _waits_for(table: str, watcher: psycopg.Connection) -> bool:
    row = watcher.execute(WAITS, [table]).fetchone()
    return row is not None and row[0]


def _is_alone(engine: Engine) -> bool:
    with Session(engine) as session:
        query = text(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and application_name = 'rewards job'"
        )
        return session.execute(query).scalar_one() == 0


def _state(engine: Engine, week: SeasonRow) -> str:
    with Session(engine) as session:
        row = read_season(session, week.season_id)
        assert row is not None
        return row.state
