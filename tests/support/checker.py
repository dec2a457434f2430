"""The closing sentence of every fault test: the ledger is whole, and everything that rests on it agrees."""

from datetime import datetime

import redis
from sqlalchemy import Engine

from ledger.verify_slices import Finding
from rewards.ranking.seasons import Calendar
from rewards.runtime.database import snapshot
from rewards.verify import findings
from rewards.verify_ranking import ranking_findings
from tests.support.processes import wait_for
from tests.support.seasons import CALENDAR


def broken_rows(engine: Engine, *, now: datetime, calendar: Calendar = CALENDAR) -> list[Finding]:
    """What `rewards verify` would name in the database."""
    with snapshot(engine) as session:
        return list(findings(session, calendar=calendar, now=now))


def assert_whole(engine: Engine, *, now: datetime, client: redis.Redis | None = None) -> None:
    """Fail with the broken rows, if there are any; with a client, the ranking in Redis must come level too."""
    assert broken_rows(engine, now=now) == []

    def level() -> bool:
        assert client is not None
        with snapshot(engine) as session:
            return not list(ranking_findings(session, client, calendar=CALENDAR, now=now))

    if client is not None:
        wait_for(level, what="the ranking in Redis to equal the ledger")
