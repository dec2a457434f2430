"""Promise 5: the database itself holds what is available at or above zero, for each debit that must be afforded."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine
from uuid_utils.compat import uuid7

from ledger.accounts import write_accounts
from ledger.errors import HoldResolved, NotEnoughPoints, UnknownHold
from ledger.holds import capture_hold, place_hold, release_hold
from ledger.postings import Kind, Posting, post
from rewards.earning.opening import open_balances
from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.world import World, open_world

pytestmark = pytest.mark.every_postgres


@pytest.fixture
def world(engine: Engine) -> World:
    """Mina owns 100 points, of which 80 are held."""
    world = open_world(engine)
    world.record(make_event("member.joined"))
    hold(world, 80)
    return world


def hold(world: World, points: int, *, member_id: str = "mina", now: datetime = START) -> Any:
    hold_id = uuid7()
    world.run(
        lambda session: place_hold(
            session, world.locked(session, member_id, now=now), hold_id=hold_id, points=points, purpose="test", now=now
        )
    )
    return hold_id


def debit(world: World, points: int, *, kind: Kind, **more: Any) -> None:
    """Post straight into the ledger, past every check of the service's code."""

    def write(session: Any) -> None:
        posting = Posting(points=points, kind=kind, contra="test", transfer_id=uuid7(), occurred_at=START, **more)
        after, entry = post(world.locked(session, "mina"), posting, now=START)
        write_accounts(session, [after], entries=[entry])

    world.run(write)


def is_refused(action: Any) -> bool:
    try:
        action()
    except Exception as error:  # noqa: BLE001 -- whatever SQLAlchemy wraps it in
        return isinstance(getattr(error, "orig", None), psycopg.errors.CheckViolation)
    return False


def test_with_100_and_80_held_a_debit_of_50_is_refused_by_the_database(world: World) -> None:
    assert is_refused(lambda: debit(world, -50, kind="charge"))
    assert world.account("mina").balance == 100


def test_with_100_and_80_held_a_charge_of_50_is_declined(world: World) -> None:
    declined = world.record_one(make_event("post.created", subject="post:1", board="market")).decision

    assert (declined.outcome, declined.balance, declined.available) == ("declined", 100, 20)


def test_what_has_lapsed_cannot_be_spent(world: World) -> None:
    # given: 60 of jun's 160 points lapse in a day, and 50 are set aside
    lapses = START + timedelta(days=1)
    world.run(lambda session: open_balances(session, {"jun": 60}, lapses={"jun": lapses}, now=START))
    world.record(make_event("member.joined", "jun"))
    hold(world, 50, member_id="jun")

    # when, then: of those that lapse, so that 10 are gone by then
    with pytest.raises(NotEnoughPoints) as refused:
        hold(world, 101, member_id="jun", now=lapses)
    assert refused.value.available == 100
    hold(world, 100, member_id="jun", now=lapses)
    assert world.account("jun").available == 0


def test_what_is_available_to_the_last_point_can_be_spent_and_no_more(world: World) -> None:
    assert is_refused(lambda: debit(world, -21, kind="charge"))
    debit(world, -20, kind="charge")

    assert (world.account("mina").balance, world.account("mina").available) == (80, 0)
    assert is_refused(lambda: debit(world, -1, kind="charge"))


@pytest.mark.parametrize("kind", ["charge", "transfer", "grant", "expiry", "refund", "adjustment", "award"])
def test_each_debit_that_must_be_afforded_is_checked(world: World, kind: Kind) -> None:
    assert is_refused(lambda: debit(world, -21, kind=kind))


def test_penalties_merges_and_flagged_adjustments_may_leave_a_debt(world: World) -> None:
    debit(world, -50, kind="penalty")
    debit(world, -60, kind="adjustment", overdraft=True)
    debit(world, -20, kind="merge")

    account = world.account("mina")
    assert (account.balance, account.held, account.available) == (-30, 80, -110)


def test_a_reversal_may_leave_a_debt_that_is_paid_from_the_next_earnings(world: World) -> None:
    world.record(make_event("like.received", subject="post:1"))
    hold(world, 25)
    world.record(make_event("like.deleted", subject="post:1"))
    assert world.account("mina").available == -5

    with pytest.raises(NotEnoughPoints):
        hold(world, 1)
    world.record(make_event("like.received", subject="post:2"), make_event("login"))

    assert world.account("mina").available == 2
    hold(world, 2)


def test_a_hold_that_was_placed_before_is_captured_even_from_a_debt(world: World) -> None:
    placed = hold(world, 20)
    debit(world, -100, kind="penalty")

    world.run(
        lambda session: capture_hold(
            session,
            world.locked(session, "mina"),
            hold_id=placed,
            transfer_id=uuid7(),
            contra="redemption",
            now=START,
        )
    )

    account = world.account("mina")
    assert (account.balance, account.held) == (-20, 80)


def test_a_hold_is_refused_beyond_what_is_available(world: World) -> None:
    with pytest.raises(NotEnoughPoints) as refused:
        hold(world, 21)

    assert (refused.value.available, refused.value.needed) == (20, 21)
    assert world.rows("select count(*), sum(points) from hold") == [(1, 80)]


def test_the_database_refuses_a_hold_that_leaves_less_than_nothing(world: World, superuser: Any) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        superuser.execute(
            "insert into hold (hold_id, account_id, points, state, purpose, available_after, placed_at)"
            " select gen_random_uuid(), account_id, 21, 'placed', 'test', -1, now() from account"
        )


def test_a_hold_is_resolved_once(world: World) -> None:
    placed = hold(world, 20)

    def release(session: Any) -> None:
        release_hold(session, world.locked(session, "mina"), hold_id=placed, now=START)

    def capture(session: Any) -> None:
        account = world.locked(session, "mina")
        capture_hold(session, account, hold_id=placed, transfer_id=uuid7(), contra="redemption", now=START)

    world.run(release)

    for again in (release, capture):
        with pytest.raises(HoldResolved) as refused:
            world.run(again)
        assert refused.value.state == "released"
    account = world.account("mina")
    assert (account.balance, account.held) == (100, 80)
    history = world.rows("select state from hold_history where hold_id = :id order by state", id=placed)
    assert [row.state for row in history] == ["placed", "released"]


def test_a_hold_of_somebody_else_is_not_found(world: World) -> None:
    placed = hold(world, 20)
    world.record(make_event("member.joined", "jun"))

    with pytest.raises(UnknownHold):
        world.run(lambda session: release_hold(session, world.locked(session, "jun"), hold_id=placed, now=START))


def test_a_part_is_captured_and_the_rest_released_in_one_step(world: World) -> None:
    placed = hold(world, 20)

    world.run(
        lambda session: capture_hold(
            session,
            world.locked(session, "mina"),
            hold_id=placed,
            transfer_id=uuid7(),
            contra="redemption",
            points=15,
            now=START,
        )
    )

    account = world.account("mina")
    assert (account.balance, account.held, account.available) == (85, 80, 5)
    assert world.rows("select state, captured from hold where hold_id = :id", id=placed) == [("captured", 15)]
