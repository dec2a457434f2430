"""A community in which everything has happened once: every kind of entry, decision, hold and redemption."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from market.codes import CodeKeys
from market.products import ensure_prize_products
from market.redemptions import cancel, claim, fulfil
from rewards.attendance.attend import Arrival
from rewards.earning.correct import adjust, reverse_award
from rewards.earning.opening import open_balances
from rewards.settlement import settle
from rewards.staff.adjustment_rows import AdjustmentRow
from rewards.staff.adjustments import Adjuster, adjust_within, approve, refuse, withdraw
from rewards.staff.limits import AdjustLimits
from tests.support.clock import START
from tests.support.factories import make_comment, make_event
from tests.support.market import STAFF, TODAY, ask, new_keys, product_with
from tests.support.world import World

DAY = timedelta(days=1)
LATER = START + 7 * DAY
"""The Wednesday after: the first week is final, the second is open."""


def let_everything_happen(world: World) -> None:
    """Two weeks: the first is settled in the end, on the third day of the second somebody checks in."""
    world.run(lambda session: ensure_prize_products(session, now=START))
    _earn(world)
    world.bring_in(Arrival("mina", START - 2 * DAY), Arrival("mina", START - DAY), award=False)
    for member_id in ("mina", "jun", "sora"):
        world.check_in(member_id, greeting="안녕하세요")
    world.run(lambda session: open_balances(session, {"mina": 500}, lapses={"mina": LATER + 30 * DAY}, now=START))
    keys = new_keys()
    world.run(lambda session: _exchange(session, world, keys=keys))
    world.run(lambda session: _correct(session, world))
    _ask_for_adjustments(world)
    world.run(lambda session: settle(session, START.date() - 2 * DAY, review=False, today=LATER.date(), now=LATER))
    world.check_in("jun", now=LATER - DAY)
    world.check_in("jun", now=LATER)
    world.record(make_event("like.received", "jun", subject="post:9", at=LATER), now=LATER)


def _earn(world: World) -> None:
    """Awards, a charge, a charge that can't be afforded, what caps stop, deletions and restorations."""
    world.record(*(make_event("member.joined", member_id) for member_id in ("mina", "jun", "sora")))
    world.record(
        make_comment(subject="comment:1"),
        make_event("reply.received", "jun", subject="comment:1"),
        make_event("post.created", "mina", subject="post:1", board="market"),
        make_event("post.created", "stranger", subject="post:2", board="market"),
        make_event("poll.closed", "jun"),
        make_event("login", "jun", event_id="login-1"),
        make_event("login", "jun", event_id="login-2"),
    )
    for event_type in ("comment.deleted", "comment.restored", "comment.deleted"):
        world.record(make_event(event_type, subject="comment:1"))
    world.record(make_comment("jun", subject="comment:2"), make_comment("sora", subject="comment:3"))
    world.record(make_event("comment.deleted", "jun", subject="comment:2"))
    world.record(make_event("comment.restored", "jun", subject="comment:2"))


def _exchange(session: Session, world: World, *, keys: CodeKeys) -> None:
    """A redemption that is fulfilled, one that is cancelled, one that waits; and stock that is left."""
    mina, jun = world.account_id("mina"), world.account_id("jun")
    card = product_with(session, codes=[f"CODE-{uuid7()}" for _ in range(4)], keys=keys)
    done = ask(session, mina, card).redemption_id
    claim(session, done, actor=STAFF, now=START)
    fulfil(session, done, actor=STAFF, keys=keys, today=TODAY, now=START)
    cancel(session, ask(session, jun, card).redemption_id, account_id=jun, now=START)
    ask(session, mina, card)


def _correct(session: Session, world: World) -> None:
    """Staff give, take more than there is, and take one award back."""
    adjust(session, "sora", points=40, reason="thanks", actor=STAFF, now=START)
    adjust(session, "sora", points=-900, reason="fraud", actor=STAFF, now=START, overdraft=True)
    reverse_award(session, "sora", seq=1, reason="fraud", actor=STAFF, terms=world.terms, now=START)


def _ask_for_adjustments(world: World) -> None:
    """Four that need a second of the staff: one is approved, one refused, one withdrawn, one waits."""
    limits = AdjustLimits(approval_above=1000, cap_per_day=None)
    by = Adjuster(actor=STAFF, limits=limits, day_start=START, now=START)
    steps: tuple[Callable[[Session, UUID], object], ...] = (
        lambda session, asked: approve(session, asked, actor="staff:second", now=START),
        lambda session, asked: refuse(session, asked, reason="too much", actor="staff:second", now=START),
        lambda session, asked: withdraw(session, asked, actor=STAFF, now=START),
        lambda _session, _asked: None,
    )
    for number, step in enumerate(steps):

        def ask_and_step(session: Session, points: int = -1001 - number, step: Any = step) -> None:
            asked = adjust_within(session, "sora", points=points, reason="fraud", overdraft=True, by=by)
            assert isinstance(asked, AdjustmentRow)
            step(session, asked.adjustment_id)

        world.run(ask_and_step)
