"""The scheduler finds what is due, hands it on, and does it itself where nobody takes it."""

from datetime import timedelta

import pytest
import redis
from rq import Queue, SimpleWorker
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from ledger.locks import share_seasons
from ledger.outbox import Notice, emit
from rewards.commands.context import Context, calendar_of
from rewards.ranking.read import top
from rewards.ranking.season_rows import SeasonRow
from rewards.ranking.standings import winners_of
from rewards.runtime.redis import connect_redis
from rewards.runtime.servers.process import free_port
from rewards.runtime.settings import Settings
from tests.support.clock import START, SettableClock
from tests.support.ranking import Standing, as_shown, give
from tests.support.seasons import open_week, prepare
from workers import jobs
from workers.due import Rounds, what_is_due
from workers.queue import QUEUES
from workers.scheduler import HERE_AFTER_S, Scheduler


@pytest.fixture
def surroundings(settings: Settings, engine: Engine, clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> Context:
    """The surroundings of scheduler and jobs alike, at the test's own time."""
    context = Context(settings=settings, engine=engine, calendar=calendar_of(settings), clock=clock)
    monkeypatch.setattr(jobs, "here", lambda: context)
    return context


@pytest.fixture
def scheduler(surroundings: Context, redis_client: redis.Redis) -> Scheduler:
    """A scheduler that steps when the test says so."""
    return Scheduler(surroundings, redis_client)


@pytest.fixture
def away() -> redis.Redis:
    """A Redis that is not there."""
    return connect_redis(f"redis://127.0.0.1:{free_port()}/0")


@pytest.fixture
def week(session: Session) -> SeasonRow:
    """An open week with one member in it; committed."""
    prepare(session, now=START)
    row = open_week(session, now=START)
    give(session, [Standing("mina", 5, START)], leaderboard="season", period=row.season_id, now=START)
    session.commit()
    return row


def look(scheduler: Scheduler) -> None:
    """One step that also looks for what is due."""
    scheduler.looked_s = float("-inf")
    scheduler.step()


def work(client: redis.Redis) -> None:
    """Work the queue off, in this process."""
    SimpleWorker([Queue(name, connection=client) for name in QUEUES], connection=client).work(
        burst=True, logging_level="WARNING"
    )


def states(session: Session) -> list[str]:
    """States of all seasons, oldest first."""
    session.rollback()
    return list(session.scalars(text("select state from season order by season_id")))


def test_a_due_season_is_settled_by_a_worker(
    scheduler: Scheduler, redis_client: redis.Redis, session: Session, week: SeasonRow, clock: SettableClock
) -> None:
    """The scheduler only hands it on; the next week is open already."""
    clock.set(week.grace_ends_at)
    look(scheduler)
    assert states(session) == ["open", "open"]
    work(redis_client)
    assert states(session) == ["final", "open"]
    assert len(winners_of(session, [week.season_id])) == 1


def test_two_schedulers_queue_a_job_once(
    scheduler: Scheduler, surroundings: Context, redis_client: redis.Redis, week: SeasonRow, clock: SettableClock
) -> None:
    """Its name says what it is about."""
    clock.set(week.grace_ends_at)
    scheduler.rounds.hour = f"{clock():%Y-%m-%dT%H}"
    twin = Scheduler(surroundings, redis_client, rounds=Rounds(hour=scheduler.rounds.hour))
    for each in (scheduler, twin, scheduler, twin):
        look(each)
    names = Queue(QUEUES[0], connection=redis_client).job_ids
    assert len([name for name in names if name.startswith(f"settle-season-{week.season_id}")]) == 1


def test_without_redis_the_scheduler_settles_itself(
    surroundings: Context, away: redis.Redis, session: Session, week: SeasonRow, clock: SettableClock
) -> None:
    """Settlement needs PostgreSQL only."""
    clock.set(week.grace_ends_at)
    look(Scheduler(surroundings, away))
    assert states(session) == ["final", "open"]


def test_a_job_that_no_worker_takes_is_done_by_the_scheduler(
    scheduler: Scheduler, session: Session, week: SeasonRow, clock: SettableClock
) -> None:
    """After some seconds of waiting for one."""
    clock.set(week.grace_ends_at)
    look(scheduler)
    assert states(session) == ["open", "open"]
    scheduler.queued_s = {due: since_s - HERE_AFTER_S for due, since_s in scheduler.queued_s.items()}
    look(scheduler)
    assert states(session) == ["final", "open"]


def test_weeks_of_an_outage_are_opened_and_settled(
    scheduler: Scheduler, redis_client: redis.Redis, session: Session, week: SeasonRow, clock: SettableClock
) -> None:
    """Also those in which nobody did anything."""
    clock.set(week.grace_ends_at + timedelta(days=21))
    look(scheduler)
    work(redis_client)
    assert states(session) == ["final", "final", "final", "final", "open"]
    history = session.execute(text("select count(*) from season_history")).scalar_one()
    assert history == 4 * 4 + 1


def test_a_season_that_writers_hold_stays_due(
    surroundings: Context, engine: Engine, session: Session, week: SeasonRow, clock: SettableClock
) -> None:
    """The job gives up without an error."""
    clock.set(week.grace_ends_at)
    with Session(engine) as writer:
        share_seasons(writer, [week.season_id])
        jobs.run("settle-season", week.season_id.isoformat())
        assert states(session) == ["open"]
    jobs.run("settle-season", week.season_id.isoformat())
    assert states(session) == ["final"]


def test_the_ranking_follows_within_a_step(
    scheduler: Scheduler, redis_client: redis.Redis, session: Session, week: SeasonRow
) -> None:
    """The first builds it, the next vouches for it."""
    scheduler.step()
    scheduler.step()
    give(session, [Standing("jun", 9, START)], leaderboard="season", period=week.season_id, now=START)
    session.commit()
    scheduler.step()
    assert redis_client.get("ranking:live") == redis_client.get("ranking:current")
    where = {"leaderboard": "season", "period": week.season_id, "limit": 9, "now": START}
    assert as_shown(top(session, redis_client, **where)) == [(1, "jun", 9), (2, "mina", 5)]


def test_midnight_is_ranked_once_and_again_for_what_came_late(
    scheduler: Scheduler, surroundings: Context, redis_client: redis.Redis, session: Session, week: SeasonRow
) -> None:
    """A day later the change is beside the names; then nothing is due but the next day's."""
    rounds = scheduler.rounds
    names: list[str] = []
    for minutes in (0, 1, 5, 11, 12, 700):
        now = surroundings.calendar.day_start(week.season_id + timedelta(days=3)) + timedelta(minutes=minutes)
        due = [
            one
            for one in what_is_due(session, context=surroundings, rounds=rounds, now=now)
            if one.job == "rank-midnight"
        ]
        for one in due:
            names.append(one.argument)
            jobs.JOBS[one.job](
                one.argument,
                context=Context(
                    settings=surroundings.settings,
                    engine=surroundings.engine,
                    calendar=surroundings.calendar,
                    clock=lambda now=now: now,
                ),
            )
            rounds.note(one, done=False)
    assert names == ["2026-03-05", "2026-03-05-late"]
    assert session.execute(text("select count(*) from midnight_rank where leaderboard = 'season'")).scalar_one() == 1


def test_the_house_is_kept(
    surroundings: Context, engine: Engine, session: Session, week: SeasonRow, clock: SettableClock
) -> None:
    """Old notices go, and the outbox says so; new ones stay."""
    clock.set(START + timedelta(days=7, hours=1))
    emit(session, [Notice("points", None, {})], now=clock())
    session.execute(
        text("insert into sign_in_token (jti, expires_at) values ('old', :old), ('new', :new)"),
        {"old": START, "new": clock() + timedelta(minutes=1)},
    )
    session.commit()
    jobs.run("keep-house", "")
    assert session.execute(text("select count(*) from outbox")).scalar_one() == 1
    assert session.execute(text("select pruned_at from outbox_generation")).scalar_one() == START + timedelta(hours=1)
    assert list(session.scalars(text("select jti from sign_in_token"))) == ["new"]


def test_two_schedulers_take_turns_at_the_ranking(
    scheduler: Scheduler, surroundings: Context, redis_client: redis.Redis, session: Session, week: SeasonRow
) -> None:
    """Neither undoes or repeats what the other did."""
    twin = Scheduler(surroundings, redis_client)
    for number in range(1, 7):
        give(session, [Standing("jun", number, START)], leaderboard="season", period=week.season_id, now=START)
        session.commit()
        (scheduler if number % 2 else twin).step()
    where = {"leaderboard": "season", "period": week.season_id, "limit": 9, "now": START}
    assert as_shown(top(session, redis_client, **where)) == [(1, "jun", 6), (2, "mina", 5)]
