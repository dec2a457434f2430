"""Adjustments by two of the staff: asked for, approved once, refused, withdrawn; the day's cap; what erasing leaves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ledger.errors import NotEnoughPoints
from rewards.access.audit import note
from rewards.access.keys import create_key
from rewards.errors import AdjustmentDecided, AskedByAnother, AskedByYou, CapReached, MemberGone, UnknownThing
from rewards.staff.adjustment_rows import AdjustmentRow, find_adjustment
from rewards.staff.adjustments import Adjuster, adjust_within, approve, refuse, used_today, withdraw
from rewards.staff.limits import AdjustLimits
from rewards.staff.members import erase_member
from rewards.staff.points import Corrected
from tests.support.checker import assert_whole
from tests.support.clock import START
from tests.support.factories import make_event
from tests.support.world import World, open_world

SORA, JUN, HANA = "staff:sora", "staff:jun", "staff:hana"
LIMITS = AdjustLimits(approval_above=5_000, cap_per_day=20_000)
DAY = timedelta(days=1)
TOGETHER = 8


@pytest.fixture
def world(engine: Engine) -> World:
    """A member who has 100 points."""
    world = open_world(engine)
    world.record(make_event("member.joined", "mina"))
    return world


def by(world: World, actor: str = SORA, *, limits: AdjustLimits = LIMITS, now: datetime = START) -> Adjuster:
    calendar = world.terms.calendar
    return Adjuster(actor=actor, limits=limits, day_start=calendar.day_start(calendar.day_of(now)), now=now)


def adjust(
    world: World, points: int, *, who: Adjuster | None = None, overdraft: bool = False
) -> Corrected | AdjustmentRow:
    who = who or by(world)
    return world.run(
        lambda session: adjust_within(session, "mina", points=points, reason="a contest", overdraft=overdraft, by=who)
    )


def ask(world: World, points: int = 8_000, *, overdraft: bool = False) -> UUID:
    """Ask for an adjustment that waits."""
    asked = adjust(world, points, overdraft=overdraft)
    assert isinstance(asked, AdjustmentRow)
    return asked.adjustment_id


def agree(world: World, adjustment_id: UUID, actor: str = JUN) -> AdjustmentRow:
    return world.run(lambda session: approve(session, adjustment_id, actor=actor, now=START))


def decline(world: World, adjustment_id: UUID, actor: str = JUN) -> AdjustmentRow:
    return world.run(lambda session: refuse(session, adjustment_id, reason="too much", actor=actor, now=START))


def take_back(world: World, adjustment_id: UUID, actor: str = SORA) -> AdjustmentRow:
    return world.run(lambda session: withdraw(session, adjustment_id, actor=actor, now=START))


def balance(world: World) -> int:
    return world.account("mina").balance


def audit(world: World) -> list[tuple[str, str]]:
    return [(line.actor, line.action) for line in world.rows("select actor, action from audit order by audit_id")]


def used(world: World, actor: str = SORA, *, now: datetime = START) -> int:
    return world.run(lambda session: used_today(session, by(world, actor, now=now)))


def at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """What came of doing it all at the same time: the answer, or the refusal."""
    together = Barrier(count)

    def one(number: int) -> object:
        together.wait()
        try:
            return act(number)
        except (AdjustmentDecided, CapReached, NotEnoughPoints) as refusal:
            return refusal

    with ThreadPoolExecutor(count) as staff:
        return list(staff.map(one, range(count)))


def test_a_small_adjustment_is_posted_at_once(world: World) -> None:
    done = adjust(world, 5_000)

    assert isinstance(done, Corrected)
    assert (done.balance, audit(world)) == (5_100, [(SORA, "points.adjust")])


def test_a_large_one_moves_nothing_until_another_approves_it(world: World) -> None:
    waiting = ask(world)
    before = balance(world)

    approved = agree(world, waiting)

    assert (before, balance(world)) == (100, 8_100)
    assert (approved.state, approved.seq) == ("approved", 2)
    assert [(step.state, step.actor, step.reason) for step in approved.steps] == [
        ("waiting", SORA, "a contest"),
        ("approved", JUN, None),
    ]
    entry = world.rows(
        "select e.kind, e.points, n.note, n.actor from entry e join entry_note n using (account_id, seq)"
    )
    assert [tuple(row) for row in entry] == [("adjustment", 8_000, "a contest", SORA)]
    assert audit(world) == [(SORA, "points.ask"), (JUN, "points.approve")]
    assert_whole(world.engine, now=START)


def test_nobody_is_their_own_second(world: World) -> None:
    waiting = ask(world)

    for step in (agree, decline):
        with pytest.raises(AskedByYou):
            step(world, waiting, SORA)

    assert balance(world) == 100


def test_a_key_is_whoever_made_it(world: World) -> None:
    """Else a manager would make a key to approve with, or one for each cap."""

    def make(session: Session) -> None:
        key, _ = create_key(session, name="shop", scopes=["staff:manage"], now=START)
        detail = {"name": key.name}
        note(session, actor=SORA, action="key.create", about=f"key:{key.key_id}", detail=detail, now=START)

    world.run(make)
    waiting = ask(world)

    with pytest.raises(AskedByYou):
        agree(world, waiting, "key:shop")
    assert used(world, "key:shop") == used(world) == 8_000
    assert used(world, "key:other") == 0
    assert take_back(world, waiting, "key:shop").state == "withdrawn"
    asked = adjust(world, 9_000, who=by(world, "key:shop"))
    assert isinstance(asked, AdjustmentRow)
    with pytest.raises(AskedByYou):
        agree(world, asked.adjustment_id, SORA)
    assert used(world) == 9_000


def test_what_is_refused_or_withdrawn_moves_nothing_and_stays_so(world: World) -> None:
    refused, withdrawn = ask(world), ask(world, 9_000)

    declined = decline(world, refused).decided
    with pytest.raises(AskedByAnother):
        take_back(world, withdrawn, JUN)
    take_back(world, withdrawn)

    for decided in (refused, withdrawn):
        for step in (agree, decline):
            with pytest.raises(AdjustmentDecided):
                step(world, decided)
    assert declined is not None
    assert (declined.state, declined.actor, declined.reason) == ("refused", JUN, "too much")
    assert balance(world) == 100
    assert_whole(world.engine, now=START)


def test_the_balance_is_looked_at_when_it_is_asked_for_and_again_when_it_is_approved(world: World) -> None:
    with pytest.raises(NotEnoughPoints):
        ask(world, -6_000)
    adjust(world, 5_000, who=by(world, HANA))
    adjust(world, 5_000, who=by(world, HANA))
    waiting = ask(world, -6_000)
    adjust(world, -5_000, who=by(world, HANA))

    with pytest.raises(NotEnoughPoints):
        agree(world, waiting)

    assert balance(world) == 5_100
    adjust(world, 5_000, who=by(world, JUN))
    agree(world, waiting)
    assert balance(world) == 4_100


def test_it_may_leave_points_owed_where_that_was_asked_for(world: World) -> None:
    agree(world, ask(world, -6_000, overdraft=True))

    assert balance(world) == -5_900
    assert_whole(world.engine, now=START)


def test_the_cap_counts_what_was_given_taken_and_asked_for_but_not_what_came_to_nothing(world: World) -> None:
    adjust(world, 5_000)
    adjust(world, -5_000)
    waiting = ask(world)
    with pytest.raises(CapReached) as refusal:
        adjust(world, 2_001)
    assert (refusal.value.cap, refusal.value.used) == (20_000, 18_000)

    decline(world, waiting)

    assert used(world) == 10_000
    agree(world, ask(world))
    assert used(world) == 18_000


def test_the_cap_is_each_ones_own_and_begins_anew_with_the_day(world: World) -> None:
    agree(world, ask(world, 20_000))
    with pytest.raises(CapReached):
        adjust(world, 1)

    assert used(world, JUN) == 0
    tomorrow = by(world, now=START + DAY)
    assert isinstance(adjust(world, 10, who=tomorrow), Corrected)
    assert used(world, now=START + DAY) == 10


def test_erasing_the_member_gives_no_cap_back(world: World) -> None:
    adjust(world, 5_000)
    ask(world, 8_000)

    world.run(lambda session: erase_member(session, "mina", actor=JUN, now=START))

    assert used(world) == 5_000  # what waited is refused


def test_what_waits_for_a_member_who_is_erased_is_refused_and_its_reason_gone(world: World) -> None:
    waiting, refused = ask(world), ask(world, 9_000)
    decline(world, refused)

    world.run(lambda session: erase_member(session, "mina", actor=HANA, now=START))

    found = world.run(lambda session: find_adjustment(session, waiting))
    assert (found.state, found.member_id, found.asked.reason) == ("refused", None, None)
    assert world.rows("select 1 from adjustment_reason") == []
    assert_whole(world.engine, now=START)


def test_what_waits_for_a_member_who_became_another_is_not_approved(world: World) -> None:
    waiting = ask(world)
    world.record(make_event("member.joined", "sol"))
    world.execute("update member set merged_into = :into where member_id = 'mina'", into=world.account_id("sol"))

    with pytest.raises(MemberGone):
        agree(world, waiting)

    assert decline(world, waiting).state == "refused"


def test_what_is_not_there_is_not_decided(world: World) -> None:
    with pytest.raises(UnknownThing):
        agree(world, UUID(int=7))


def test_of_many_who_approve_at_once_one_does(world: World) -> None:
    waiting = ask(world)

    answers = at_once(TOGETHER, lambda number: agree(world, waiting, f"staff:{number}"))

    assert sum(isinstance(answer, AdjustmentRow) for answer in answers) == 1
    assert balance(world) == 8_100
    assert_whole(world.engine, now=START)


def test_approving_withdrawing_and_refusing_at_once_one_of_them_is_done(world: World) -> None:
    for _ in range(2):
        waiting, before = ask(world), balance(world)
        steps: list[Callable[[], AdjustmentRow]] = [
            lambda waiting=waiting: agree(world, waiting),
            lambda waiting=waiting: take_back(world, waiting),
            lambda waiting=waiting: decline(world, waiting, HANA),
        ]

        answers = at_once(3, lambda number, steps=steps: steps[number]())

        (done,) = [answer for answer in answers if isinstance(answer, AdjustmentRow)]
        assert balance(world) - before == (8_000 if done.state == "approved" else 0)
    assert_whole(world.engine, now=START)


def test_the_cap_holds_when_one_of_the_staff_asks_for_many_at_once(world: World) -> None:
    """Half of them wait, half are posted: together no more than the cap."""
    answers = at_once(TOGETHER, lambda number: adjust(world, 6_000 if number % 2 else 4_000))

    refused = sum(isinstance(answer, CapReached) for answer in answers)
    assert 0 < used(world) <= 20_000
    assert used(world) > 20_000 - 6_000
    assert refused == TOGETHER - len(world.rows("select 1 from audit"))
