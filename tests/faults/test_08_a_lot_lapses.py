"""Line 8: a spend at the instant a lot lapses; spenders and the sweep at once; three who resolve one hold."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Literal

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts
from ledger.errors import HoldResolved, NotEnoughPoints
from ledger.holds import capture_hold, place_hold, release_hold
from ledger.lapses import begin_run, finish_run, sweep_some
from ledger.outbox import open_generation
from ledger.verify import ledger_findings
from rewards.runtime.database import transaction
from tests.support.clock import START
from tests.support.lapsing import DAY, account_of, account_with_lots, entries_of, open_lots

SECOND = timedelta(seconds=1)
LAPSES = START + DAY
SPENDERS = 32


@pytest.fixture(autouse=True)
def _outbox(engine: Engine) -> None:
    with transaction(engine) as session:
        open_generation(session)


@pytest.mark.parametrize("late_s", [-1, 0, 1])
def test_a_point_can_be_spent_until_the_second_before_it_lapses(engine: Engine, late_s: int) -> None:
    # given: 100 points that lapse, and 30 that never do
    with transaction(engine) as session:
        member = account_with_lots(session, {LAPSES: 100, None: 30}, now=START)

    # when
    now, spends = LAPSES + late_s * SECOND, late_s < 0
    with transaction(engine) as session:
        account = lock_accounts(session, [member], now=now)[member]
        if spends:
            place_hold(session, account, hold_id=uuid7(), points=120, purpose="test", now=now)
        else:
            with pytest.raises(NotEnoughPoints) as refused:
                place_hold(session, account, hold_id=uuid7(), points=120, purpose="test", now=now)
            assert refused.value.available == 30

    # then: what was not spent is gone, by one entry
    with transaction(engine) as session:
        assert account_of(session, member).available == (10 if spends else 30)
        assert account_of(session, member).lapsing == 0
        assert entries_of(session, member)[2:] == ([] if spends else [("expiry", -100)])
        assert not list(ledger_findings(session))


def test_spenders_race_with_the_sweep_at_the_instant(engine: Engine) -> None:
    """Whoever comes before the instant takes of the lot, nobody takes any after it; nothing is lost or taken twice."""
    # given: points that lapse for half of the spenders, and as many that never do
    with transaction(engine) as session:
        member = account_with_lots(session, {LAPSES: 10 * SPENDERS // 2, None: 10 * SPENDERS // 2}, now=START)
    barrier = threading.Barrier(SPENDERS + 1)

    def spend(number: int) -> bool:
        now = LAPSES + (number % 2 - 1) * SECOND
        barrier.wait(timeout=30)
        with transaction(engine) as session:
            account = lock_accounts(session, [member], now=now)[member]
            if account.available < 10:
                return False
            place_hold(session, account, hold_id=uuid7(), points=10, purpose="test", now=now)
            return True

    def sweep() -> bool:
        barrier.wait(timeout=30)
        _sweep(engine)
        return False

    # when
    with ThreadPoolExecutor(SPENDERS + 1) as pool:
        racing = [pool.submit(sweep), *(pool.submit(spend, number) for number in range(SPENDERS))]
        spent = sum(one.result() for one in racing)

    # then
    with transaction(engine) as session:
        account, entries = account_of(session, member), entries_of(session, member)
        lapsed = -sum(points for kind, points in entries if kind == "expiry")
        assert account.held == 10 * spent
        assert account.available == account.balance - account.held == 10 * SPENDERS - lapsed - 10 * spent
        assert account.lapsing == 0
        assert [kind for kind, _ in entries].count("expiry") <= 1
        assert not list(ledger_findings(session))


Resolution = Literal["captured", "released", "expired"]


def test_one_of_three_resolves_a_hold(engine: Engine) -> None:
    """A capture in part, a release and an expiry at once, of a hold on points whose date has passed."""
    for _ in range(8):
        # given
        with transaction(engine) as session:
            member = account_with_lots(session, {LAPSES: 100}, now=START)
            hold_id = uuid7()
            account = account_of(session, member)
            place_hold(session, account, hold_id=hold_id, points=80, purpose="test", now=START)

        # when
        resolutions: dict[Resolution, Callable[[Session], object]] = {
            "captured": lambda session, member=member, hold_id=hold_id: capture_hold(
                session,
                lock_accounts(session, [member], now=LAPSES)[member],
                hold_id=hold_id,
                transfer_id=uuid7(),
                contra="redemption",
                points=50,
                now=LAPSES,
            ),
            "released": lambda session, member=member, hold_id=hold_id: release_hold(
                session, lock_accounts(session, [member], now=LAPSES)[member], hold_id=hold_id, now=LAPSES
            ),
            "expired": lambda session, member=member, hold_id=hold_id: release_hold(
                session,
                lock_accounts(session, [member], now=LAPSES)[member],
                hold_id=hold_id,
                state="expired",
                now=LAPSES,
            ),
        }
        won = _race(engine, resolutions)

        # then: what came back lives for a week
        assert len(won) == 1
        back = 30 if won == ["captured"] else 80
        with transaction(engine) as session:
            assert account_of(session, member).available == back
            assert open_lots(session, member) == {LAPSES + 7 * DAY: back}
            assert not list(ledger_findings(session))


def _race(engine: Engine, resolutions: dict[Resolution, Callable[[Session], object]]) -> list[Resolution]:
    barrier = threading.Barrier(len(resolutions))

    def try_to(name: Resolution) -> bool:
        barrier.wait(timeout=30)
        try:
            with transaction(engine) as session:
                resolutions[name](session)
        except HoldResolved:
            return False
        return True

    with ThreadPoolExecutor(len(resolutions)) as pool:
        return [name for name, won in zip(resolutions, pool.map(try_to, resolutions), strict=True) if won]


def _sweep(engine: Engine) -> None:
    with transaction(engine) as session:
        run = begin_run(session, max_share=1.0, now=LAPSES)
    place = None
    while run is not None:
        with transaction(engine) as session:
            place = sweep_some(session, run, after=place, limit=10, now=LAPSES)
            if place is None:
                finish_run(session, run.run_id, now=LAPSES)
                return
