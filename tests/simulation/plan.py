"""What a seed stands for: a small community, its clients, what each of them asks in turn, and what goes wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID, uuid5

from rewards.earning.events import Event
from tests.model.calls import (
    Adjust,
    Approve,
    BringCodes,
    Call,
    Cancel,
    CheckIn,
    Claim,
    Count,
    Erase,
    Expire,
    Fulfil,
    Hide,
    LayBack,
    Merge,
    PassOn,
    Redeem,
    Reject,
    Send,
    Settle,
    Suspend,
    TakeBack,
)
from tests.model.market import NEVER, Card
from tests.model.people import Week, day_of
from tests.model.service import MANAGER, STAFF
from tests.support.factories import make_event

BLOCK = 200
"""So many seeds, one after the other, share a database: each has two weeks of its own."""
MERGES = 9
"""Of ten seeds, the one in whose history members are merged, of which the model knows nothing."""
FIRST_RESET = datetime(2026, 2, 22, 15, tzinfo=UTC)
FORTNIGHT = timedelta(days=14)
BEFORE_RESET = timedelta(minutes=20)
IDS = UUID(int=0)
EVENT_TYPES = (
    *("comment.created", "comment.created", "post.created", "reply.received", "like.received", "login"),
    *("warning.given", "comment.deleted", "post.deleted", "comment.restored"),
)
AGES_S = (0, 0, 0, 5, 14, 20, 86400, -1300)
PASSING_S = (*(0.1, 0.5, 1, 1, 2, 5) * 4, 301, 1500)
FAULTS = ("cut", "cut", "killed", "deadlock")


@dataclass(frozen=True, slots=True)
class Planned:
    """A call, after so many seconds; asked again up to `retries` times while its caller does not know what came of it.

    `strike` names a fault and the statement of the first attempt before which it strikes.
    """

    call: Call
    passes_s: float = 0.0
    retries: int = 0
    strike: tuple[int, str] | None = None
    loses_answer: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`before` is what has happened when the clients begin, who then act at once."""

    seed: int
    start: datetime
    before: tuple[Call, ...]
    clients: tuple[tuple[Planned, ...], ...]

    @property
    def name(self) -> str:
        return f"s{self.seed}"

    def redemption_id(self, number: int) -> UUID:
        return uuid5(IDS, f"{self.name}-{number}")

    def weeks(self) -> list[Week]:
        """Its own, and those after."""
        first = self.start + BEFORE_RESET - timedelta(days=7)
        return [Week(first + n * timedelta(days=7)) for n in range(3)]

    def cards(self) -> list[Card]:
        """Products of its own, and the prizes, which all share."""
        codes = {f"{self.name}-C": (NEVER, "available")}
        return [
            Card(f"{self.name}-coded", "codes", 40, codes=codes),
            Card(f"{self.name}-counted", "number", 60, limit=1, number=1, needs_approval=True),
            *(Card(f"prize-{value}", "unlimited", 0, for_sale=False) for value in (4000, 3000, 2000)),
        ]


def plan_of(seed: int) -> Plan:
    """Always the same for a seed."""
    return _Planner(seed).plan()


class _Planner:
    def __init__(self, seed: int) -> None:
        self.chance = chance = Random(seed)
        self.seed = seed
        self.name = f"s{seed}"
        self.start = FIRST_RESET + (seed % BLOCK) * FORTNIGHT + timedelta(days=7) - BEFORE_RESET
        self.members = [f"{self.name}-{letter}" for letter in "abcd"[: chance.choice((2, 3, 3, 4))]]
        self.products = [f"{self.name}-coded", f"{self.name}-counted"]
        wanted = chance.choice(((0, 0, 0), (1, 1, 1), (1, 0, 0)))
        self.redemptions = [self._redemption(number, self.products[product]) for number, product in enumerate(wanted)]
        # Few types in each history, too: caps bite where the same comes again.
        self.types = chance.sample(EVENT_TYPES, chance.choice((1, 2, 3)))
        self.events = [self._event(number) for number in range(chance.randint(3, 7))]
        self.typed = 0
        self.focus = chance.choice(("mix", "mix", "crowd", "rush", "reset"))
        if seed % 10 == MERGES:
            self.focus = "merge"
        self.market = self.focus == "rush" or (self.focus == "mix" and chance.random() < 0.5)
        self.kinds = self._kinds()
        self.faulty = chance.choice((0.0, 0.15, 0.4))

    def plan(self) -> Plan:
        clients = [
            [self._planned() for _ in range(self.chance.randint(1, 5))]
            for _ in range(self.chance.choice((2, 2, 3, 3, 4)))
        ]
        if self.focus == "reset":
            # Settled while others are in the middle of something: after the season, before or after its grace.
            passes_s = self.chance.choice((1260, 1795, 1801, 1801))
            clients[0][0] = replace(clients[0][0], call=self._season(), passes_s=passes_s)
        return Plan(self.seed, self.start, tuple(self._before()), tuple(map(tuple, clients)))

    def _before(self) -> Iterator[Call]:
        """All but one have joined; often a card was asked for already, and perhaps taken in hand."""
        joined = [
            make_event("member.joined", member, event_id=member, at=self.start - timedelta(seconds=1))
            for member in (self.members if self.focus == "rush" else self.members[:-1])
        ]
        yield Send(tuple(joined))
        if self.focus == "mix" and self.market and self.chance.random() < 0.7:
            first = replace(self.redemptions[0], member=self.members[0])
            yield first
            if first.product == self.products[1]:
                yield Approve(first.redemption_id, MANAGER)
            if self.chance.random() < 0.5:
                yield Claim(first.redemption_id, STAFF)

    def _planned(self) -> Planned:
        chance = self.chance
        struck = chance.random() < self.faulty
        strike = (chance.randint(0, 16), chance.choice(FAULTS)) if struck and chance.random() < 0.6 else None
        return Planned(
            call=chance.choice(self.kinds)(),
            passes_s=chance.choice(PASSING_S),
            retries=chance.choice((0, 1, 1, 2)),
            strike=strike,
            loses_answer=struck and strike is None,
        )

    def _kinds(self) -> list[Callable[[], Call]]:
        """Few kinds of calls in each history, so that those meet."""
        chance = self.chance
        if self.focus == "crowd":
            return [self._send] * 3 + [chance.choice((self._check_in, self._shut_out, self._adjust, self._rare))]
        if self.focus == "rush":
            return [self._redeem] * 4 + [self._step] * 3 + [self._cancel, self._adjust]
        if self.focus == "reset":
            return [self._send] * 3 + [self._season] * 2 + [self._check_in, self._take_back, self._rare]
        if self.focus == "merge":
            others = (self._adjust, self._redeem, self._take_back, self._rare, self._season, self._shut_out)
            return [self._send] * 2 + [self._merge] * 2 + [self._check_in, *chance.sample(others, 2)]
        weights = {
            self._send: 6,
            self._check_in: 2,
            self._redeem: 4 * self.market,
            self._cancel: self.market,
            self._step: 6 * self.market,
            self._adjust: 2,
            self._take_back: 1,
            self._shut_out: 1,
            self._season: 1,
            self._rare: 1,
        }
        kinds = [kind for kind, weight in weights.items() for _ in range(weight * chance.choice((0, 0, 1, 3)))]
        return kinds or [self._send]

    def _check_in(self) -> Call:
        return CheckIn(self._member(), self.chance.choice((None, "hi")))

    def _cancel(self) -> Call:
        return Cancel(self._asked(), self.chance.choice((None, self._member())))

    def _adjust(self) -> Call:
        points = self.chance.choice((30, -50, -90))
        return Adjust(self._member(), points, self.chance.random() < 0.2, STAFF)

    def _take_back(self) -> Call:
        return TakeBack(self._member(), self.chance.randint(1, 3), STAFF)

    def _merge(self) -> Call:
        return Merge(self._member(), self._member())

    def _shut_out(self) -> Call:
        return Suspend(self._member(), self.chance.random() < 0.6)

    def _send(self) -> Send:
        count = self.chance.choice((2, 2, 3) if self.focus == "crowd" else (1, 1, 2, 3))
        return Send(tuple(self._said(self.chance.choice(self.events)) for _ in range(count)))

    def _said(self, event: Event) -> Event:
        """Now and then something else under the same id."""
        if self.chance.random() >= (0.2 if self.focus == "crowd" else 0.05):
            return event
        return replace(event, board="free") if self.chance.random() < 0.5 else replace(event, member_id=self._member())

    def _redeem(self) -> Redeem:
        """Ids are the service's own outside: none comes from two members."""
        return self.chance.choice(self.redemptions)

    def _step(self) -> Call:
        """Of staff, with a redemption: mostly the usual way of one."""
        step = self.chance.choice((Approve, Claim, Claim, Fulfil, Fulfil, LayBack, Reject))
        actor = self.chance.choice((STAFF, STAFF, STAFF, MANAGER))
        if step is not Fulfil:
            return step(self._asked(), actor)
        self.typed += 1
        code = self.chance.choice((None, None, f"{self.name}-T{self.typed}", f"{self.name}-C"))
        return Fulfil(self._asked(), actor, code)

    def _season(self) -> Call:
        week: date = day_of(self.start + BEFORE_RESET - timedelta(days=7))
        return self.chance.choice((Settle(week), Settle(week), Settle(week, review=True)))

    def _rare(self) -> Call:
        chance = self.chance
        return chance.choice(
            (
                Hide(self._member(), chance.random() < 0.6),
                Erase(self._member()),
                Expire(chance.choice((0, 60))),
                Count(self.products[1], chance.choice((-1, 1, 1))),
                BringCodes(self.products[0], ((f"{self.name}-D", NEVER), (f"{self.name}-C", NEVER))),
                PassOn(self._asked(), MANAGER),
            )
        )

    def _member(self) -> str:
        return self.chance.choice(self.members)

    def _asked(self) -> UUID:
        return self.chance.choice(self.redemptions).redemption_id

    def _redemption(self, number: int, product: str) -> Redeem:
        redemption_id = uuid5(IDS, f"{self.name}-{number}")
        member = self.members[number % len(self.members)]
        return Redeem(redemption_id, member, product)

    def _event(self, number: int) -> Event:
        chance = self.chance
        return Event(
            source="forum",
            id=f"{self.name}-{number}",
            type=chance.choice(self.types),
            member_id=self._member(),
            occurred_at=self.start - timedelta(seconds=chance.choice(AGES_S)),
            subject=chance.choice((None, f"{self.name}:1", f"{self.name}:1", f"{self.name}:2")),
            board=chance.choice((None, None, None, "market")),
        )
