"""Any history of a community, told to the service and to a model that shares nothing with it: both say the same."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid5

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from market.limits import Limit
from market.products import ProductRow, Stock
from rewards.ranking.season_rows import ensure_current, open_backfill
from rewards.ranking.seasons import Bounds
from rewards.verify import findings
from tests.model.agreement import Agreement
from tests.model.calls import (
    Adjust,
    Approve,
    BringCodes,
    Call,
    Cancel,
    CheckIn,
    Claim,
    Count,
    Decide,
    Erase,
    Expire,
    Fulfil,
    GiveAgain,
    Hide,
    LapseCodes,
    LayBack,
    PassOn,
    Redeem,
    Refusal,
    Reject,
    Send,
    Settle,
    Suspend,
    TakeBack,
)
from tests.model.community import Community
from tests.model.market import Card
from tests.model.people import NINE_HOURS, Week, day_of
from tests.model.policy import ALL_POLICY
from tests.model.service import MANAGER, REFUSALS, STAFF, Service, refusal_of
from tests.rewards.earning.histories import BASE, PASSING_S, Namespace, Said, saids
from tests.support.factories import make_event
from tests.support.market import new_keys, product_with
from tests.support.world import GRACE_S, World, open_world

KEYS = new_keys()
FIRST_RESET = datetime(2026, 2, 22, 15, tzinfo=UTC)
OLD_RESET = datetime(2026, 1, 4, 15, tzinfo=UTC)
DAY_S = 86400
LONG_EXAMPLES = 3000
"""With `--hypothesis-profile=long`: an hour or so."""
EXPIRY_S = 5 * DAY_S
IDS = UUID(int=0)
PRODUCTS = ("coded", "approved", "counted", "endless")

members = st.sampled_from(("n-m0", "n-m0", "n-m1", "n-m2", "nobody"))
known = st.sampled_from(("n-m0", "n-m0", "n-m1", "n-m2"))
products = st.sampled_from(PRODUCTS)
staff = st.sampled_from((STAFF, MANAGER))
which = st.integers(0, 99)


def cards() -> list[Card]:
    return [
        Card("coded", "codes", 40),
        Card("approved", "codes", 70, needs_approval=True),
        Card("counted", "number", 50, limit=2, number=1),
        Card("endless", "unlimited", 30),
        *(Card(f"prize-{value}", "unlimited", 0, for_sale=False) for value in (4000, 3000, 2000)),
    ]


def put_on_sale(session: Session, card: Card) -> ProductRow:
    stock: Stock = "number" if card.stock == "number" else "codes" if card.stock == "codes" else "unlimited"
    return product_with(
        session,
        key=card.key,
        stock=stock,
        quantity=card.number if card.stock == "number" else None,
        price=card.price,
        limit=None if card.limit is None else Limit(card.limit, "ever"),
        needs_approval=card.needs_approval,
        for_sale=card.for_sale,
    )


class Life(RuleBasedStateMachine):
    """Makes any call at any time; the answer or the refusal must be the model's, and so must be what is kept.

    All in one transaction that is rolled back in the end, so that every history begins in the same database.
    """

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.now = BASE
        self.changed = False
        self.names = Namespace("n", back_then=OLD_RESET)
        self.numbers = itertools.count(1)
        self.session = Session(self.world.engine)
        self.community = Community(
            ALL_POLICY,
            weeks=[Week(OLD_RESET, live=False), *(Week(FIRST_RESET + timedelta(weeks=n)) for n in range(30))],
            cards=cards(),
            grace_s=GRACE_S,
        )
        made = {card.key: put_on_sale(self.session, card) for card in cards()}
        self.service = Service(self.world, made, KEYS)

    @initialize()
    def begin(self) -> None:
        prizes = self.world.terms.prizes
        bounds = Bounds((OLD_RESET + NINE_HOURS).date(), OLD_RESET, OLD_RESET + timedelta(weeks=1))
        open_backfill(self.session, bounds, actor="test", now=BASE, grace_s=GRACE_S, prizes=prizes)
        # Somebody who owns nothing can be charged nothing, and most histories would never get there.
        joined = [make_event("member.joined", name, at=BASE) for name in self.names.members]
        self.call(Send(tuple(joined)))
        for name, product in zip(self.names.members, ("coded", "approved", "endless"), strict=True):
            self.call(BringCodes("coded", (("FIRST", day_of(BASE) + timedelta(days=1)),)))
            self.call(BringCodes("approved", (("SECOND", day_of(BASE) + timedelta(days=9)),)))
            self.call(Redeem(uuid5(IDS, str(next(self.numbers))), name, product))

    def teardown(self) -> None:
        try:
            self.session.execute(text("set constraints all immediate"))
            found = list(findings(self.session, calendar=self.world.terms.calendar, now=self.now))
            agreement = Agreement(self.session, self.community, keys=KEYS)
            assert found == []
            assert list(agreement.differences_of_seasons(self.now)) == []
        finally:
            self.session.close()

    def call(self, call: Call) -> None:
        ids: Sequence[UUID] = ()
        try:
            with self.session.begin_nested():
                answer, ids, _ = self.service.take(self.session, call, now=self.now)
        except REFUSALS as refusal:
            answer = refusal_of(refusal)
        assert self.community.take(call, self.now, ids=ids) == answer
        self.changed = not isinstance(answer, Refusal)

    def one(self, number: int) -> UUID:
        """The id of some redemption."""
        asked = list(self.community.market.asked)
        return asked[number % len(asked)]

    # What the forum tells, and time.

    @rule(said=st.lists(saids, min_size=1, max_size=8))
    def events_come(self, said: list[Said]) -> None:
        self.call(Send(tuple(self.names.events(said, now=self.now))))

    @rule(said=st.lists(saids, min_size=6, max_size=14))
    def many_events_come(self, said: list[Said]) -> None:
        self.call(Send(tuple(self.names.events(said, now=self.now))))

    @rule(member=members, greeting=st.sampled_from((None, "hi")))
    def somebody_checks_in(self, member: str, greeting: str | None) -> None:
        self.call(CheckIn(member, greeting))

    @rule(seconds=st.sampled_from((*PASSING_S, DAY_S, DAY_S, DAY_S)))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.open_weeks()

    def open_weeks(self) -> None:
        terms = self.world.terms
        ensure_current(self.session, calendar=terms.calendar, now=self.now, grace_s=terms.grace_s, prizes=terms.prizes)

    @rule(live=st.booleans(), review=st.booleans())
    def a_season_is_settled(self, *, live: bool, review: bool) -> None:
        unsettled = [week for week in self.community.points.weeks if week.live and week.state != "final"]
        season = unsettled[0].name if live else self.community.points.weeks[0].name
        self.call(Settle(season, review))

    # Steps of members in the market.

    @rule(member=members, product=products)
    def somebody_asks_for_a_card(self, member: str, product: str) -> None:
        self.call(Redeem(uuid5(IDS, str(next(self.numbers))), member, product))

    @precondition(lambda self: self.community.market.asked)
    @rule(number=which, member=known, product=products)
    def the_same_id_comes_again(self, number: int, member: str, product: str) -> None:
        self.call(Redeem(self.one(number), member, product))

    @precondition(lambda self: self.community.market.asked)
    @rule(number=which, member=st.one_of(st.none(), known))
    def somebody_cancels(self, number: int, member: str | None) -> None:
        self.call(Cancel(self.one(number), member))

    # Steps of staff.

    @precondition(lambda self: self.community.market.asked)
    @rule(number=which, step=st.sampled_from((Approve, Claim, LayBack, Reject, PassOn)), actor=staff)
    def staff_take_a_step(self, number: int, step: Any, actor: str) -> None:
        self.call(step(self.one(number), actor))

    @precondition(lambda self: self.community.market.asked)
    @rule(number=which, actor=staff)
    def staff_lay_back_anothers_claim(self, number: int, actor: str) -> None:
        self.call(LayBack(self.one(number), actor, of_anybody=True))

    @precondition(lambda self: self.community.market.asked)
    @rule(number=which, actor=staff, claimed=st.booleans(), typed=st.sampled_from(("none", "none", "new", "known")))
    def staff_fulfil(self, number: int, actor: str, typed: str, *, claimed: bool) -> None:
        codes = [code for card in self.community.market.cards.values() for code in card.codes]
        code = {"none": None, "new": f"TYPED-{next(self.numbers)}", "known": codes[0] if codes else None}[typed]
        if not claimed:
            self.call(Claim(self.one(number), actor))
        self.call(Fulfil(self.one(number), actor, code))

    @rule(product=st.sampled_from(("coded", "approved")), days=st.lists(st.integers(0, 30), min_size=1, max_size=2))
    def codes_are_brought(self, product: str, days: list[int]) -> None:
        # Each its own last day, so that the model knows which goes out first.
        lasts = {day_of(self.now) + timedelta(days=day) for day in days}
        self.call(BringCodes(product, tuple((f"{product}-{last}", last) for last in sorted(lasts))))

    @rule(member=members, points=st.integers(-170, 170).filter(bool), overdraft=st.booleans(), actor=staff)
    def staff_adjust(self, member: str, points: int, *, overdraft: bool, actor: str) -> None:
        self.call(Adjust(member, points, overdraft, actor))

    @precondition(lambda self: self.community.desk.asked)
    @rule(number=which, how=st.sampled_from(("approved", "approved", "refused", "withdrawn")), actor=staff)
    def staff_decide_an_adjustment(self, number: int, how: Any, actor: str) -> None:
        asked = list(self.community.desk.asked)
        self.call(Decide(asked[number % len(asked)], how, actor))

    @rule(member=known, seq=st.integers(1, 12), way=st.sampled_from((TakeBack, TakeBack, GiveAgain)), actor=staff)
    def staff_turn_an_award(self, member: str, seq: int, way: Any, actor: str) -> None:
        self.call(way(member, seq, actor))

    @rule(member=members, way=st.sampled_from((Suspend, Suspend, Hide)), shut=st.booleans())
    def somebody_is_shut_out(self, member: str, way: Any, *, shut: bool) -> None:
        self.call(way(member, shut))

    @rule(member=st.sampled_from(("n-m1", "n-m2", "nobody")))
    def somebody_is_erased(self, member: str) -> None:
        self.call(Erase(member))

    # What the service does by itself.

    @rule(sweep=st.sampled_from((Expire(EXPIRY_S), LapseCodes(), Count("counted", 1), Count("counted", -2))))
    def it_is_swept_and_counted(self, sweep: Call) -> None:
        self.call(sweep)

    @invariant()
    def both_keep_the_same(self) -> None:
        if not self.changed:
            return
        self.changed = False
        assert list(Agreement(self.session, self.community, keys=KEYS).differences()) == []


def prepare_at_once(connection: psycopg.Connection[Any], _record: Any) -> None:
    """A history says the same few hundred statements again and again: plan each once."""
    connection.prepare_threshold, connection.prepared_max = 1, 1000


@pytest.fixture
def world(engine: Any) -> World:
    """A community whose first live week is that of `BASE`."""
    event.listen(engine, "connect", prepare_at_once)
    world = open_world(engine, policy=ALL_POLICY, at=BASE)
    world.run(
        lambda session: ensure_current(
            session, calendar=world.terms.calendar, now=BASE, grace_s=GRACE_S, prizes=world.terms.prizes
        )
    )
    return world


def lives(world: World) -> type[Life]:
    return type("LifeInThisDatabase", (Life,), {"world": world})


@pytest.mark.long
def test_any_history_is_as_the_model_tells_it(world: World) -> None:
    long = settings.get_current_profile_name() == "long"
    run_state_machine_as_test(
        lives(world),
        settings=settings(
            max_examples=LONG_EXAMPLES if long else 30,
            stateful_step_count=100 if long else 40,
            deadline=None,
            # Without shrinking, which takes minutes: to read a failure, add it and run with the seed that was printed.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
