"""Any history of the market, against a model of it in plain Python: states, stock and points agree after every step."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts, write_accounts
from ledger.errors import LedgerError
from ledger.postings import Posting, post
from market.codes import import_codes, read_own_code
from market.errors import MarketError
from market.limits import Limit
from market.products import ProductRow, Stock, add_quantity, find_product
from market.queue import find_redemption
from market.redemptions import approve, cancel, claim, expire_waiting, fulfil, reject, release_claim, request_prize
from market.stock import lapse_codes
from market.verify import stock_errors
from tests.support.market import NOW, PERIODS, account_of, ask, member_with, new_keys, prepare, product_with

KEYS = new_keys()
EXPIRY = timedelta(days=30)
NEVER = date(9999, 1, 1)
STAFF = ("staff:mina", "staff:jun")
OPEN = ("requested", "awaiting_approval", "claimed")

members = st.integers(0, 2)
products = st.integers(0, 3)
staff = st.sampled_from(STAFF)
which = st.integers(0, 99)


@dataclass
class Card:
    """A product as the model has it: codes by their text, each with its last day and state; or a number."""

    row: ProductRow
    stock: Stock
    price: int
    limit: int | None = None
    needs_approval: bool = False
    codes: dict[str, tuple[date, str]] = field(default_factory=dict)
    number: int = 0

    def first_to_lapse(self, today: date) -> str | None:
        good = [(last, code) for code, (last, state) in self.codes.items() if state == "available" and last >= today]
        return min(good)[1] if good else None

    def put(self, code: str, state: str) -> None:
        self.codes[code] = (self.codes[code][0], state)


@dataclass
class Asked:
    """A redemption as the model has it."""

    redemption_id: UUID
    member: int
    product: int
    points: int
    state: str
    asked_at: datetime
    prize: bool = False
    code: str | None = None
    claimed_by: str | None = None
    approved_by: str | None = None


class Market(RuleBasedStateMachine):
    """Takes any step at any time; a refusal must be the model's, and leave everything as it was."""

    engine: ClassVar[Engine]

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(self.engine)
        prepare(self.session)
        self.now = NOW
        self.asked: list[Asked] = []
        self.typed = 0

    def teardown(self) -> None:
        self.session.close()

    @property
    def today(self) -> date:
        return self.now.date()

    @initialize(points=st.lists(st.integers(0, 500), min_size=3, max_size=3), number=st.integers(0, 3))
    def open_the_market(self, points: list[int], number: int) -> None:
        self.ids = [member_with(self.session, each) for each in points]
        self.points = [(each, 0) for each in points]
        self.cards = [
            Card(product_with(self.session, price=100), "codes", 100),
            Card(product_with(self.session, price=70, needs_approval=True), "codes", 70, needs_approval=True),
            Card(
                product_with(self.session, stock="number", quantity=number, price=50, limit=Limit(2, "ever")),
                "number",
                50,
                limit=2,
                number=number,
            ),
            Card(product_with(self.session, stock="unlimited", price=30), "unlimited", 30),
        ]

    def attempt(self, take: Callable[[], object]) -> str | None:
        """Take the step, or answer what refused it."""
        try:
            with self.session.begin_nested():
                take()
        except (MarketError, LedgerError) as refusal:
            return type(refusal).__name__
        return None

    def one(self, number: int) -> Asked:
        return self.asked[number % len(self.asked)]

    def hold(self, member: int, points: int) -> None:
        balance, held = self.points[member]
        self.points[member] = (balance, held + points)

    # Steps of members.

    @rule(member=members, product=products)
    def ask_for_a_card(self, member: int, product: int) -> None:
        redemption_id, card = uuid7(), self.cards[product]
        refused = self.refusal_of_request(member, product)

        periods = replace(PERIODS, today=self.today)
        answer = self.attempt(
            lambda: ask(
                self.session, self.ids[member], card.row, redemption_id=redemption_id, periods=periods, now=self.now
            )
        )

        assert answer == refused
        if refused is None:
            self.hold(member, card.price)
            state = "awaiting_approval" if card.needs_approval else "requested"
            asked = Asked(redemption_id, member, product, card.price, state, self.now)
            if card.stock == "codes":
                asked.code = card.first_to_lapse(self.today)
                assert asked.code is not None
                card.put(asked.code, "reserved")
            card.number -= card.stock == "number"
            self.asked.append(asked)

    def refusal_of_request(self, member: int, product: int) -> str | None:
        card, (balance, held) = self.cards[product], self.points[member]
        had = [
            asked
            for asked in self.asked
            if (asked.member, asked.product) == (member, product)
            and asked.state in (*OPEN, "fulfilled")
            and not asked.prize
        ]
        if balance < 0:
            return "OwesPoints"
        if card.limit is not None and len(had) >= card.limit:
            return "LimitReached"
        if balance - held < card.price:
            return "NotEnoughPoints"
        gone = card.first_to_lapse(self.today) is None if card.stock == "codes" else card.number == 0
        return "SoldOut" if gone and card.stock != "unlimited" else None

    @precondition(lambda self: self.asked)
    @rule(number=which)
    def ask_again_with_the_same_id(self, number: int) -> None:
        asked = self.one(number)
        card = self.cards[asked.product]

        answer = self.attempt(
            lambda: ask(self.session, self.ids[asked.member], card.row, redemption_id=asked.redemption_id, now=self.now)
        )

        assert answer is None

    @precondition(lambda self: self.asked)
    @rule(number=which, member=members)
    def cancel_it(self, number: int, member: int) -> None:
        asked = self.one(number)
        expected = None if asked.state in ("requested", "awaiting_approval") else "WrongState"
        expected = expected if member == asked.member else "UnknownRedemption"

        answer = self.attempt(
            lambda: cancel(self.session, asked.redemption_id, account_id=self.ids[member], now=self.now)
        )

        assert answer == expected
        if answer is None:
            self.give_back(asked, "cancelled")

    # Steps of staff.

    @precondition(lambda self: self.asked)
    @rule(number=which, actor=staff)
    def approve_it(self, number: int, actor: str) -> None:
        asked = self.one(number)

        answer = self.attempt(lambda: approve(self.session, asked.redemption_id, actor=actor, now=self.now))

        assert answer == (None if asked.state == "awaiting_approval" else "WrongState")
        if answer is None:
            asked.state, asked.approved_by = "requested", actor

    @precondition(lambda self: self.asked)
    @rule(number=which, actor=staff)
    def claim_it(self, number: int, actor: str) -> None:
        asked = self.one(number)
        expected = "SecondStaffNeeded" if asked.approved_by == actor else None
        expected = expected if asked.state == "requested" else "WrongState"

        answer = self.attempt(lambda: claim(self.session, asked.redemption_id, actor=actor, now=self.now))

        assert answer == expected
        if answer is None:
            asked.state, asked.claimed_by = "claimed", actor

    @precondition(lambda self: self.asked)
    @rule(number=which, actor=staff, of_anybody=st.booleans())
    def lay_it_back(self, number: int, actor: str, *, of_anybody: bool) -> None:
        asked = self.one(number)
        expected = None if of_anybody or asked.claimed_by == actor else "NotClaimedByYou"
        expected = expected if asked.state == "claimed" else "WrongState"

        answer = self.attempt(
            lambda: release_claim(self.session, asked.redemption_id, actor=actor, of_anybody=of_anybody, now=self.now)
        )

        assert answer == expected
        if answer is None:
            asked.state, asked.claimed_by = "requested", None

    @precondition(lambda self: self.asked)
    @rule(number=which, actor=staff)
    def fulfil_it_from_the_stock(self, number: int, actor: str) -> None:
        asked = self.one(number)
        card = self.cards[asked.product]
        good = asked.code is not None and card.codes[asked.code][0] >= self.today
        code = asked.code if good else card.first_to_lapse(self.today)
        expected = self.refusal_of_end(asked, actor) or ("NoCodeInStock" if code is None else None)

        answer = self.attempt(
            lambda: fulfil(self.session, asked.redemption_id, actor=actor, keys=KEYS, today=self.today, now=self.now)
        )

        assert answer == expected
        if answer is None:
            assert code is not None
            if asked.code is not None and not good:
                card.put(asked.code, "lapsed")
            card.put(code, "issued")
            self.spend(asked, code)

    @precondition(lambda self: self.asked)
    @rule(number=which, actor=staff, known=st.booleans())
    def fulfil_it_by_hand(self, number: int, actor: str, *, known: bool) -> None:
        asked = self.one(number)
        card = self.cards[asked.product]
        self.typed += 1
        code = next(iter(card.codes), None) if known else None
        expected = self.refusal_of_end(asked, actor) or ("CodeDoubled" if code else None)
        typed = code or f"TYPED-{self.typed}"

        answer = self.attempt(
            lambda: fulfil(
                self.session,
                asked.redemption_id,
                actor=actor,
                keys=KEYS,
                today=self.today,
                now=self.now,
                code=typed,
            )
        )

        assert answer == expected
        if answer is None:
            card.codes[typed] = (NEVER, "issued")
            if asked.code is not None:
                card.put(asked.code, "available")
            self.spend(asked, typed)

    @precondition(lambda self: self.asked)
    @rule(number=which, actor=staff)
    def reject_it(self, number: int, actor: str) -> None:
        asked = self.one(number)
        expected = "NotClaimedByYou" if asked.claimed_by not in (None, actor) else None
        expected = expected if asked.state in OPEN else "WrongState"

        answer = self.attempt(lambda: reject(self.session, asked.redemption_id, actor=actor, reason="no", now=self.now))

        assert answer == expected
        if answer is None:
            self.give_back(asked, "rejected")

    def refusal_of_end(self, asked: Asked, actor: str) -> str | None:
        if asked.state != "claimed":
            return "WrongState"
        return None if asked.claimed_by == actor else "NotClaimedByYou"

    def spend(self, asked: Asked, code: str) -> None:
        balance, held = self.points[asked.member]
        self.points[asked.member] = (balance - asked.points, held - asked.points)
        asked.state, asked.code = "fulfilled", code

    def give_back(self, asked: Asked, state: str) -> None:
        self.hold(asked.member, -asked.points)
        asked.state = state
        if asked.code is not None:
            self.cards[asked.product].put(asked.code, "available")
            asked.code = None
        self.cards[asked.product].number += self.cards[asked.product].stock == "number" and not asked.prize

    # What else happens.

    @rule(member=members, product=products)
    def win_a_prize(self, member: int, product: int) -> None:
        card, redemption_id = self.cards[product], uuid7()

        request_prize(
            self.session,
            redemption_id=redemption_id,
            account_id=self.ids[member],
            product_key=card.row.key,
            today=self.today,
            now=self.now,
        )

        state = "awaiting_approval" if card.needs_approval else "requested"
        self.asked.append(Asked(redemption_id, member, product, 0, state, self.now, prize=True))

    @rule(member=members, points=st.integers(-200, 400).filter(bool))
    def earn_or_lose(self, member: int, points: int) -> None:
        account = lock_accounts(self.session, [self.ids[member]], now=self.now)[self.ids[member]]
        kind = "award" if points > 0 else "penalty"
        posting = Posting(points=points, kind=kind, contra="issuance:test", transfer_id=uuid7(), occurred_at=self.now)
        posted, entry = post(account, posting, now=self.now)
        write_accounts(self.session, [posted], entries=[entry])
        balance, held = self.points[member]
        self.points[member] = (balance + points, held)

    @rule(product=st.integers(0, 1), days=st.lists(st.integers(0, 60), min_size=1, max_size=3, unique=True))
    def bring_codes(self, product: int, days: list[int]) -> None:
        card = self.cards[product]
        # Each its own last day, so that the model knows which goes out first.
        lines = {
            f"CODE-{card.row.key}-{self.today + timedelta(days=day)}": self.today + timedelta(days=day) for day in days
        }
        new = {code: last for code, last in lines.items() if code not in card.codes}

        taken = import_codes(
            self.session,
            card.row.product_id,
            lines=[f"{code},{last}" for code, last in lines.items()],
            keys=KEYS,
            today=self.today,
            now=self.now,
        )

        assert (taken.codes, len(taken.refused)) == (len(new), len(lines) - len(new))
        card.codes |= {code: (last, "available") for code, last in new.items()}

    @rule(by=st.integers(-3, 3))
    def count_the_number(self, by: int) -> None:
        card = self.cards[2]

        answer = self.attempt(lambda: add_quantity(self.session, card.row.product_id, by=by, today=self.today))

        assert answer == (None if card.number + by >= 0 else "QuantityTooLow")
        card.number += by if answer is None else 0

    @rule(days=st.integers(1, 20))
    def let_days_pass(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def lapse_what_is_past(self) -> None:
        past = [
            (card, code)
            for card in self.cards
            for code, (last, state) in card.codes.items()
            if state == "available" and last < self.today
        ]

        assert lapse_codes(self.session, today=self.today, limit=1000) == len(past)
        for card, code in past:
            card.put(code, "lapsed")

    @rule()
    def expire_what_waited_too_long(self) -> None:
        late = [
            asked
            for asked in self.asked
            if asked.state in ("requested", "awaiting_approval")
            and not asked.prize
            and asked.asked_at < self.now - EXPIRY
        ]

        expired = expire_waiting(self.session, older_than=EXPIRY, limit=1000, now=self.now)

        assert set(expired) == {asked.redemption_id for asked in late}
        for asked in late:
            self.give_back(asked, "expired")

    # What must hold after every step.

    @invariant()
    def points_agree(self) -> None:
        for member_id, points in zip(getattr(self, "ids", []), getattr(self, "points", []), strict=True):
            account = account_of(self.session, member_id)
            assert (account.balance, account.held) == points

    @invariant()
    def stock_agrees(self) -> None:
        stored = text("select ciphertext, state from code where product_id = :product_id")
        for card in getattr(self, "cards", []):
            rows = self.session.execute(stored, {"product_id": card.row.product_id})
            states = {KEYS.fernet.decrypt(bytes(row.ciphertext)).decode(): row.state for row in rows}
            assert states == {code: state for code, (_, state) in card.codes.items()}
            good = [last for last, state in card.codes.values() if state == "available" and last >= self.today]
            left = {"codes": len(good), "number": card.number, "unlimited": "unlimited"}[card.stock]
            assert find_product(self.session, card.row.product_id, today=self.today).left == left

    @invariant()
    def redemptions_agree(self) -> None:
        for asked in self.asked:
            stored = find_redemption(self.session, asked.redemption_id)
            claimed_by = stored.claimed_by if asked.state in OPEN else None
            assert (stored.state, stored.points) == (asked.state, asked.points)
            assert claimed_by == (asked.claimed_by if asked.state in OPEN else None)
            if asked.state == "fulfilled":
                shown = read_own_code(
                    self.session, asked.redemption_id, account_id=self.ids[asked.member], keys=KEYS, now=self.now
                )
                assert shown.code == asked.code

    @invariant()
    def the_database_agrees_with_itself(self) -> None:
        assert stock_errors(self.session) == []


@pytest.mark.long
def test_any_history_of_the_market_agrees_with_the_model(engine: Engine) -> None:
    machine = type("MarketOnThisDatabase", (Market,), {"engine": engine})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
