"""Line 12: a transaction left open while others commit, here and in another database of the cluster."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ledger.outbox import Position, read_after
from rewards.earning.record import record
from rewards.policy.load import policy_in_force
from rewards.ranking.read import top
from rewards.ranking.season_rows import SeasonRow
from rewards.runtime.database import transaction
from tests.support.checker import assert_whole
from tests.support.database import copied_database
from tests.support.factories import make_event
from tests.support.processes import wait_for
from tests.support.ranking import as_shown
from tests.support.seasons import CALENDAR, GRACE_S, open_week, prepare
from tests.support.servers import Servers
from tests.support.town import scheduler

BEGINNING = Position(0, "0", 0)
LIKES = 19


@pytest.fixture
def week(engine: Engine, environment: dict[str, str], tmp_path: Path) -> Iterator[SeasonRow]:
    """The present week, with the scheduler running."""
    now = datetime.now(UTC)
    with transaction(engine) as session:
        prepare(session, now=now)
        row = open_week(session, now=now)
    with scheduler(environment, tmp_path):
        yield row


def earn(session: Session, event_type: str, member_id: str) -> None:
    """Give a member points of the present week: 100 for joining, 5 for a like."""
    now = datetime.now(UTC)
    terms = policy_in_force(session, now=now).terms(calendar=CALENDAR, grace_s=GRACE_S)
    record(session, [make_event(event_type, member_id, at=now)], terms=terms, now=now)


def in_redis(engine: Engine, client: redis.Redis, week: SeasonRow) -> list[tuple[int, str | None, int]] | None:
    """The week as Redis has it, None while nobody vouches for it."""
    if client.get("ranking:live") is None or client.get("ranking:live") != client.get("ranking:current"):
        return None
    with Session(engine) as session:
        now = datetime.now(UTC)
        return as_shown(top(session, client, leaderboard="season", period=week.season_id, limit=9, now=now))


def test_the_ranking_goes_on_and_nothing_is_skipped(
    engine: Engine, redis_client: redis.Redis, servers: Servers, week: SeasonRow
) -> None:
    with copied_database(servers, worker="elsewhere") as elsewhere, psycopg.connect(elsewhere.admin_url) as foreign:
        # given: one that holds the horizon back from another database, one that has written points here
        foreign.execute("select pg_current_xact_id()")
        with Session(engine) as slow:
            earn(slow, "member.joined", "slow")
            # when: others commit
            for _ in range(LIKES):
                with transaction(engine) as session:
                    earn(session, "like.received", "mina")
            # then: shown at once, though none of them is settled
            wait_for(lambda: in_redis(engine, redis_client, week) == [(1, "mina", 5 * LIKES)], what="the ranking")
            with Session(engine) as session:
                rows = read_after(session, BEGINNING, topics="points", limit=100)
            assert len(rows) == LIKES
            assert not any(row.settled for row in rows)
            slow.commit()
        # and the one that was open longest is not skipped, whose notice lies before all of theirs
        expected = [(1, "slow", 100), (2, "mina", 5 * LIKES)]
        wait_for(lambda: in_redis(engine, redis_client, week) == expected, what="the late points")
        foreign.rollback()
    with Session(engine) as session:
        wait_for(lambda: _all_settled(session), what="the horizon")
    assert_whole(engine, now=datetime.now(UTC), client=redis_client)


def _all_settled(session: Session) -> bool:
    session.rollback()
    rows = read_after(session, BEGINNING, topics="points", limit=100)
    return len(rows) == LIKES + 1 and all(row.settled for row in rows)
