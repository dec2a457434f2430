"""Promise 2: the balance is the sum of the entries and what the last one says; their numbers have no gap."""

import itertools
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from uuid_utils.compat import uuid7

from ledger.holds import capture_hold, place_hold
from tests.model.earning import POLICY
from tests.rewards.earning.histories import BASE, Namespace, Said, saids, several
from tests.support.factories import make_event
from tests.support.world import World, open_world

_numbers = itertools.count(1)


def assert_balances(world: World) -> None:
    """Of every account there is: entries numbered 1, 2, 3 …, each one's balance the one before plus its points."""
    accounts = {row.account_id: row for row in world.rows("select * from account")}
    entries: dict[Any, list[Any]] = {account_id: [] for account_id in accounts}
    for entry in world.rows("select * from entry order by account_id, seq"):
        entries[entry.account_id].append(entry)
    for account_id, account in accounts.items():
        balance = 0
        for number, entry in enumerate(entries[account_id], start=1):
            balance += entry.points
            assert (entry.seq, entry.balance_after) == (number, balance)
        assert (account.version, account.balance) == (len(entries[account_id]), balance)
        recorded = [entry.recorded_at for entry in entries[account_id]]
        assert recorded == sorted(recorded)
        assert account.recorded_at >= max(recorded, default=account.recorded_at)


def assert_decisions(world: World) -> None:
    """Decisions of an account are numbered without a gap, each at or after the one before."""
    for account in world.rows("select account_id, decisions, recorded_at from account"):
        told = world.rows(
            "select decision_no, recorded_at from event where account_id = :id order by decision_no",
            id=account.account_id,
        )
        assert [row.decision_no for row in told] == list(range(1, account.decisions + 1))
        recorded = [row.recorded_at for row in told]
        assert recorded == sorted(recorded)
        assert account.recorded_at >= max(recorded, default=account.recorded_at)


def hold(world: World, member: str, *, points: int) -> None:
    """Set points aside."""
    world.run(
        lambda session: place_hold(
            session, world.locked(session, member), hold_id=uuid7(), points=points, purpose="test", now=BASE
        )
    )


def spend(world: World, member: str, *, clock_s: int) -> None:
    """Set one point aside and spend it, if there is one."""

    def hold_and_capture(session: Any) -> None:
        now = BASE + timedelta(seconds=clock_s)
        account = world.locked(session, member, now=now)
        if account.available > 0:
            hold_id = uuid7()
            account = place_hold(session, account, hold_id=hold_id, points=1, purpose="test", now=now)
            capture_hold(session, account, hold_id=hold_id, transfer_id=uuid7(), contra="redemption", now=now)

    world.run(hold_and_capture)


def test_a_day_in_which_points_come_and_go(engine: Engine) -> None:
    world = open_world(engine, at=BASE - timedelta(days=1))
    world.record(
        make_event("member.joined", "a", at=BASE),
        make_event("like.received", "a", subject="post:1", at=BASE),
        make_event("like.received", "a", subject="post:2", at=BASE),
        make_event("post.created", "b", subject="post:3", board="market", at=BASE),
        now=BASE,
    )
    spend(world, "a", clock_s=60)
    hold(world, "a", points=50)
    world.record(make_event("like.deleted", "a", subject="post:1", at=BASE), now=BASE - timedelta(minutes=4))
    world.record(make_event("like.received", "b", subject="post:3", at=BASE), now=BASE)

    assert_balances(world)
    assert_decisions(world)
    assert [world.account(member).balance for member in ("a", "b")] == [104, 5]


@settings(several, max_examples=15)
@given(parts=st.lists(st.tuples(st.lists(saids, min_size=1, max_size=10), st.integers(-7200, 7200)), max_size=5))
def test_whatever_happens_under_whatever_clock(engine: Engine, parts: list[tuple[list[Said], int]]) -> None:
    world = open_world(engine, policy=POLICY, at=BASE - timedelta(days=1))
    names = Namespace(f"b{next(_numbers)}")
    world.record(*[make_event("member.joined", member, at=BASE) for member in names.members], now=BASE)

    for said, clock_s in parts:
        world.record(*names.events(said, now=BASE), now=BASE + timedelta(seconds=clock_s))
        spend(world, names.member(0), clock_s=-clock_s)

    assert_balances(world)
    assert_decisions(world)
