"""Lots in PostgreSQL: what writers do to them, each beside the entries that do it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts, write_accounts
from ledger.holds import capture_hold, place_hold, release_hold
from ledger.lapses import coming_lapses
from ledger.outbox import open_generation
from ledger.postings import Posting, post
from ledger.verify import ledger_findings
from ledger.verify_lots import OF_LOTS
from rewards.earning.correct import reverse_award
from rewards.earning.opening import open_balances
from rewards.merging import merge as move_in
from rewards.runtime.database import transaction
from tests.support.clock import START
from tests.support.factories import make_comment, make_event
from tests.support.lapsing import (
    DAY,
    account_of,
    account_with_lots,
    entries_of,
    give,
    lapsing_policy,
    open_lots,
)
from tests.support.world import World, open_world

MIDNIGHT = START.replace(hour=15) + 2 * DAY
"""When comments of START's day lapse, in Seoul."""


@pytest.fixture
def world(engine: Engine) -> World:
    return open_world(engine, policy=lapsing_policy())


def lots_of(world: World, member_id: str) -> dict[datetime, int]:
    return world.run(lambda session: open_lots(session, world.account_id(member_id)))


def lock_at(world: World, member_id: str, *, now: datetime) -> None:
    """What every writer does first."""
    world.run(lambda session: lock_accounts(session, [world.account_id(member_id)], now=now))


def check(world: World) -> None:
    """Nothing is broken."""
    assert world.run(lambda session: list(ledger_findings(session))) == []


def test_what_a_rule_gives_lapses_after_its_days_and_the_rest_never(world: World) -> None:
    # when
    world.record(make_comment(), make_event("login", "mina"))
    world.check_in("mina")

    # then: 10 of the comment, 100 of the check-in; the sign-in's 2 never
    check_ins = START.replace(hour=15) + 5 * DAY
    assert lots_of(world, "mina") == {MIDNIGHT: 10, check_ins: 100}
    assert world.account("mina").available == 112
    lock_at(world, "mina", now=check_ins)
    assert world.account("mina").available == 2
    assert world.rows("select distinct payload ->> 'outcome' as said from outbox where payload ->> 'points' = '-110'")
    check(world)


def test_a_deletion_gives_back_what_had_lapsed_and_takes_the_award_exactly(world: World) -> None:
    # given: an award that has lapsed, and one that has not
    world.record(make_comment(subject="comment:1"))
    later = MIDNIGHT + DAY
    world.record(make_comment(at=later), now=later)
    assert world.account("mina").balance == 10

    # when
    deleted = world.record_one(make_event("comment.deleted", subject="comment:1", at=later), now=later)

    # then
    assert (deleted.decision.points, deleted.decision.balance) == (-10, 10)
    entries = world.run(lambda session: entries_of(session, world.account_id("mina")))
    assert entries == [("award", 10), ("expiry", -10), ("award", 10), ("expiry", 10), ("reversal", -10)]
    assert sum(lots_of(world, "mina").values()) == 10

    # when: it is given again, it lapses at once, since its date has passed
    world.record(make_event("comment.restored", subject="comment:1", at=later), now=later)
    assert world.account("mina").balance == 20
    lock_at(world, "mina", now=later)

    # then
    assert world.account("mina").balance == 10
    check(world)


def test_staff_who_reverse_a_lapsed_award_take_nothing_twice(world: World) -> None:
    # given
    world.record(make_comment())
    lock_at(world, "mina", now=MIDNIGHT)

    # when
    corrected = world.run(
        lambda session: reverse_award(
            session, "mina", seq=1, reason="fraud", actor="staff:jun", terms=world.terms, now=MIDNIGHT
        )
    )

    # then
    assert (corrected.entry.points, corrected.balance) == (-10, 0)
    check(world)


def test_an_award_and_its_deletion_in_one_batch_leave_no_lot(world: World) -> None:
    # when
    world.record(
        make_comment(subject="comment:1"),
        make_event("comment.deleted", subject="comment:1"),
        make_event("comment.restored", subject="comment:1"),
        make_event("comment.deleted", subject="comment:1"),
    )

    # then
    assert lots_of(world, "mina") == {}
    assert world.account("mina").lapsing == 0
    check(world)


def test_a_debt_is_paid_by_the_lot_that_comes(engine: Engine) -> None:
    with transaction(engine) as session:
        # given
        open_generation(session)
        member = account_with_lots(session, {None: 5}, now=START)
        give(session, member, -25, now=START)

        # when
        give(session, member, 30, expires_at=MIDNIGHT, now=START)

        # then
        assert open_lots(session, member) == {MIDNIGHT: 10}
        assert uses(session, member) == [("owed", 20)]
        assert list(ledger_findings(session)) == []


def test_a_capture_in_part_puts_the_latest_back(engine: Engine) -> None:
    with transaction(engine) as session:
        # given: 60 of the 100 are set aside, all of the earlier lot and 20 of the later one
        open_generation(session)
        member = account_with_lots(session, {MIDNIGHT: 40, MIDNIGHT + DAY: 30, None: 30}, now=START)
        hold_id = hold(session, member, 60)
        assert open_lots(session, member) == {MIDNIGHT + DAY: 10}

        # when
        account = lock_accounts(session, [member], now=START)[member]
        after, entry = capture_hold(
            session, account, hold_id=hold_id, transfer_id=uuid7(), contra="redemption", points=45, now=START
        )

        # then
        assert (entry.points, after.available, after.lapsing) == (-45, 55, 25)
        assert open_lots(session, member) == {MIDNIGHT + DAY: 25}
        assert list(ledger_findings(session)) == []


@pytest.mark.parametrize("late", [-1, 0], ids=["before its date", "on its date"])
def test_what_a_hold_gives_back_lives_until_its_date_or_a_week_after_it(engine: Engine, late: int) -> None:
    with transaction(engine) as session:
        # given: the held points outlive their date
        open_generation(session)
        member = account_with_lots(session, {MIDNIGHT: 40}, now=START)
        hold_id = hold(session, member, 30)
        now = MIDNIGHT + timedelta(seconds=late)

        # when
        release_hold(session, lock_accounts(session, [member], now=now)[member], hold_id=hold_id, now=now)

        # then: the 10 that were not held lapse on their date
        on_time = {MIDNIGHT: 40}
        assert open_lots(session, member) == (on_time if late else {now + 7 * DAY: 30})
        lock_accounts(session, [member], now=MIDNIGHT)
        assert account_of(session, member).available == (0 if late else 30)
        assert list(ledger_findings(session)) == []


def test_what_a_hold_gives_back_pays_debts_first(engine: Engine) -> None:
    with transaction(engine) as session:
        # given: 30 held, then a penalty of 50 with 10 left
        open_generation(session)
        member = account_with_lots(session, {MIDNIGHT: 40}, now=START)
        hold_id = hold(session, member, 30)
        give(session, member, -35, now=START)

        # when
        account = lock_accounts(session, [member], now=START)[member]
        after = release_hold(session, account, hold_id=hold_id, now=START)

        # then
        assert (after.available, after.lapsing) == (5, 5)
        assert open_lots(session, member) == {MIDNIGHT: 5}
        assert list(ledger_findings(session)) == []


def test_lots_go_along_with_a_merged_account(engine: Engine) -> None:
    with transaction(engine) as session:
        # given: one that has a debt of 15, and the old account with 70, of which 40 lapse
        open_generation(session)
        survivor = account_with_lots(session, {None: 5}, now=START)
        give(session, survivor, -20, now=START)
        old = account_with_lots(session, {MIDNIGHT: 10, MIDNIGHT + DAY: 30, None: 30}, now=START)

        # when
        merge(session, old, survivor)

        # then: the debt is paid by what would lapse first
        assert open_lots(session, old) == {}
        assert open_lots(session, survivor) == {MIDNIGHT + DAY: 25}
        assert account_of(session, survivor).lapsing == 25
        assert account_of(session, old).lapsing == 0

        # when: a debt goes along as well
        give(session, old, -35, now=START)
        merge(session, old, survivor)

        # then
        assert open_lots(session, survivor) == {}
        assert (account_of(session, survivor).available, account_of(session, old).balance) == (20, 0)
        wrong = [found for found in ledger_findings(session) if "merge" not in f"{found.where}{found.says}"]
        assert wrong == []


@pytest.mark.parametrize("when", ["lapsed", "not yet"])
def test_an_award_of_a_merged_member_is_taken_back_from_the_survivor(world: World, when: str) -> None:
    # given: mina's award, jun's now; its date passes, or not
    world.record(make_comment("mina", subject="comment:1"), make_comment("jun"), make_event("login", "jun"))
    mina = world.account_id("mina")
    world.run(
        lambda session: move_in(
            session, "mina", into="jun", actor="staff:sora", calendar=world.terms.calendar, now=START
        )
    )
    assert lots_of(world, "jun") == {MIDNIGHT: 20}
    now = MIDNIGHT if when == "lapsed" else START + timedelta(minutes=1)
    lock_at(world, "jun", now=now)

    # when
    world.record(make_event("comment.deleted", "jun", subject="comment:1", at=now), now=now)

    # then: taken once, by whatever it was
    assert world.account("jun").balance == (2 if when == "lapsed" else 12)
    assert world.run(lambda session: account_of(session, mina)).balance == 0
    assert sum(lots_of(world, "jun").values()) == (0 if when == "lapsed" else 10)

    # when
    world.record(make_event("comment.restored", "jun", subject="comment:1", at=now), now=now)
    lock_at(world, "jun", now=now)

    # then
    assert world.account("jun").balance == (2 if when == "lapsed" else 22)
    assert [one for one in world.run(lambda session: list(ledger_findings(session))) if one.check in OF_LOTS] == []


def test_opening_balances_may_lapse(world: World) -> None:
    # when
    world.run(lambda session: open_balances(session, {"mina": 70, "jun": 5}, lapses={"mina": MIDNIGHT}, now=START))

    # then
    assert lots_of(world, "mina") == {MIDNIGHT: 70}
    assert lots_of(world, "jun") == {}
    coming = world.run(lambda session: coming_lapses(session, world.account_id("mina"), now=START))
    assert [tuple(one) for one in coming] == [(MIDNIGHT, 70)]
    check(world)


def test_an_account_without_lots_costs_no_statement(engine: Engine) -> None:
    # given
    said: list[str] = []

    def note(*about: Any) -> None:
        said.append(about[2])

    with transaction(engine) as session:
        open_generation(session)
        member = account_with_lots(session, {None: 100}, now=START)
        event.listen(engine, "before_cursor_execute", note)

        # when
        hold_id = hold(session, member, 10)
        release_hold(session, lock_accounts(session, [member], now=START)[member], hold_id=hold_id, now=START)
        give(session, member, -1, now=START)
        give(session, member, 1, now=START)
        event.remove(engine, "before_cursor_execute", note)

    # then: whether a hold took of lots is asked along with the hold itself
    assert said
    assert [one for one in said if "from lot " in one or "into lot" in one or "join lot" in one] == []


def hold(session: Session, member: UUID, points: int) -> UUID:
    hold_id = uuid7()
    account = lock_accounts(session, [member], now=START)[member]
    place_hold(session, account, hold_id=hold_id, points=points, purpose="test", now=START)
    return hold_id


def merge(session: Session, old: UUID, survivor: UUID) -> None:
    accounts = lock_accounts(session, [old, survivor], now=START)
    points, transfer_id = accounts[old].balance, uuid7()
    values = {"kind": "merge", "contra": "merge", "transfer_id": transfer_id, "occurred_at": START}
    left, gone = post(accounts[old], Posting(points=-points, **values), now=START)
    right, come = post(accounts[survivor], Posting(points=points, **values), now=START)
    write_accounts(session, [left, right], entries=[gone, come])


def uses(session: Session, member: UUID) -> list[tuple[str, int]]:
    rows = session.execute(
        text("select kind, points from lot_use where account_id = :account_id order by lot_id, use_no"),
        {"account_id": member},
    )
    return [(row.kind, row.points) for row in rows]
