"""Lots against a model that keeps every single point: which are taken, which lapse, what comes back, and when."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from uuid_utils.compat import uuid7

from ledger.lots import RELEASED_LIVE, Cause, Held, Lot, Outcome, Use, resolve_hold, take_entries, take_hold
from ledger.postings import AccountState, EntryRow, Kind, Posting, given_back, post, with_held

DAY = timedelta(days=1)
NEVER = datetime.max.replace(tzinfo=UTC)
amounts = st.integers(1, 12)


@dataclass(eq=False)
class Point:
    """One point. `expires_at` NEVER for what doesn't lapse; `where` it is: here, held, lapsed or gone."""

    number: int
    earned_at: datetime
    expires_at: datetime
    where: str = "here"

    @property
    def order(self) -> tuple[datetime, datetime, int]:
        """Which is taken first."""
        return self.expires_at, self.earned_at, self.number


@dataclass
class Pile:
    """The model: every point, and how many are owed."""

    points: list[Point] = field(default_factory=list[Point])
    owed: int = 0

    def here(self) -> list[Point]:
        return sorted((point for point in self.points if point.where == "here"), key=lambda point: point.order)

    def give(self, count: int, *, earned_at: datetime, expires_at: datetime) -> list[Point]:
        given = [Point(len(self.points) + number, earned_at, expires_at) for number in range(count)]
        self.points.extend(given)
        self._pay(given)
        return given

    def take(self, count: int) -> None:
        taken = self.here()[:count]
        for point in taken:
            point.where = "gone"
        self.owed += count - len(taken)

    def hold(self, count: int) -> list[Point]:
        held = self.here()[:count]
        for point in held:
            point.where = "held"
        return held

    def resolve(self, held: list[Point], *, captured: int, now: datetime) -> None:
        for point in held[:captured]:
            point.where = "gone"
        back = held[captured:]
        for point in back:
            point.where = "here"
        self._pay(back)
        for point in back:
            if point.expires_at <= now:
                point.expires_at = now + RELEASED_LIVE

    def sweep(self, now: datetime) -> int:
        due = [point for point in self.here() if point.expires_at <= now]
        for point in due:
            point.where = "lapsed"
        return len(due)

    def reverse(self, award: list[Point]) -> None:
        if award[0].expires_at == NEVER:
            never = [point for point in self.here() if point.expires_at == NEVER][: len(award)]
            for point in never:
                point.where = "gone"
            self.take(len(award) - len(never))
            return
        elsewhere = sum(point.where in ("gone", "held") for point in award)
        for point in award:
            point.where = "gone" if point.where == "here" else point.where
        self.take(elsewhere)

    def _pay(self, coming: list[Point]) -> None:
        for point in sorted(coming, key=lambda point: point.order)[: self.owed]:
            point.where = "gone"
            self.owed -= 1


@dataclass
class Award:
    """An award as both know it: its entry, the end of its line, and its points in the model."""

    entry: EntryRow
    tail: int
    points: list[Point]


class Points(RuleBasedStateMachine):
    """One account whose points come, go, are set aside, and lapse, second by second."""

    awards = Bundle("awards")
    taken_back = Bundle("taken_back")
    holds = Bundle("holds")

    @initialize()
    def open(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.account = AccountState.unopened(uuid7(), self.now)
        self.lots: dict[UUID, Lot] = {}
        self.uses: list[Use] = []
        self.pile = Pile()

    @rule(target=awards, points=amounts, days=st.integers(1, 12) | st.none())
    def award(self, points: int, days: int | None) -> Award:
        self._lock()
        expires_at = None if days is None else self.now + days * DAY
        entry = self._post(points, kind="award", expires_at=expires_at)
        return Award(entry, entry.seq, self.pile.give(points, earned_at=self.now, expires_at=expires_at or NEVER))

    @rule(points=amounts)
    def take_anyhow(self, points: int) -> None:
        self._lock()
        self._post(-points, kind="penalty")
        self.pile.take(points)

    @rule(target=taken_back, award=consumes(awards))
    def take_award_back(self, award: Award) -> Award:
        self._lock()
        lapsed = sum(lot.lapsed for lot in self.lots.values() if lot.seq == award.tail)
        entries = [given_back(lapsed, occurred_at=self.now)] if lapsed else []
        reversal = self._posting(-award.entry.points, kind="reversal", reverses=award.tail, award_seq=award.entry.seq)
        *_, entry = self._write(*entries, reversal)
        self.pile.reverse(award.points)
        return replace(award, tail=entry.seq)

    @rule(target=awards, award=consumes(taken_back))
    def give_award_again(self, award: Award) -> Award:
        self._lock()
        restore = self._posting(award.entry.points, kind="restore", reverses=award.tail, award_seq=award.entry.seq)
        (entry,) = self._write(restore)
        earned_at, expires_at = self._dates_of(award)
        points = self.pile.give(entry.points, earned_at=earned_at, expires_at=expires_at)
        return replace(award, tail=entry.seq, points=points)

    @rule(target=holds, share=st.integers(1, 100))
    def set_aside(self, share: int) -> tuple[UUID, list[Point]]:
        self._lock()
        points = max(0, self.account.available) * share // 100
        hold_id = uuid7()
        cause = Cause(self.account.account_id, None, hold_id, self.now)
        self.account = with_held(self.account, self.account.held + points, now=self.now)
        self._take_in(take_hold(self.lots.values(), points, cause=cause))
        return hold_id, self.pile.hold(points)

    @rule(hold=consumes(holds), share=st.integers(0, 100))
    def resolve(self, hold: tuple[UUID, list[Point]], share: int) -> None:
        self._lock()
        hold_id, points = hold
        captured = len(points) * share // 100
        owed = max(0, -self.account.available)
        self.account = with_held(self.account, self.account.held - len(points), now=self.now)
        cause = Cause(self.account.account_id, None, hold_id, self.now)
        self._take_in(resolve_hold(self._held(hold_id), spent=captured, owed=owed, cause=cause))
        if captured:
            self._post(-captured, kind="capture")
        self.pile.resolve(points, captured=captured, now=self.now)

    @rule(days=st.integers(1, 5))
    def let_days_pass(self, days: int) -> None:
        self.now += days * DAY
        self._lock()

    @invariant()
    def every_point_is_where_it_should_be(self) -> None:
        here = Counter((point.expires_at, point.earned_at) for point in self.pile.here() if point.expires_at != NEVER)
        lots: Counter[tuple[datetime, datetime]] = Counter()
        for lot in self.lots.values():
            lots[lot.expires_at, lot.earned_at] += lot.remaining
        assert +lots == here
        assert self.account.available == len(self.pile.here()) - self.pile.owed
        assert self.account.lapsing == here.total() <= max(0, self.account.available)

    @invariant()
    def uses_account_for_what_remains(self) -> None:
        used = Counter[UUID]()
        numbers = Counter[UUID]()
        for use in self.uses:
            used[use.lot_id] += use.points
            numbers[use.lot_id] += 1
            assert use.points != 0
            assert use.use_no == numbers[use.lot_id]
        for lot in self.lots.values():
            assert 0 <= lot.remaining == lot.points - used[lot.lot_id]
            assert lot.earned_at < lot.expires_at

    def _lock(self) -> None:
        """A second later, as a transaction finds the account: without what has lapsed."""
        self.now += timedelta(seconds=1)
        due = sum(lot.remaining for lot in self.lots.values() if lot.expires_at <= self.now)
        assert due == self.pile.sweep(self.now)
        if due:
            self._post(-due, kind="expiry")

    def _post(self, points: int, *, kind: Kind, expires_at: datetime | None = None) -> EntryRow:
        (entry,) = self._write(self._posting(points, kind=kind, expires_at=expires_at))
        return entry

    def _posting(
        self,
        points: int,
        *,
        kind: Kind,
        expires_at: datetime | None = None,
        reverses: int | None = None,
        award_seq: int | None = None,
    ) -> Posting:
        return Posting(
            points=points,
            kind=kind,
            contra="test",
            transfer_id=uuid7(),
            occurred_at=self.now,
            expires_at=expires_at,
            reverses=reverses,
            award_seq=award_seq,
        )

    def _write(self, *postings: Posting) -> list[EntryRow]:
        entries: list[EntryRow] = []
        for posting in postings:
            self.account, entry = post(self.account, posting, now=self.now)
            entries.append(entry)
        expiries = {(self.account.account_id, seq): at for seq, at in self.account.opens}
        self.account = replace(self.account, opens=())
        self._take_in(take_entries(self.lots.values(), entries, expiries=expiries))
        return entries

    def _take_in(self, outcome: Outcome) -> None:
        gained = outcome.gained().get(self.account.account_id, 0)
        self.account = replace(self.account, lapsing=self.account.lapsing + gained)
        self.lots |= {lot.lot_id: lot for lot in (*outcome.opened, *outcome.changed)}
        self.uses.extend(outcome.uses)

    def _held(self, hold_id: UUID) -> list[Held]:
        held = Counter[UUID]()
        for use in self.uses:
            if use.hold_id == hold_id:
                held[use.lot_id] += use.points
        return [Held(self.lots[lot_id], points) for lot_id, points in held.items()]

    def _dates_of(self, award: Award) -> tuple[datetime, datetime]:
        first = [lot for lot in self.lots.values() if lot.seq == award.entry.seq]
        return (first[0].earned_at, first[0].expires_at) if first else (self.now, NEVER)


TestPoints = Points.TestCase
TestPoints.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
