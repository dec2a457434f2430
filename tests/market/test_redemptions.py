"""Redemptions step by step: what each takes, gives back and writes down, and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.errors import NotEnoughPoints
from market.codes import CodeKeys, read_own_code
from market.errors import (
    BadCode,
    CodeDoubled,
    MarketError,
    NoCodeInStock,
    NotClaimedByYou,
    NotForSale,
    OwesPoints,
    ReasonNeeded,
    RedemptionIdTaken,
    SecondStaffNeeded,
    SoldOut,
    UnknownProduct,
    UnknownRedemption,
    WrongState,
)
from market.products import ensure_prize_products, find_product
from market.queue import find_redemption, history_of
from market.redemptions import (
    approve,
    cancel,
    claim,
    expire_waiting,
    fulfil,
    reject,
    release_claim,
    request,
    request_prize,
)
from market.states import STEPS, Action, State
from market.verify import stock_errors
from tests.support.market import (
    NOW,
    OTHER_STAFF,
    PERIODS,
    PRICE,
    STAFF,
    TODAY,
    account_of,
    after,
    ask,
    code_states,
    member_with,
    product_with,
)

POINTS = 250
EXPIRY = timedelta(days=30)
TABLES = ("hold", "hold_history", "redemption", "redemption_history", "outbox", "entry", "code", "product", "account")


def points_of(session: Session, member: UUID) -> tuple[int, int]:
    account = account_of(session, member)
    return account.balance, account.held


def everything(session: Session) -> list[tuple[str, ...]]:
    """Every row that the market writes, as text."""
    tables = [session.execute(text(f"select t::text from {table} t order by 1")).scalars() for table in TABLES]
    return [tuple(rows) for rows in tables]


def prize_for(session: Session, member: UUID) -> UUID:
    ensure_prize_products(session, now=NOW)
    prize = request_prize(
        session, redemption_id=uuid7(), account_id=member, product_key="prize-4000", today=TODAY, now=NOW
    )
    return prize.redemption_id


def in_state(session: Session, state: State, *, keys: CodeKeys) -> tuple[UUID, UUID]:
    """A member with a redemption of the only code, in that state."""
    member = member_with(session, POINTS)
    card = product_with(session, codes=[f"ONLY-{uuid7()}"], keys=keys, needs_approval=state == "awaiting_approval")
    redemption_id = ask(session, member, card).redemption_id
    if state in ("claimed", "fulfilled"):
        claim(session, redemption_id, actor=STAFF, now=NOW)
    take: dict[State, Callable[[], object]] = {
        "fulfilled": lambda: fulfil(session, redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW),
        "rejected": lambda: reject(session, redemption_id, actor=STAFF, reason="no", now=NOW),
        "cancelled": lambda: cancel(session, redemption_id, account_id=member, now=NOW),
        "expired": lambda: expire_waiting(session, older_than=EXPIRY, limit=1, now=after(days=31)),
    }
    take.get(state, lambda: None)()
    assert find_redemption(session, redemption_id).state == state
    return member, redemption_id


def step(session: Session, action: Action, *, member: UUID, redemption_id: UUID, keys: CodeKeys) -> object:
    """Take the action on the redemption as its member or as STAFF."""
    staff = {"actor": STAFF, "now": NOW}
    takes: dict[Action, Callable[[], object]] = {
        "approve": lambda: approve(session, redemption_id, **staff),
        "claim": lambda: claim(session, redemption_id, **staff),
        "release": lambda: release_claim(session, redemption_id, **staff),
        "fulfil": lambda: fulfil(session, redemption_id, keys=keys, today=TODAY, **staff),
        "reject": lambda: reject(session, redemption_id, reason="no", **staff),
        "cancel": lambda: cancel(session, redemption_id, account_id=member, now=NOW),
    }
    return takes[action]()


STATES: tuple[State, ...] = (
    "requested",
    "awaiting_approval",
    "claimed",
    "fulfilled",
    "rejected",
    "cancelled",
    "expired",
)
ACTIONS: tuple[Action, ...] = ("approve", "claim", "release", "fulfil", "reject", "cancel")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_is_taken_from_its_states_and_refused_with_the_facts_from_every_other(
    session: Session, keys: CodeKeys, state: State, action: Action
) -> None:
    member, redemption_id = in_state(session, state, keys=keys)
    before = everything(session)

    if state in STEPS[action].sources:
        step(session, action, member=member, redemption_id=redemption_id, keys=keys)
        assert find_redemption(session, redemption_id).state == STEPS[action].target
        assert history_of(session, redemption_id)[-1].action == action
    else:
        with pytest.raises(WrongState) as refused:
            step(session, action, member=member, redemption_id=redemption_id, keys=keys)
        assert (refused.value.have, refused.value.wanted) == (state, STEPS[action].sources)
        assert everything(session) == before
    assert stock_errors(session) == []


def test_a_request_sets_points_aside_and_reserves_a_code_at_once(session: Session, keys: CodeKeys) -> None:
    member, card = member_with(session, POINTS), product_with(session, codes=["A", "B"], keys=keys)

    redemption = ask(session, member, card)

    assert (redemption.state, redemption.points, redemption.code_in_hand, redemption.owes) == (
        "requested",
        PRICE,
        True,
        0,
    )
    assert points_of(session, member) == (POINTS, PRICE)
    assert code_states(session) == ["available", "reserved"]
    assert find_product(session, card.product_id, today=TODAY).left == 1


def test_fulfilling_spends_the_points_once_and_names_the_contra(session: Session, keys: CodeKeys) -> None:
    member, redemption_id = in_state(session, "fulfilled", keys=keys)

    spent = session.execute(text("select points, contra, transfer_id from entry where kind = 'capture'")).one()

    assert points_of(session, member) == (POINTS - PRICE, 0)
    assert tuple(spent) == (-PRICE, "redemption", redemption_id)
    assert code_states(session) == ["issued"]


@pytest.mark.parametrize("state", ["rejected", "cancelled", "expired"])
def test_whatever_ends_without_a_code_gives_points_and_stock_back(
    session: Session, keys: CodeKeys, state: State
) -> None:
    member, redemption_id = in_state(session, state, keys=keys)

    assert points_of(session, member) == (POINTS, 0)
    assert code_states(session) == ["available"]
    assert find_redemption(session, redemption_id).code_in_hand is False


def test_a_number_goes_down_with_a_request_and_up_again_when_given_back(session: Session) -> None:
    member, card = member_with(session, POINTS), product_with(session, stock="number", quantity=1)

    redemption = ask(session, member, card)
    taken = find_product(session, card.product_id, today=TODAY).left
    cancel(session, redemption.redemption_id, account_id=member, now=NOW)

    assert (taken, find_product(session, card.product_id, today=TODAY).left) == (0, 1)


def test_the_history_tells_each_step_with_who_when_and_why(session: Session, keys: CodeKeys) -> None:
    member = member_with(session, POINTS)
    card = product_with(session, codes=["A"], keys=keys, needs_approval=True)

    redemption_id = ask(session, member, card).redemption_id
    approve(session, redemption_id, actor=OTHER_STAFF, now=after(hours=1))
    claim(session, redemption_id, actor=STAFF, now=after(hours=2))
    reject(session, redemption_id, actor=STAFF, reason=" the brand is closed ", now=after(hours=3))

    lines = [
        (line.action, line.state, line.actor, line.reason, line.recorded_at)
        for line in history_of(session, redemption_id)
    ]
    assert lines == [
        ("request", "requested", "member", None, NOW),
        ("ask_approval", "awaiting_approval", "system", None, NOW),
        ("approve", "requested", OTHER_STAFF, None, after(hours=1)),
        ("claim", "claimed", STAFF, None, after(hours=2)),
        ("reject", "rejected", STAFF, "the brand is closed", after(hours=3)),
    ]


def test_each_step_is_told_through_the_outbox_in_its_own_transaction(session: Session, keys: CodeKeys) -> None:
    member, redemption_id = in_state(session, "fulfilled", keys=keys)

    told = session.execute(text("select account_id, payload from outbox where topic = 'redemption' order by id")).all()

    assert [row.payload["state"] for row in told] == ["requested", "claimed", "fulfilled"]
    assert {(row.account_id, row.payload["redemption_id"]) for row in told} == {(member, str(redemption_id))}


def test_the_same_id_again_answers_the_first_redemption_and_takes_nothing(session: Session, keys: CodeKeys) -> None:
    member, card = member_with(session, POINTS), product_with(session, codes=["A", "B"], keys=keys)
    redemption_id = uuid7()
    first = ask(session, member, card, redemption_id=redemption_id)
    before = everything(session)

    again = ask(session, member, card, redemption_id=redemption_id, now=after(days=1))

    assert again == first
    assert everything(session) == before


def test_an_id_of_another_redemption_is_refused(session: Session, keys: CodeKeys) -> None:
    member, card = member_with(session, POINTS), product_with(session, codes=["A"], keys=keys)
    other = product_with(session, stock="unlimited")
    redemption_id = ask(session, member, card).redemption_id

    with pytest.raises(RedemptionIdTaken):
        ask(session, member, other, redemption_id=redemption_id)
    with pytest.raises(RedemptionIdTaken):
        ask(session, member_with(session, POINTS), card, redemption_id=redemption_id)


def test_every_refusal_of_a_request_leaves_everything_as_it_was(session: Session, keys: CodeKeys) -> None:
    rich, poor, broke, owing = [member_with(session, points) for points in (POINTS, PRICE - 1, 0, -1)]
    card, empty = product_with(session, codes=["A"], keys=keys), product_with(session)
    ensure_prize_products(session, now=NOW)
    prize = request_prize(
        session, redemption_id=uuid7(), account_id=rich, product_key="prize-4000", today=TODAY, now=NOW
    )
    before = everything(session)
    asked: list[tuple[type[Exception], UUID, UUID]] = [
        (UnknownProduct, rich, uuid7()),
        (NotForSale, rich, prize.product_id),
        (OwesPoints, owing, card.product_id),
        (NotEnoughPoints, poor, card.product_id),
        (NotEnoughPoints, broke, card.product_id),
        (SoldOut, rich, empty.product_id),
    ]

    for refusal, member, product_id in asked:
        with pytest.raises(refusal):
            request(
                session,
                redemption_id=uuid7(),
                account_id=member,
                product_id=product_id,
                periods=PERIODS,
                now=NOW,
            )

    assert everything(session) == before


def test_points_that_are_held_cannot_be_spent_again(session: Session) -> None:
    member, card = member_with(session, POINTS), product_with(session, stock="unlimited")

    ask(session, member, card)
    ask(session, member, card)

    with pytest.raises(NotEnoughPoints) as refused:
        ask(session, member, card)
    assert (refused.value.available, refused.value.needed) == (POINTS - 2 * PRICE, PRICE)


def test_the_code_that_lapses_first_goes_out_first(session: Session, keys: CodeKeys) -> None:
    lines = ["LAST", "MAY,2026-05-01", "APRIL,2026-04-01", "TODAY,2026-03-04", "JUNE,2026-06-01"]
    member, card = member_with(session, 5 * PRICE), product_with(session, codes=lines, keys=keys)
    given: list[str] = []

    for _ in lines:
        redemption_id = ask(session, member, card).redemption_id
        claim(session, redemption_id, actor=STAFF, now=NOW)
        fulfil(session, redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW)
        given.append(read_own_code(session, redemption_id, account_id=member, keys=keys, now=NOW).code)

    assert given == ["TODAY", "APRIL", "MAY", "JUNE", "LAST"]


def test_a_code_past_its_last_day_is_never_reserved(session: Session, keys: CodeKeys) -> None:
    member, card = member_with(session, POINTS), product_with(session, codes=["PAST,2026-03-04", "GOOD"], keys=keys)
    tomorrow = replace(PERIODS, today=TODAY + timedelta(days=1))

    redemption_id = ask(session, member, card, periods=tomorrow, now=after(days=1)).redemption_id

    reserved = session.execute(text("select ciphertext from code where state = 'reserved'")).scalar_one()
    assert keys.fernet.decrypt(bytes(reserved)) == b"GOOD"
    with pytest.raises(SoldOut):
        ask(session, member, card, periods=tomorrow, now=after(days=1))
    assert find_redemption(session, redemption_id).code_in_hand


def test_a_reserved_code_that_lapsed_while_it_waited_is_replaced_and_never_issued(
    session: Session, keys: CodeKeys
) -> None:
    member, card = member_with(session, POINTS), product_with(session, codes=["DEAD,2026-03-04", "GOOD"], keys=keys)
    redemption_id = ask(session, member, card).redemption_id
    claim(session, redemption_id, actor=STAFF, now=NOW)

    fulfil(session, redemption_id, actor=STAFF, keys=keys, today=TODAY + timedelta(days=1), now=after(days=1))

    assert read_own_code(session, redemption_id, account_id=member, keys=keys, now=after(days=1)).code == "GOOD"
    assert code_states(session) == ["issued", "lapsed"]
    assert stock_errors(session) == []


def test_a_typed_in_code_is_issued_and_the_reserved_one_goes_back_to_the_stock(
    session: Session, keys: CodeKeys
) -> None:
    member, redemption_id = in_state(session, "claimed", keys=keys)

    fulfil(session, redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW, code="  BY-HAND-1  ")

    assert read_own_code(session, redemption_id, account_id=member, keys=keys, now=NOW).code == "BY-HAND-1"
    assert code_states(session) == ["available", "issued"]
    assert points_of(session, member) == (POINTS - PRICE, 0)
    assert stock_errors(session) == []


@pytest.mark.parametrize(
    "typed, refusal", [("", BadCode), ("   ", BadCode), ("a\nb", BadCode), ("x" * 256, BadCode), ("TWICE", CodeDoubled)]
)
def test_a_typed_in_code_that_is_none_or_known_is_refused(
    session: Session, keys: CodeKeys, typed: str, refusal: type[MarketError]
) -> None:
    product_with(session, codes=["TWICE"], keys=keys)
    member, redemption_id = in_state(session, "claimed", keys=keys)
    before = everything(session)

    with pytest.raises(refusal) as refused, session.begin_nested():
        fulfil(session, redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW, code=typed)

    assert typed.strip() == "" or typed not in repr(refused.value)
    assert everything(session) == before
    assert points_of(session, member) == (POINTS, PRICE)


@pytest.mark.parametrize("stock", ["number", "unlimited"])
def test_a_stock_without_codes_needs_one_typed_in(session: Session, keys: CodeKeys, stock: str) -> None:
    member = member_with(session, POINTS)
    card = (
        product_with(session, stock="number", quantity=1)
        if stock == "number"
        else product_with(session, stock="unlimited")
    )
    redemption_id = ask(session, member, card).redemption_id
    claim(session, redemption_id, actor=STAFF, now=NOW)

    with pytest.raises(NoCodeInStock), session.begin_nested():
        fulfil(session, redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW)
    fulfil(session, redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW, code="BOUGHT-1")

    assert read_own_code(session, redemption_id, account_id=member, keys=keys, now=NOW).code == "BOUGHT-1"
    assert stock_errors(session) == []


def test_what_another_has_claimed_is_not_yours_to_finish(session: Session, keys: CodeKeys) -> None:
    _, redemption_id = in_state(session, "claimed", keys=keys)

    for take in (
        lambda: fulfil(session, redemption_id, actor=OTHER_STAFF, keys=keys, today=TODAY, now=NOW),
        lambda: reject(session, redemption_id, actor=OTHER_STAFF, reason="no", now=NOW),
        lambda: release_claim(session, redemption_id, actor=OTHER_STAFF, now=NOW),
    ):
        with pytest.raises(NotClaimedByYou) as refused:
            take()
        assert refused.value.claimed_by == STAFF

    released = release_claim(session, redemption_id, actor=OTHER_STAFF, of_anybody=True, now=NOW)
    assert (released.state, released.claimed_by) == ("requested", None)


def test_whoever_approves_does_not_fulfil(session: Session, keys: CodeKeys) -> None:
    _, redemption_id = in_state(session, "awaiting_approval", keys=keys)
    approve(session, redemption_id, actor=STAFF, now=NOW)

    with pytest.raises(SecondStaffNeeded):
        claim(session, redemption_id, actor=STAFF, now=NOW)

    assert claim(session, redemption_id, actor=OTHER_STAFF, now=NOW).claimed_by == OTHER_STAFF


def test_a_rejection_needs_a_reason(session: Session, keys: CodeKeys) -> None:
    _, redemption_id = in_state(session, "requested", keys=keys)

    with pytest.raises(ReasonNeeded):
        reject(session, redemption_id, actor=STAFF, reason=" ", now=NOW)


def test_a_member_cancels_only_what_is_theirs(session: Session, keys: CodeKeys) -> None:
    _, redemption_id = in_state(session, "requested", keys=keys)

    with pytest.raises(UnknownRedemption):
        cancel(session, redemption_id, account_id=member_with(session, 10), now=NOW)
    with pytest.raises(UnknownRedemption):
        cancel(session, uuid7(), account_id=member_with(session, 10), now=NOW)


def test_only_what_waited_longer_than_the_limit_expires_oldest_first(session: Session) -> None:
    member, card = member_with(session, 5 * PRICE), product_with(session, stock="number", quantity=5)
    ids = [ask(session, member, card, now=after(days=day)).redemption_id for day in range(4)]
    claim(session, ids[0], actor=STAFF, now=NOW)

    first = expire_waiting(session, older_than=EXPIRY, limit=1, now=after(days=33))
    rest = expire_waiting(session, older_than=EXPIRY, limit=10, now=after(days=33))

    assert (first, rest) == ([ids[1]], [ids[2]])
    assert points_of(session, member) == (5 * PRICE, 2 * PRICE)
    assert find_product(session, card.product_id, today=TODAY).left == 3
    holds = session.execute(text("select state from hold order by placed_at")).scalars().all()
    assert list(holds) == ["placed", "expired", "expired", "placed"]
    assert stock_errors(session) == []


def test_a_prize_costs_nothing_takes_no_stock_and_never_expires(session: Session) -> None:
    member = member_with(session, -5)

    redemption_id = prize_for(session, member)
    expired = expire_waiting(session, older_than=EXPIRY, limit=10, now=after(days=400))

    prize = find_redemption(session, redemption_id)
    assert (prize.origin, prize.points, prize.state, expired) == ("prize", 0, "requested", [])
    assert points_of(session, member) == (-5, 0)
    assert session.execute(text("select count(*) from hold")).scalar() == 0


def test_a_prize_is_fulfilled_with_a_code_typed_in_and_no_entry(session: Session, keys: CodeKeys) -> None:
    member = member_with(session, POINTS)
    redemption_id = prize_for(session, member)
    claim(session, redemption_id, actor=STAFF, now=NOW)

    fulfil(session, redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW, code="PRIZE-1")

    assert read_own_code(session, redemption_id, account_id=member, keys=keys, now=NOW).code == "PRIZE-1"
    assert points_of(session, member) == (POINTS, 0)
    assert session.execute(text("select count(*) from entry where kind = 'capture'")).scalar() == 0
    assert stock_errors(session) == []


def test_a_rejected_prize_adds_nothing_to_any_stock(session: Session) -> None:
    member, card = member_with(session, POINTS), product_with(session, stock="number", quantity=3)
    prize = request_prize(session, redemption_id=uuid7(), account_id=member, product_key=card.key, today=TODAY, now=NOW)

    reject(session, prize.redemption_id, actor=STAFF, reason="a robot", now=NOW)

    assert find_product(session, card.product_id, today=TODAY).left == 3
    assert stock_errors(session) == []


def test_a_prize_may_come_from_codes_in_stock_and_then_takes_one(session: Session, keys: CodeKeys) -> None:
    member, card = member_with(session, 0), product_with(session, codes=["A", "B"], keys=keys)
    prize = request_prize(session, redemption_id=uuid7(), account_id=member, product_key=card.key, today=TODAY, now=NOW)
    claim(session, prize.redemption_id, actor=STAFF, now=NOW)

    fulfil(session, prize.redemption_id, actor=STAFF, keys=keys, today=TODAY, now=NOW)

    assert code_states(session) == ["available", "issued"]
    assert stock_errors(session) == []
