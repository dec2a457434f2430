"""Line 7: fulfil, reject, cancel and expiry race for one redemption. One wins, points and stock agree with it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from market.codes import CodeKeys
from market.errors import NotClaimedByYou, WrongState
from market.products import ProductRow
from market.queue import find_redemption, history_of
from market.redemptions import cancel, claim, expire_waiting, fulfil, reject, release_claim
from market.verify import stock_errors
from rewards.runtime.database import transaction
from tests.support.checker import assert_whole
from tests.support.funded import members_with
from tests.support.market import (
    NOW,
    PRICE,
    STAFF,
    TODAY,
    account_of,
    after,
    ask,
    new_keys,
    prepare,
    product_with,
)

ROUNDS = 40
POINTS = 3 * PRICE

Step = Callable[[Session], object]


@dataclass(frozen=True, slots=True)
class Scene:
    """One redemption of the only code, and who races for it."""

    member: UUID
    redemption_id: UUID
    card: ProductRow
    keys: CodeKeys


def scene(engine: Engine, *, claimed: bool) -> Scene:
    keys = new_keys()
    with transaction(engine) as session:
        prepare(session)
        (member,) = members_with(session, {str(uuid7()): POINTS}, now=NOW)
        card = product_with(session, codes=["THE-ONE"], keys=keys)
        redemption_id = ask(session, member, card).redemption_id
        if claimed:
            claim(session, redemption_id, actor=STAFF, now=NOW)
    return Scene(member, redemption_id, card, keys)


def race(engine: Engine, steps: dict[str, Step]) -> list[str]:
    """Every step at once, each on a connection of its own; answers who won."""
    barrier = threading.Barrier(len(steps))

    def take(name: str) -> str | None:
        with transaction(engine) as session:
            session.execute(text("select 1"))
            barrier.wait(timeout=30)
            return name if steps[name](session) else None

    def try_to_take(name: str) -> str | None:
        try:
            return take(name)
        except (WrongState, NotClaimedByYou):
            return None

    with ThreadPoolExecutor(len(steps)) as pool:
        return [name for name in pool.map(try_to_take, steps) if name]


def take_alone(engine: Engine, step: Step) -> object:
    with transaction(engine) as session:
        return step(session)


def steps_on(scene: Scene) -> dict[str, Step]:
    now, redemption_id = after(days=31), scene.redemption_id
    with_stock = {"actor": STAFF, "keys": scene.keys, "today": TODAY, "now": now}
    return {
        "fulfil": lambda session: fulfil(session, redemption_id, **with_stock),
        "type": lambda session: fulfil(session, redemption_id, code="BY-HAND", **with_stock),
        "reject": lambda session: reject(session, redemption_id, actor=STAFF, reason="no", now=now),
        "cancel": lambda session: cancel(session, redemption_id, account_id=scene.member, now=now),
        "expire": lambda session: expire_waiting(session, older_than=timedelta(days=30), limit=10, now=now),
        "claim": lambda session: claim(session, redemption_id, actor=STAFF, now=now),
        "release": lambda session: release_claim(session, redemption_id, actor=STAFF, now=now),
    }


ENDS = {
    "fulfil": ("fulfilled", ["issued"]),
    "type": ("fulfilled", ["available", "issued"]),
    "reject": ("rejected", ["available"]),
    "cancel": ("cancelled", ["available"]),
    "expire": ("expired", ["available"]),
    "claim": ("claimed", ["reserved"]),
    "release": ("requested", ["reserved"]),
}
HELD = ("requested", "claimed")


def assert_agrees(engine: Engine, scene: Scene, *, winner: str) -> None:
    """Redemption, history, points and stock all tell of the one step that won."""
    state, codes = ENDS[winner]
    with Session(engine) as session:
        account = account_of(session, scene.member)
        stored = session.execute(
            text("select state from code where product_id = :product_id order by 1"),
            {"product_id": scene.card.product_id},
        )
        redemption = find_redemption(session, scene.redemption_id)
        assert redemption.state == history_of(session, scene.redemption_id)[-1].state == state
        assert account.balance == POINTS - (PRICE if state == "fulfilled" else 0)
        assert account.held == (PRICE if state in HELD else 0)
        assert list(stored.scalars()) == codes
        assert stock_errors(session) == []


def race_again_and_again(engine: Engine, *, names: tuple[str, ...], claimed: bool) -> None:
    for _ in range(ROUNDS):
        current = scene(engine, claimed=claimed)
        steps = steps_on(current)

        won = race(engine, {name: steps[name] for name in names})

        assert len(won) == 1, f"{won} won"
        assert_agrees(engine, current, winner=won[0])
    assert_whole(engine, now=after(days=31))


def test_a_claimed_redemption_is_fulfilled_once_or_rejected_and_never_cancelled_or_expired(engine: Engine) -> None:
    race_again_and_again(engine, names=("fulfil", "type", "reject", "cancel", "expire"), claimed=True)


def test_a_claimed_redemption_is_fulfilled_or_laid_back_but_never_both(engine: Engine) -> None:
    race_again_and_again(engine, names=("fulfil", "release", "type"), claimed=True)


def test_a_waiting_redemption_is_cancelled_rejected_or_expired_by_one_of_them(engine: Engine) -> None:
    race_again_and_again(engine, names=("fulfil", "reject", "cancel", "expire", "cancel"), claimed=False)


def test_of_eight_who_want_to_claim_one_does(engine: Engine) -> None:
    current = scene(engine, claimed=False)
    claims: dict[str, Step] = {
        f"staff:{n}": lambda session, n=n: claim(session, current.redemption_id, actor=f"staff:{n}", now=NOW)
        for n in range(8)
    }

    won = race(engine, claims)

    assert len(won) == 1
    with Session(engine) as session:
        assert find_redemption(session, current.redemption_id).claimed_by == won[0]
    assert_whole(engine, now=after(days=31))


def test_staff_who_claim_and_fulfil_race_with_the_member_and_the_clock(engine: Engine) -> None:
    for _ in range(ROUNDS):
        current = scene(engine, claimed=False)
        steps = steps_on(current)
        barrier = threading.Barrier(3)

        def take(*names: str, steps: dict[str, Step] = steps, barrier: threading.Barrier = barrier) -> str | None:
            barrier.wait(timeout=30)
            try:
                taken = [take_alone(engine, steps[name]) for name in names]
            except WrongState:
                return None
            return names[-1] if all(taken) else None

        with ThreadPoolExecutor(3) as pool:
            tries = [pool.submit(take, *names) for names in (("claim", "fulfil"), ("cancel",), ("expire",))]
            won = [name for name in (each.result() for each in tries) if name]

        assert len(won) == 1, f"{won} won"
        assert_agrees(engine, current, winner=won[0])
    assert_whole(engine, now=after(days=31))
