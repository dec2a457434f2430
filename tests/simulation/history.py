"""A history as it was played: each call with its beginning, its end and its answer, and the order of the commits."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from market.limits import Limit
from market.products import Stock, ensure_prize_products
from market.redemptions import expire_waiting
from rewards.http.outages import is_away, is_worth_again
from rewards.ranking.season_rows import ensure_current
from rewards.runtime.database import transaction
from tests.model.calls import BringCodes, Call, Refusal
from tests.model.market import Card
from tests.model.service import REFUSALS, Service, Taken, refusal_of
from tests.simulation.plan import FIRST_RESET, Plan, Planned
from tests.simulation.stage import Actor, Injected, Stage, Stuck
from tests.support.market import new_keys, product_with
from tests.support.world import World

ATTEMPTS = 8
CLIENTS_MAX = 4
KEYS = new_keys()


@dataclass(slots=True)
class Spoken:
    """A call of a client. Without an answer and a refusal its caller does not know (`lost` says why).

    `began` and `ended` are steps; `before` and `after` how many commits there were then; `commit` its own number.
    """

    client: str
    call: Call
    began: int
    before: int
    now: datetime
    taken: Taken | None = None
    refusal: Refusal | None = None
    lost: str | None = None
    failure: str | None = None
    answered: bool = False
    commit: int | None = None
    ended: int = 0
    after: int = 0


@dataclass(slots=True)
class History:
    """All of it. `since`: whatever of this history has an id in the database has a greater one."""

    plan: Plan
    since: UUID
    now: datetime
    spoken: list[Spoken] = field(default_factory=list[Spoken])
    commits: list[Spoken] = field(default_factory=list[Spoken])
    notes: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])
    stuck: bool = False


class Theatre:
    """A database in which one history after the other is played. Its engine's connections must be on wires."""

    def __init__(self, world: World, watch: psycopg.Connection[Any]) -> None:
        self.world = world
        self.watch = watch
        world.run(lambda session: ensure_prize_products(session, now=FIRST_RESET))

    def play(self, plan: Plan) -> History:
        """Play a plan; whatever comes of it is in the history."""
        self._connect()
        since = uuid7()
        service = Service(self.world, {}, KEYS)
        self._set(plan, service)
        history = History(plan, since, plan.start)
        stage = Stage(self.watch, Random(plan.seed))
        for number, planned in enumerate(plan.clients):
            client = _Client(f"client {number}", planned, history=history, stage=stage, service=service)
            stage.add(client.name, client.live)
        try:
            stage.play()
        except Stuck:
            history.stuck = True
        history.notes = stage.notes
        return history

    def sweep(self, history: History) -> None:
        """Leave nothing behind that a sweep of a later history would find."""
        late = history.now + timedelta(days=1)
        self.world.run(lambda session: expire_waiting(session, older_than=timedelta(), limit=1000, now=late))

    def _connect(self) -> None:
        """Have a connection ready for each client: making one takes statements, and so turns."""
        with ExitStack() as stack:
            for _ in range(CLIENTS_MAX):
                stack.enter_context(self.world.engine.connect())

    def _set(self, plan: Plan, service: Service) -> None:
        terms = self.world.terms

        def write(session: Session) -> None:
            ensure_current(session, calendar=terms.calendar, now=plan.start, grace_s=terms.grace_s, prizes=terms.prizes)
            for card in plan.cards():
                if card.for_sale:
                    _put_on_sale(session, card, service=service, now=plan.start)
            for call in plan.before:
                service.take(session, call, now=plan.start)

        self.world.run(write)


def _put_on_sale(session: Session, card: Card, *, service: Service, now: datetime) -> None:
    stock: Stock = "number" if card.stock == "number" else "codes"
    service.products[card.key] = product_with(
        session,
        key=card.key,
        stock=stock,
        quantity=card.number if stock == "number" else None,
        price=card.price,
        limit=None if card.limit is None else Limit(card.limit, "ever"),
        needs_approval=card.needs_approval,
    )
    if card.codes:
        brought = BringCodes(card.key, tuple((code, last) for code, (last, _) in card.codes.items()))
        service.take(session, brought, now=now)


class _Client:
    """Asks what is planned, one after the other, as callers do: again where the service says so, or says nothing."""

    def __init__(
        self, name: str, planned: tuple[Planned, ...], *, history: History, stage: Stage, service: Service
    ) -> None:
        self.name = name
        self.planned = planned
        self.history = history
        self.stage = stage
        self.service = service
        self.engine: Engine = service.world.engine

    def live(self, actor: Actor) -> None:
        for planned in self.planned:
            self.stage.leave_to_others()
            self.history.now += timedelta(seconds=planned.passes_s)
            strike, loses_answer = planned.strike, planned.loses_answer
            for _ in range(1 + planned.retries):
                spoken = self._ask(actor, planned.call, strike=strike, loses_answer=loses_answer)
                if spoken.lost is None:
                    break
                strike, loses_answer = None, False

    def _ask(self, actor: Actor, call: Call, *, strike: tuple[int, str] | None, loses_answer: bool) -> Spoken:
        history = self.history
        spoken = Spoken(self.name, call, self.stage.tick(), len(history.commits), history.now)
        history.spoken.append(spoken)

        def committed() -> None:
            spoken.commit = len(history.commits)
            history.commits.append(spoken)

        def attempt() -> None:
            spoken.now, spoken.taken = history.now, None
            with transaction(self.engine) as session:
                spoken.taken = self.service.take(session, call, now=spoken.now)

        actor.begin(strike=strike, loses_answer=loses_answer, on_commit=committed)
        self._again(attempt, spoken)
        spoken.ended, spoken.after = self.stage.tick(), len(history.commits)
        return spoken

    def _again(self, attempt: Callable[[], None], spoken: Spoken) -> None:
        """As the service does for a request: again where others came first or a deadlock was broken."""
        for _ in range(ATTEMPTS):
            try:
                attempt()
            except (SQLAlchemyError, *REFUSALS) as error:
                if isinstance(error, DBAPIError) and _is_real_deadlock(error):
                    spoken.failure = "a deadlock"
                if not is_worth_again(error):
                    self._gave_up(error, spoken)
                    return
            except Exception as error:  # noqa: BLE001 -- whatever else escapes the service is what we look for
                spoken.failure = repr(error)
                return
            else:
                spoken.answered = True
                return
        spoken.failure = f"others were faster {ATTEMPTS} times"

    def _gave_up(self, error: Exception, spoken: Spoken) -> None:
        if is_away(error):
            spoken.lost = type(getattr(error, "orig", error)).__name__
        elif isinstance(error, REFUSALS):
            spoken.refusal = refusal_of(error)
        else:
            spoken.failure = repr(error)


def _is_real_deadlock(error: DBAPIError) -> bool:
    return isinstance(error.orig, psycopg.errors.DeadlockDetected) and not isinstance(error.orig, Injected)
