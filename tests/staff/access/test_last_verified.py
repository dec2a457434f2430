"""When all was last verified, by hand or by itself: recorded, told, and done again in time."""

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from rewards.commands.context import Context, calendar_of
from rewards.commands.verify import verify
from rewards.commands.verify_record import only_one
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings
from rewards.verifications import PAUSE, Round, Verification, Verified, keep_round, read_verified, record_verification
from tests.support.clock import START, SettableClock
from workers.jobs import keep_house
from workers.verifier import Verifier

Run = Callable[..., Result]


def lasting(taken: timedelta, *, findings: int = 0) -> Verification:
    """One that ended at START."""
    return Verification(started_at=START - taken, finished_at=START, rows=12, ranking_compared=True, findings=findings)


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Runs the command on the test's database."""
    assert environment["DATABASE_URL"]
    return lambda *arguments: CliRunner().invoke(verify, list(arguments))


@pytest.fixture
def verifier(settings: Settings, engine: Engine, clock: SettableClock) -> Verifier:
    """One that has settled down, and whose command ends at once."""
    context = Context(settings=settings, engine=engine, calendar=calendar_of(settings), clock=clock)
    return Verifier(context, command=(sys.executable, "-c", ""), not_before_s=0.0)


def known(*, findings: int = 0, present: Round | None = None) -> Verified:
    return Verified(last=lasting(timedelta(0), findings=findings), present=present)


def going_on(*, ago: timedelta = timedelta(0), findings: int = 0) -> Round:
    """A round whose last slice was `ago` before START."""
    at = START - ago
    return Round(
        part="accounts",
        last=str(UUID(int=7)),
        accounts=3,
        of_accounts=5,
        rows=20,
        findings=findings,
        first_finding="held: account 7: held is 5, its open holds are 0 points" if findings else None,
        started_at=at,
        finished_at=at,
    )


@pytest.mark.parametrize(
    "verified,later,alarms",
    [
        pytest.param(known(), timedelta(hours=2), False, id="clean"),
        pytest.param(known(), timedelta(hours=2, seconds=1), True, id="long ago"),
        pytest.param(known(findings=1), timedelta(0), True, id="found"),
        pytest.param(known(present=going_on(findings=1)), timedelta(0), True, id="found by this round's slices"),
        pytest.param(
            known(present=going_on(ago=timedelta(hours=-3))), timedelta(hours=4), False, id="slices go on meanwhile"
        ),
        pytest.param(Verified(last=None, present=None), timedelta(0), False, id="never"),
    ],
)
def test_findings_and_a_long_silence_alarm(verified: Verified, later: timedelta, *, alarms: bool) -> None:
    assert verified.alarms(START + later) is alarms


def test_what_this_round_has_found_is_told_before_it_ends() -> None:
    assert known(present=going_on(findings=2)).findings == 2
    assert (known(present=going_on(findings=2)).first_finding or "").startswith("held: account 7")
    assert known(findings=3, present=going_on()).findings == 3


def test_a_run_is_recorded_and_told(run: Run, session: Session, client: FlaskClient) -> None:
    before = client.get("/readyz").get_json()

    told = run()

    done = read_verified(session).last
    after, metrics = client.get("/readyz").get_json(), client.get("/metrics").get_data(as_text=True)
    assert told.exit_code == 0, told.output
    assert before["last_verified"] is None
    assert done
    assert (done.findings, done.first_finding, done.ranking_compared) == (0, None, False)
    assert after["last_verified"]["findings"] == 0
    assert after["last_verified"]["rows"] == done.rows
    assert after["last_verified"]["recorded_until"] < after["last_verified"]["at"]
    assert after["last_verified"]["through_block"] is None
    assert after["verifying"] is None
    assert "rewards_verification_findings 0.0" in metrics
    assert "rewards_verified_through_block" not in metrics
    assert "rewards_last_verified_timestamp_seconds 1." in metrics
    assert "rewards_requests_total" in metrics


def test_a_round_that_goes_on_is_told(engine: Engine, client: FlaskClient) -> None:
    with transaction(engine) as session:
        keep_round(session, going_on(findings=1))

    told, metrics = client.get("/readyz").get_json(), client.get("/metrics").get_data(as_text=True)

    assert told["last_verified"] is None
    assert told["verifying"]["part"] == "accounts"
    assert [told["verifying"][name] for name in ("accounts", "of_accounts", "findings")] == [3, 5, 1]
    assert "rewards_verification_findings 1.0" in metrics
    assert "rewards_verification_round_accounts 3.0" in metrics
    assert "rewards_last_slice_verified_timestamp_seconds 1." in metrics


def test_what_was_found_is_recorded_with_the_first_of_it(run: Run, engine: Engine, client: FlaskClient) -> None:
    with transaction(engine) as session:
        session.execute(
            text(
                "insert into cap_usage values"
                " ('00000000-0000-0000-0000-000000000001', 'post.created', '2026-03-04', 1, 20, now())"
            )
        )

    told = run()

    with transaction(engine) as session:
        done = read_verified(session).last
    assert told.exit_code == 1
    assert done
    assert done.findings == 1
    assert "post.created" in (done.first_finding or "")
    assert "rewards_verification_findings 1.0" in client.get("/metrics").get_data(as_text=True)


def test_a_gentle_one_does_nothing_while_another_runs(run: Run, session: Session) -> None:
    with only_one() as alone:
        told = run("--gently")

    assert alone
    assert (told.exit_code, told.output) == (0, "")
    assert read_verified(session).last is None
    assert run("--gently").exit_code == 0
    assert read_verified(session).last


def test_the_verifier_starts_one_at_a_time_and_the_next_when_it_is_due(
    verifier: Verifier, engine: Engine, clock: SettableClock
) -> None:
    verifier.look()
    first = verifier.process
    assert first
    verifier.look()
    running = verifier.process
    first.wait()
    verifier.look()

    assert running in (first, None)
    assert verifier.process is None
    with transaction(engine) as session:
        record_verification(session, lasting(timedelta(seconds=1)))
    for later, starts in ((PAUSE - timedelta(seconds=1), False), (PAUSE, True)):
        clock.set(START + later)
        verifier.not_before_s = 0.0
        verifier.look()
        assert (verifier.process is not None) is starts
    assert verifier.process
    verifier.process.wait()


def test_what_the_verifier_starts_records_what_it_found(
    settings: Settings, engine: Engine, clock: SettableClock, session: Session
) -> None:
    context = Context(settings=settings, engine=engine, calendar=calendar_of(settings), clock=clock)
    verifier = Verifier(context, not_before_s=0.0)

    verifier.look()

    assert verifier.process
    assert verifier.process.wait(timeout=60) == 0
    assert read_verified(session).last


def test_one_that_could_not_run_is_not_tried_again_at_once(verifier: Verifier) -> None:
    verifier.command = (sys.executable, "-c", "raise SystemExit(2)")
    verifier.look()
    assert verifier.process
    verifier.process.wait()

    verifier.look()
    verifier.look()

    assert verifier.process is None
    assert verifier.not_before_s > time.monotonic() + PAUSE.total_seconds() - 10


def test_a_verifier_leaves_a_service_that_has_just_started_in_peace(verifier: Verifier) -> None:
    verifier.not_before_s = time.monotonic() + 60

    verifier.look()

    assert verifier.process is None


def test_a_verification_that_runs_ends_with_the_scheduler(verifier: Verifier) -> None:
    # A verification of a large database: it does not end by itself while the test runs.
    verifier.command = (sys.executable, "-c", "import time; time.sleep(60)")
    verifier.look()
    assert verifier.process

    verifier.end()

    assert verifier.process.wait(timeout=10) == -15


def test_records_and_failures_are_kept_for_a_while_only(verifier: Verifier, engine: Engine) -> None:
    with transaction(engine) as session:
        for age in (timedelta(days=31), timedelta(days=29)):
            done = START - age
            record_verification(
                session,
                Verification(started_at=done, finished_at=done, rows=1, ranking_compared=False, findings=0),
            )
        for age in (timedelta(hours=25), timedelta(hours=23)):
            row = {"at": START - age}
            session.execute(
                text("insert into sign_in_failure (name, address, failed_at) values ('mina', '::/64', :at)"), row
            )

    keep_house("", context=verifier.context)

    with transaction(engine) as session:
        assert session.execute(text("select count(*) from verification")).scalar() == 1
        assert session.execute(text("select count(*) from sign_in_failure")).scalar() == 1
