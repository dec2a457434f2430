"""Points that lapse: what movements take of an account's lots, and what they open. Pure: lots in, lots and uses out.

Only points that lapse lie in lots; points that never do are the rest of what is available. What remains in the lots of
an account lies between 0 and what is available, so whatever takes points takes those of the lots first: the earliest
expiry first, then the oldest. Points of a hold are out of their lots until it is resolved, so they don't lapse.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

from ledger.postings import EntryRow

RELEASED_LIVE = timedelta(days=7)
"""How long points live on that are released after their date."""

UseKind = Literal["spent", "owed", "lapsed", "held", "released", "reversed", "moved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Points that lapse together: valid on [earned_at, expires_at).

    `uses` counts its uses; `lapsed` are those of its points that have lapsed and were not given back.
    """

    lot_id: UUID
    account_id: UUID
    seq: int
    points: int
    remaining: int
    earned_at: datetime
    expires_at: datetime
    from_lot: UUID | None
    recorded_at: datetime
    uses: int = 0
    lapsed: int = 0


class Use(NamedTuple):
    """A row of `lot_use`, in the order of its columns: points taken of a lot, or (below 0) put back."""

    lot_id: UUID
    use_no: int
    account_id: UUID
    points: int
    kind: UseKind
    seq: int | None
    hold_id: UUID | None
    recorded_at: datetime


class Cause(NamedTuple):
    """Why points are taken or put back: an entry of an account, or one of its holds; and when."""

    account_id: UUID
    seq: int | None
    hold_id: UUID | None
    at: datetime


class Held(NamedTuple):
    """What a hold has taken of a lot."""

    lot: Lot
    points: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The lots that were opened, those that others were before, and all uses in their order."""

    opened: tuple[Lot, ...]
    changed: tuple[Lot, ...]
    uses: tuple[Use, ...]

    def gained(self) -> dict[UUID, int]:
        """By how much what remains in the accounts' lots has grown, or (below 0) shrunk."""
        gained: dict[UUID, int] = {}
        owners = {lot.lot_id: lot.account_id for lot in (*self.opened, *self.changed)}
        for lot in self.opened:
            gained[lot.account_id] = gained.get(lot.account_id, 0) + lot.points
        for use in self.uses:
            owner = owners[use.lot_id]
            gained[owner] = gained.get(owner, 0) - use.points
        return gained


def take_entries(
    lots: Iterable[Lot], entries: Sequence[EntryRow], *, expiries: Mapping[tuple[UUID, int], datetime]
) -> Outcome:
    """What entries do to lots, in their order. `expiries` says by account and seq which of them open a lot, until when.

    `lots` are all that remain of the accounts that pay, and those that reversed and restored awards have opened.
    """
    counter = _Counter({lot.lot_id: lot for lot in lots})
    moving = _Moving({}, {}, set())
    for entry in entries:
        if entry.kind == "merge":
            _merge(counter, entry, moving=moving)
        elif entry.kind == "expiry":
            _lapse(counter, entry, moving=moving)
        elif entry.kind == "reversal":
            _reverse(counter, entry, moving=moving)
        elif entry.kind == "restore":
            _open_again(counter, entry)
        elif entry.points < 0 and entry.kind != "capture":
            counter.take(-entry.points, kind="spent", cause=_cause(entry))
        elif (expires_at := expiries.get((entry.account_id, entry.seq))) is not None:
            _open(counter, entry, earned_at=entry.occurred_at, expires_at=expires_at)
    return counter.outcome()


def take_hold(lots: Iterable[Lot], points: int, *, cause: Cause) -> Outcome:
    """What a hold takes of its account's lots when it is placed."""
    counter = _Counter({lot.lot_id: lot for lot in lots})
    counter.take(points, kind="held", cause=cause)
    return counter.outcome()


def resolve_hold(held: Sequence[Held], *, spent: int, owed: int, cause: Cause) -> Outcome:
    """What comes back into lots of what a hold took, of which `spent` stays taken and `owed` pays a debt at once.

    Both take the earliest expiry first. What a lot gets back after its date lives on in a new one.
    """
    counter = _Counter({one.lot.lot_id: one.lot for one in held})
    for one in sorted(held, key=lambda one: _order(one.lot)):
        kept = min(spent, one.points)
        paid = min(owed, one.points - kept)
        back = one.points - kept - paid
        spent, owed = spent - kept, owed - paid
        if paid or back:
            counter.use(one.lot.lot_id, -(paid + back), kind="released", cause=cause)
        if paid:
            counter.use(one.lot.lot_id, paid, kind="owed", cause=cause)
        if back and one.lot.expires_at <= cause.at:
            counter.use(one.lot.lot_id, back, kind="moved", cause=cause)
            counter.open(_successor(one.lot, points=back, expires_at=cause.at + RELEASED_LIVE, at=cause.at))
    return counter.outcome()


@dataclass(slots=True)
class _Moving:
    """What one entry leaves for a later one: points given back; by transfer, lots or debts on their way elsewhere."""

    given_back: dict[UUID, list[EntryRow]]
    lots: dict[UUID, list[Held]]
    debts: set[UUID]


class _Counter:
    """Lots as they stand after what was counted so far."""

    def __init__(self, lots: dict[UUID, Lot]) -> None:
        self._lots = lots
        self._opened: list[UUID] = []
        self._uses: list[Use] = []

    def all(self) -> list[Lot]:
        """Every lot that is known."""
        return list(self._lots.values())

    def take(
        self, points: int, *, kind: UseKind, cause: Cause, where: Callable[[Lot], bool] = lambda _: True
    ) -> list[Held]:
        """Take up to `points` of what remains in the account's lots, in their order; answers of which, how much."""
        taken: list[Held] = []
        mine = (lot for lot in self._lots.values() if lot.account_id == cause.account_id and lot.remaining)
        for lot in sorted(filter(where, mine), key=_order):
            if points <= 0:
                break
            part = min(points, lot.remaining)
            self.use(lot.lot_id, part, kind=kind, cause=cause)
            taken.append(Held(lot, part))
            points -= part
        return taken

    def use(self, lot_id: UUID, points: int, *, kind: UseKind, cause: Cause) -> None:
        """Take points of a lot, or put them back."""
        lot = self._lots[lot_id]
        lapsed = lot.lapsed + (points if kind == "lapsed" else 0)
        self._lots[lot_id] = replace(lot, remaining=lot.remaining - points, uses=lot.uses + 1, lapsed=lapsed)
        self._uses.append(Use(lot_id, lot.uses + 1, cause.account_id, points, kind, cause.seq, cause.hold_id, cause.at))

    def open(self, lot: Lot) -> None:
        """Add a lot."""
        self._lots[lot.lot_id] = lot
        self._opened.append(lot.lot_id)

    def line_of(self, account_id: UUID, seq: int | None) -> list[Lot]:
        """The lots that an entry opened, and those that their points went on in."""
        line = [lot for lot in self._lots.values() if lot.account_id == account_id and lot.seq == seq]
        for origin in line:  # which grows meanwhile
            line.extend(lot for lot in self._lots.values() if lot.from_lot == origin.lot_id)
        return line

    def outcome(self) -> Outcome:
        """What there is to be written."""
        opened = tuple(self._lots[lot_id] for lot_id in self._opened)
        used = dict.fromkeys(use.lot_id for use in self._uses)
        changed = tuple(self._lots[lot_id] for lot_id in used if lot_id not in self._opened)
        return Outcome(opened, changed, tuple(self._uses))


def _order(lot: Lot) -> tuple[datetime, datetime, UUID]:
    return lot.expires_at, lot.earned_at, lot.lot_id


def _cause(entry: EntryRow) -> Cause:
    return Cause(entry.account_id, entry.seq, None, entry.recorded_at)


def _owed_before(entry: EntryRow) -> int:
    """What the account owed, and set aside beyond what it had, before the entry."""
    return max(0, entry.held_after - (entry.balance_after - entry.points))


def _never_lapsing_before(counter: _Counter, entry: EntryRow) -> int:
    """What was available before the entry and lies in no lot."""
    available = entry.balance_after - entry.points - entry.held_after
    return max(0, available) - sum(lot.remaining for lot in counter.all() if lot.account_id == entry.account_id)


def _open(counter: _Counter, entry: EntryRow, *, earned_at: datetime, expires_at: datetime) -> None:
    """Open a lot; what pays a debt is used at once."""
    lot = Lot(
        lot_id=uuid7(),
        account_id=entry.account_id,
        seq=entry.seq,
        points=entry.points,
        remaining=entry.points,
        earned_at=earned_at,
        expires_at=expires_at,
        from_lot=None,
        recorded_at=entry.recorded_at,
    )
    counter.open(lot)
    if owed := min(lot.points, _owed_before(entry)):
        counter.use(lot.lot_id, owed, kind="owed", cause=_cause(entry))


def _open_again(counter: _Counter, entry: EntryRow) -> None:
    """A restored award lapses when it would have."""
    first = next((lot for lot in counter.line_of(entry.account_id, entry.award_seq) if lot.from_lot is None), None)
    if first is not None:
        _open(counter, entry, earned_at=first.earned_at, expires_at=first.expires_at)


def _lapse(counter: _Counter, entry: EntryRow, *, moving: _Moving) -> None:
    if entry.points > 0:
        moving.given_back.setdefault(entry.account_id, []).append(entry)
        return
    counter.take(
        -entry.points, kind="lapsed", cause=_cause(entry), where=lambda lot: lot.expires_at <= entry.recorded_at
    )


def _reverse(counter: _Counter, entry: EntryRow, *, moving: _Moving) -> None:
    """Take an award's own points first; of those that had lapsed, the ones that were given back before.

    One that never lapses takes points that don't either first.
    """
    cause, points = _cause(entry), -entry.points
    line = counter.line_of(entry.account_id, entry.reverses)
    if not line:
        # Else whoever earns what never lapses and deletes it again would keep what does.
        counter.take(points - _never_lapsing_before(counter, entry), kind="spent", cause=cause)
        return
    lapsed = sum(lot.lapsed for lot in line)
    waiting = moving.given_back.get(entry.account_id, [])
    given_back = next((one for one in waiting if lapsed and one.points == lapsed), None)
    if given_back is not None:
        waiting.remove(given_back)
        for lot in [lot for lot in line if lot.lapsed]:
            counter.use(lot.lot_id, -lot.lapsed, kind="lapsed", cause=_cause(given_back))
            counter.use(lot.lot_id, lot.lapsed, kind="reversed", cause=cause)
        points -= lapsed
    own = {lot.lot_id for lot in line}
    taken = counter.take(points, kind="reversed", cause=cause, where=lambda lot: lot.lot_id in own)
    counter.take(points - sum(one.points for one in taken), kind="spent", cause=cause)


def _merge(counter: _Counter, entry: EntryRow, *, moving: _Moving) -> None:
    """Lots go along with the points, from the entry that takes them to the one that follows; so do debts, backwards."""
    transfer = entry.transfer_id
    if entry.points < 0:
        kind: UseKind = "spent" if transfer in moving.debts else "moved"
        taken = counter.take(-entry.points, kind=kind, cause=_cause(entry))
        if kind == "moved":
            moving.lots[transfer] = taken
        moving.debts.discard(transfer)
        return
    if transfer not in moving.lots:
        moving.debts.add(transfer)
        return
    arriving, owed = moving.lots.pop(transfer), _owed_before(entry)
    for lot, points in arriving:
        arrived = replace(
            _successor(lot, points=points, expires_at=lot.expires_at, at=entry.recorded_at),
            account_id=entry.account_id,
            seq=entry.seq,
        )
        counter.open(arrived)
        if paid := min(points, owed):
            counter.use(arrived.lot_id, paid, kind="owed", cause=_cause(entry))
            owed -= paid


def _successor(lot: Lot, *, points: int, expires_at: datetime, at: datetime) -> Lot:
    return replace(
        lot,
        lot_id=uuid7(),
        points=points,
        remaining=points,
        expires_at=expires_at,
        from_lot=lot.lot_id,
        recorded_at=at,
        uses=0,
        lapsed=0,
    )
