"""Line 11: the clock passes the reset. One settlement, three prizes, no point after the standing."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ledger.errors import DecidedMeanwhile, SubjectMoved
from rewards.earning.record import record
from rewards.policy.load import policy_in_force
from rewards.ranking.season_rows import SeasonRow, read_season
from rewards.ranking.seasons import Calendar
from rewards.ranking.standings import hash_of, standing_rows, winners_of
from rewards.runtime.database import transaction
from tests.support.calendar import SEOUL
from tests.support.checker import broken_rows
from tests.support.factories import make_event
from tests.support.processes import ServiceProcess, wait_for
from tests.support.seasons import prepare
from tests.support.town import scheduler, worker

LASTS_S = 6.0
GRACE_S = 3
WRITERS = 6
PATIENCE_S = 60
CALENDAR = Calendar(SEOUL)

_OPEN = text(
    "insert into season (season_id, starts_at, ends_at, grace_s, origin, prizes, state)"
    " values (:season_id, :starts_at, :ends_at, :grace_s, 'live', cast(:prizes as jsonb), 'open')"
)
_HISTORY = text(
    "insert into season_history (season_id, state, actor, recorded_at) values (:season_id, 'open', 'system', :now)"
)
_COUNTED = text(
    "select m.member_id, sum(e.points) as points from entry e join member m using (account_id)"
    " where e.season = :season group by 1"
)
_STOOD = text(
    "select m.member_id, s.points from standing s join member m using (account_id) where s.season_id = :season"
)
_LATEST = text("select max(recorded_at) from entry where season = :season")


@pytest.fixture
def week(engine: Engine) -> SeasonRow:
    """A week that began seven days ago and ends in a few seconds: bounds hold as they were stored."""
    now = datetime.now(UTC)
    with transaction(engine) as session:
        prepare(session, now=now)
        ends_at = now + timedelta(seconds=LASTS_S)
        starts_at = ends_at - timedelta(days=7)
        prizes = session.execute(text("select document -> 'policy' -> 'prizes' from policy")).scalar_one()
        bounds = {"season_id": CALENDAR.day_of(starts_at), "starts_at": starts_at, "ends_at": ends_at}
        session.execute(_OPEN, {**bounds, "grace_s": GRACE_S, "prizes": json.dumps(prizes)})
        session.execute(_HISTORY, {**bounds, "now": starts_at})
        row = read_season(session, bounds["season_id"])
    assert row is not None
    return row


@pytest.fixture
def processes(environment: dict[str, str], tmp_path: Path) -> Iterator[Sequence[ServiceProcess]]:
    """Two schedulers and five workers, all running."""
    with ExitStack() as running:
        started = [
            *(running.enter_context(scheduler(environment, tmp_path, number=number)) for number in (1, 2)),
            *(running.enter_context(worker(environment, tmp_path, number=number)) for number in range(1, 6)),
        ]
        wait_for(lambda: all(".started" in process.said() for process in started), timeout_s=60, what="the start")
        yield started


class Writers:
    """Members who earn all the time, some of them slowly: in transactions that are open when the week ends."""

    def __init__(self, engine: Engine, *, until: datetime) -> None:
        self.engine = engine
        self.until = until
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self.threads:
            thread.join()

    def _write(self, number: int) -> None:
        sent = 0
        while datetime.now(UTC) < self.until:
            sent += 1
            self._earn(f"writer-{number}-{sent % 7}", f"event-{number}-{sent}", slow=sent % 3 == 0)

    def _earn(self, member_id: str, event_id: str, *, slow: bool) -> None:
        now = datetime.now(UTC)
        event = make_event("like.received", member_id, event_id=event_id, subject=event_id, at=now)
        try:
            with transaction(self.engine) as session:
                policy = policy_in_force(session, now=now)
                record(session, [event], terms=policy.terms(calendar=CALENDAR, grace_s=GRACE_S), now=now)
                if slow:  # to be in the middle of its transaction when the season ends; nothing waits for this to pass
                    time.sleep(0.8)
        except (DecidedMeanwhile, SubjectMoved, OperationalError):
            return


def is_final(engine: Engine, week: SeasonRow) -> bool:
    """Whether the week has been settled."""
    with Session(engine) as session:
        row = read_season(session, week.season_id)
        return row is not None and row.state == "final"


def assert_settled_once(engine: Engine, week: SeasonRow, *, winners: int) -> None:
    """One of each state, as many prizes as promised, and a standing that is all that was ever counted in the week."""
    with Session(engine) as session:
        parameters = {"season": week.season_id}
        states = session.scalars(
            text("select state from season_history where season_id = :season order by state"), parameters
        )
        assert list(states) == ["closing", "final", "open", "provisional"]
        assert [winner.place for winner in winners_of(session, [week.season_id])] == list(range(1, winners + 1))
        assert session.execute(text("select count(*) from redemption")).scalar_one() == winners
        counted = {row.member_id: int(row.points) for row in session.execute(_COUNTED, parameters)}
        stood = {row.member_id: row.points for row in session.execute(_STOOD, parameters)}
        assert stood == {member_id: points for member_id, points in counted.items() if points > 0}
        row = read_season(session, week.season_id)
        assert row is not None
        assert row.standings_hash == hash_of(week.season_id, standing_rows(session, week.season_id, final=True))
    assert broken_rows(engine, now=datetime.now(UTC)) == []


def test_two_schedulers_five_workers_and_writers_in_the_middle(
    engine: Engine, processes: Sequence[ServiceProcess], week: SeasonRow
) -> None:
    with Writers(engine, until=week.grace_ends_at + timedelta(seconds=2)):
        wait_for(lambda: datetime.now(UTC) > week.grace_ends_at, timeout_s=PATIENCE_S, what="the end of the grace")
    wait_for(lambda: is_final(engine, week), timeout_s=PATIENCE_S, what="settlement")

    assert_settled_once(engine, week, winners=3)
    with Session(engine) as session:
        following = session.execute(
            text(
                "select starts_at, (select count(*) from leaderboard_points where leaderboard = 'season'"
                " and period = season_id and points > 0) as members from season order by season_id desc limit 1"
            )
        ).one()
    assert following.starts_at == week.ends_at
    assert following.members > 0
    assert all(process.is_running for process in processes)


def test_the_reset_needs_nobody_awake(
    engine: Engine, week: SeasonRow, environment: dict[str, str], tmp_path: Path
) -> None:
    """No scheduler and no worker: points of the first second count in the new week. It is settled when they wake up."""
    with Writers(engine, until=week.grace_ends_at + timedelta(seconds=1)):
        pass
    with Session(engine) as session:
        members = session.execute(
            text(
                "select count(*) from leaderboard_points p join season s on s.season_id = p.period"
                " where p.leaderboard = 'season' and p.points > 0 and s.starts_at = :at"
            ),
            {"at": week.ends_at},
        ).scalar_one()
        late = session.execute(_LATEST, {"season": week.season_id}).scalar_one()
    assert members > 0
    assert late < week.grace_ends_at
    assert not is_final(engine, week)

    with scheduler(environment, tmp_path):
        wait_for(lambda: is_final(engine, week), timeout_s=PATIENCE_S, what="settlement")

    assert_settled_once(engine, week, winners=3)
