"""Every night: what has lapsed is taken, unless it is too much at once; members are told before."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from ledger.accounts import lock_accounts
from ledger.lapses import begin_run, last_run, stopped_run, sweep_some
from ledger.verify import ledger_findings
from rewards.cli import cli
from rewards.commands import lapse
from rewards.commands.context import Context, calendar_of
from rewards.commands.examination import examine
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings
from tests.support.clock import START, SettableClock
from tests.support.lapsing import DAY, account_of, account_with_lots, give, lapsing_policy
from tests.support.world import World, open_world
from workers.due import Rounds, what_is_due
from workers.jobs import JOBS

MIDNIGHT = START.replace(hour=15) + 2 * DAY
MAX_SHARE = 0.2


@pytest.fixture
def world(engine: Engine) -> World:
    """A community in which at most a fifth of all points may lapse at once."""
    return open_world(engine, policy=lapsing_policy(max_share=MAX_SHARE))


@pytest.fixture
def surroundings(settings: Settings, engine: Engine, clock: SettableClock) -> Context:
    return Context(settings=settings, engine=engine, calendar=calendar_of(settings), clock=clock)


def night(context: Context, rounds: Rounds | None = None) -> list[str]:
    """What the scheduler finds due of this, done; answers which jobs it were."""
    rounds = rounds or Rounds(told="nobody")
    with transaction(context.engine) as session:
        due = what_is_due(session, context=context, rounds=rounds, now=context.clock())
    mine = [one for one in due if one.job in ("lapse-points", "tell-lapses")]
    for one in mine:
        JOBS[one.job](one.argument, context=context)
        rounds.note(one, done=True)
    return [one.job for one in mine]


def told(session: Session) -> list[dict[str, Any]]:
    """Payloads of what members were told."""
    return list(session.scalars(text("select payload from outbox where topic = 'lapsing' order by id")))


def test_what_has_lapsed_is_taken_once_a_community_day(
    world: World, surroundings: Context, clock: SettableClock
) -> None:
    # given: 20 of 120 points lapse at midnight, and 5 more at noon after it
    noon = MIDNIGHT + timedelta(hours=12)
    member = world.run(lambda session: account_with_lots(session, {MIDNIGHT: 20, noon: 5, None: 95}, now=START))
    clock.set(MIDNIGHT - timedelta(seconds=1))
    assert "lapse-points" not in night(surroundings)

    # when
    clock.set(MIDNIGHT)
    assert "lapse-points" in night(surroundings)
    run = world.run(last_run)

    # then
    assert run is not None
    assert (run.state, run.lots, run.points, run.of_points) == ("done", 1, 20, 120)
    assert run.finished_at is not None
    assert world.run(lambda session: account_of(session, member)).balance == 100

    # when: the next lapse is of the same day, and the scheduler is away for a night
    clock.set(noon)
    assert "lapse-points" not in night(surroundings)
    clock.set(MIDNIGHT + 3 * DAY)
    assert "lapse-points" in night(surroundings)

    # then
    assert world.run(lambda session: account_of(session, member)).balance == 95
    assert world.run(lambda session: list(ledger_findings(session))) == []


def test_a_run_that_would_take_too_much_stops_and_asks(
    world: World, surroundings: Context, clock: SettableClock
) -> None:
    # given: a quarter of all points lapses at once
    first, second = (
        world.run(lambda session: account_with_lots(session, {MIDNIGHT: 25, None: 75}, now=START)) for _ in range(2)
    )
    clock.set(MIDNIGHT)

    # when
    night(surroundings)

    # then: nothing was taken; it is said once a night, and by the doctor
    stopped = world.run(lambda session: stopped_run(session, now=MIDNIGHT))
    assert stopped is not None
    assert (stopped.points, stopped.of_points) == (50, 200)
    assert world.run(lambda session: account_of(session, first)).balance == 100
    assert "lapse-points" not in night(surroundings)
    assert [found.level for found in examine(surroundings) if found.about == "lapses"] == ["warning"]

    # when: one of them spends, that one's points have lapsed all the same
    world.run(lambda session: lock_accounts(session, [first], now=MIDNIGHT))

    # then
    assert world.run(lambda session: account_of(session, first)).balance == 75
    assert world.run(lambda session: account_of(session, second)).balance == 100

    # when
    run = lapse.run_lapse(surroundings, allowed_by="staff:jun")

    # then
    assert run is not None
    assert (run.run_id, run.state) == (stopped.run_id, "allowed")
    assert world.run(lambda session: account_of(session, second)).balance == 75
    assert world.run(lambda session: stopped_run(session, now=MIDNIGHT)) is None
    assert world.run(lambda session: list(ledger_findings(session))) == []


def test_an_interrupted_run_goes_on(
    world: World, surroundings: Context, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: a run that was cut off after one lot of three
    monkeypatch.setattr(lapse, "AT_ONCE", 1)
    members = [
        world.run(lambda session: account_with_lots(session, {MIDNIGHT: 1, None: 99}, now=START)) for _ in range(3)
    ]
    begun = world.run(lambda session: begin_run(session, max_share=MAX_SHARE, now=MIDNIGHT))
    assert begun is not None
    world.run(lambda session: sweep_some(session, begun, after=None, limit=1, now=MIDNIGHT))
    clock.set(MIDNIGHT)

    # when
    night(surroundings)

    # then
    run = world.run(last_run)
    assert run is not None
    assert (run.run_id, run.finished_at) == (begun.run_id, MIDNIGHT)
    balances = [world.run(lambda session, member=member: account_of(session, member)).balance for member in members]
    assert balances == [99, 99, 99]


def test_members_are_told_before_once_a_day_and_of_no_lot_twice(
    world: World, surroundings: Context, clock: SettableClock
) -> None:
    # given: under this policy members are told a day before
    member = world.run(
        lambda session: account_with_lots(session, {MIDNIGHT: 20, MIDNIGHT + DAY: 7, None: 500}, now=START)
    )
    clock.set(MIDNIGHT - DAY - timedelta(hours=1))
    rounds = Rounds()
    night(surroundings, rounds)
    assert world.run(told) == []

    # when: the next day, twice, and with a second scheduler
    clock.set(MIDNIGHT - DAY)
    assert night(surroundings, rounds) == ["tell-lapses"]
    assert night(surroundings, rounds) == []
    night(surroundings, Rounds())

    # then
    first = {"points": 20, "lapses_at": MIDNIGHT.isoformat()}
    assert world.run(told) == [first]

    # when: more comes that lapses as soon, it is told the day after, with what is new then
    world.run(
        lambda session: give(
            session, member, 3, expires_at=MIDNIGHT + timedelta(hours=20), now=MIDNIGHT - timedelta(hours=20)
        )
    )
    night(surroundings, Rounds())
    assert world.run(told) == [first]
    clock.set(MIDNIGHT)
    night(surroundings, rounds)

    # then
    assert world.run(told) == [first, {"points": 10, "lapses_at": (MIDNIGHT + timedelta(hours=20)).isoformat()}]


def test_the_command_shows_the_days_and_takes_what_has_lapsed(world: World, environment: dict[str, str]) -> None:
    # given: half of all points has lapsed, some more will tomorrow
    now = datetime.now(UTC)
    gone, coming = now - DAY, now + DAY
    world.run(lambda session: account_with_lots(session, {gone: 100, coming: 20, None: 80}, now=now - 3 * DAY))

    # when
    refused = CliRunner().invoke(cli, ["lapse"])
    allowed = CliRunner().invoke(cli, ["lapse", "--allow", "--json"])
    nothing = CliRunner().invoke(cli, ["lapse"])

    # then
    assert refused.exit_code == 1
    assert "Stopped. 100 of 200 points have lapsed" in refused.stdout
    document = json.loads(allowed.stdout)
    assert allowed.exit_code == 0
    assert document["run"] == {"state": "allowed", "lots": 1, "points": 100, "of_points": 200}
    assert [day["points"] for day in document["days"]] == [20]
    assert nothing.exit_code == 0
    assert nothing.stdout.startswith("Nothing has lapsed.\n")
