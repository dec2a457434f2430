"""Random histories, told to the service and to a model that shares nothing with it: both must say the same."""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from sqlalchemy import Engine
from uuid_utils.compat import uuid7

from ledger.errors import EventConflict, HoldResolved, NotEnoughPoints
from ledger.holds import capture_hold, place_hold, release_hold
from rewards.earning.desk import Recorded, Result
from rewards.earning.events import Event
from rewards.errors import EventInFuture
from rewards.ranking.season_rows import ensure_current, open_backfill
from rewards.ranking.seasons import Bounds
from tests.rewards.earning.histories import (
    BASE,
    Batch,
    Holding,
    Namespace,
    Passing,
    SeasonMoves,
    Step,
    Suspension,
    histories,
    several,
)
from tests.rewards.earning.model import NINE_HOURS, POLICY, Answer, Model, ModelSeason
from tests.support.factories import make_event
from tests.support.world import GRACE_S, World, open_world

NEXT_STATE = {"open": "closing", "closing": "provisional", "provisional": "final"}
FIRST_RESET = datetime(2026, 2, 22, 15, tzinfo=UTC)
OLD_RESET = datetime(2026, 1, 4, 15, tzinfo=UTC)

_weeks = itertools.count(1)


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    """A community whose first live week is that of `BASE`."""
    world = open_world(engine, policy=POLICY, at=BASE)
    world.run(
        lambda session: ensure_current(session, calendar=world.terms.calendar, now=BASE, grace_s=GRACE_S, prizes=[])
    )
    yield world
    # After all examples: no entry may have been lost on the way to a leaderboard, whatever happened.
    assert leaderboards_from_entries(world) == leaderboards_as_kept(world)


def leaderboards_as_kept(world: World) -> dict[Any, tuple[int, datetime]]:
    kept = world.rows("select leaderboard, period, account_id, points, reached_at from leaderboard_points")
    return {tuple(row[:3]): (row.points, row.reached_at) for row in kept if row.points}


def leaderboards_from_entries(world: World) -> dict[Any, tuple[int, datetime]]:
    """Sums of entries in Python: what stands in a period, and the latest second among it."""
    lines: dict[Any, list[Any]] = {}
    for entry in world.rows("select * from entry where kind in ('award', 'reversal', 'restore')"):
        for leaderboard, period in (("all-time", date(1, 1, 1)), ("season", entry.season), ("month", entry.month)):
            if period is not None:
                line = (leaderboard, period, entry.account_id, entry.award_seq or entry.seq)
                lines.setdefault(line, []).append(entry)
    boards: dict[Any, tuple[int, datetime]] = {}
    for (*place, _), entries in lines.items():
        points = sum(entry.points for entry in entries)
        if points:
            (at,) = [entry.occurred_at.replace(microsecond=0) for entry in entries if entry.kind == "award"]
            total, latest = boards.get(tuple(place), (0, at))
            boards[tuple(place)] = (total + points, max(latest, at))
    return boards


class Life:
    """One history, lived by the service and by the model side by side."""

    def __init__(self, world: World) -> None:
        week = next(_weeks)
        starts_at = OLD_RESET - week * timedelta(days=7)
        self.world = world
        self.now = BASE
        self.names = Namespace(f"n{week}", back_then=starts_at)
        self.old_week = ModelSeason(starts_at, live=False)
        live = [ModelSeason(FIRST_RESET + timedelta(days=7 * number)) for number in range(20)]
        self.model = Model(seasons=[self.old_week, *live], grace_s=GRACE_S)
        self.holds: list[tuple[Any, str, int, list[str]]] = []
        bounds = Bounds((starts_at + NINE_HOURS).date(), starts_at, starts_at + timedelta(days=7))
        world.run(lambda session: open_backfill(session, bounds, actor="test", now=BASE, grace_s=GRACE_S, prizes=[]))
        # Somebody who owns nothing can be charged nothing, and most histories would never get there.
        self._record([make_event("member.joined", member, at=BASE) for member in self.names.members])

    def live(self, step: Step) -> None:
        match step:
            case Batch():
                self._send(step)
            case Passing():
                self.now += timedelta(seconds=step.seconds)
            case Suspension():
                self._suspend(step)
            case Holding():
                self._hold(step) if step.placed else self._resolve(captured=step.captured)
            case SeasonMoves():
                if self.old_week.state != "final":
                    self.old_week.state = NEXT_STATE[self.old_week.state]
                    self.world.move_season(self.old_week.name, self.old_week.state)

    def _send(self, batch: Batch) -> None:
        self._record(self.names.events(batch.said, now=self.now))

    def _record(self, events: list[Event]) -> None:
        results = self.world.record(*events, now=self.now)
        for event, result in zip(events, results, strict=True):
            assert_same(event, result, self.model.take(event, self.now))

    def _suspend(self, step: Suspension) -> None:
        member = self.names.member(step.member)
        if member in self.model.balance:
            (self.model.suspended.add if step.suspended else self.model.suspended.discard)(member)
            at = self.now if step.suspended else None
            self.world.execute("update member set suspended_at = :at where member_id = :id", at=at, id=member)

    def _hold(self, step: Holding) -> None:
        member = self.names.member(step.member)
        if member not in self.model.balance:
            return
        hold_id = uuid7()

        def place(session: Any) -> None:
            account = self.world.locked(session, member, now=self.now)
            place_hold(session, account, hold_id=hold_id, points=step.points, purpose="test", now=self.now)

        if self.model.balance[member] - self.model.held[member] < step.points:
            with pytest.raises(NotEnoughPoints):
                self.world.run(place)
            return
        self.world.run(place)
        self.model.held[member] += step.points
        self.holds.append((hold_id, member, step.points, ["placed"]))

    def _resolve(self, *, captured: bool) -> None:
        if not self.holds:
            return
        hold_id, member, points, states = self.holds[-1]

        def resolve(session: Any) -> None:
            account = self.world.locked(session, member, now=self.now)
            if captured:
                capture_hold(session, account, hold_id=hold_id, transfer_id=uuid7(), contra="redemption", now=self.now)
            else:
                release_hold(session, account, hold_id=hold_id, now=self.now)

        if states != ["placed"]:
            with pytest.raises(HoldResolved):
                self.world.run(resolve)
            return
        self.world.run(resolve)
        states.append("resolved")
        self.model.held[member] -= points
        self.model.balance[member] -= points if captured else 0

    def assert_same_end(self) -> None:
        for member, balance in self.model.balance.items():
            account = self.world.account(member)
            kept = (account.balance, account.held, account.lifetime)
            assert kept == (balance, self.model.held[member], self.model.lifetime[member])
            for row in self.world.rows(
                "select leaderboard, period, points, reached_at from leaderboard_points where account_id = :id",
                id=account.account_id,
            ):
                points, reached_at = self.model.points((row.leaderboard, row.period), member)
                assert (row.points, points and row.reached_at) == (points, points and reached_at), row
            for period in self.model.periods():
                if self.model.points(period, member)[0]:
                    assert self.world.rows(
                        "select 1 from leaderboard_points"
                        " where leaderboard = :board and period = :start and account_id = :id",
                        board=period[0],
                        start=period[1],
                        id=account.account_id,
                    ), period


def assert_same(event: Event, result: Result, expected: Answer) -> None:
    if isinstance(result, Recorded):
        decision = result.decision
        told = (decision.outcome, decision.reason, decision.points, decision.balance, decision.available)
        wanted = (expected.outcome, expected.reason, expected.points, expected.balance, expected.available)
        assert told == wanted, event
        assert decision.season in expected.seasons, event
        if decision.season is not None:
            assert decision.season_points == expected.season_points[decision.season], event
        assert (decision.level, decision.level_up) == (expected.level, expected.level_up), event
        assert result.repeated == expected.repeated, event
    else:
        kinds = {EventConflict: "conflict", EventInFuture: "future"}
        assert kinds[type(result)] == expected.outcome, event


@settings(several, max_examples=60)
@given(history=histories)
def test_the_service_and_the_model_tell_the_same_story(world: World, history: list[Step]) -> None:
    life = Life(world)

    for step in history:
        life.live(step)

    life.assert_same_end()
