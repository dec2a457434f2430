"""Adjustments that waited or wait for a second of the staff, as they are read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ledger.arrays import array
from rewards.errors import UnknownThing

State = Literal["waiting", "approved", "refused", "withdrawn"]
STATES: tuple[State, ...] = ("waiting", "approved", "refused", "withdrawn")
DECIDED: tuple[State, ...] = STATES[1:]

_ROWS = (
    "select a.adjustment_id, a.account_id, m.member_id, m.name, m.avatar, a.points, a.overdraft, a.state, a.seq"
    " from adjustment a left join member m using (account_id)"
)
_ONE = text(f"{_ROWS} where a.adjustment_id = :adjustment_id")
_PAGES = {
    newest_first: text(
        f"{_ROWS} where a.state = any(cast(:states as text[]))"
        f" and (cast(:after as uuid) is null or a.adjustment_id {'<' if newest_first else '>'} cast(:after as uuid))"
        f" order by a.adjustment_id {'desc' if newest_first else ''} limit :limit"
    )
    for newest_first in (False, True)
}
_STEPS = text(
    "select h.adjustment_id, h.state, h.actor, h.recorded_at, r.reason from adjustment_history h"
    " left join adjustment_reason r using (adjustment_id, state)"
    " where h.adjustment_id = any(cast(:ids as uuid[])) order by h.adjustment_id, h.state <> 'waiting'"
)
_WAITING = text("select count(*) from adjustment where state = 'waiting'")


@dataclass(frozen=True, slots=True)
class AdjustmentStep:
    """A state that an adjustment came into: who brought it there, and why, if that is kept still."""

    state: State
    actor: str
    recorded_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentRow:
    """An adjustment that was asked for. `seq`: the entry that it became; `member_id` is none once erased."""

    adjustment_id: UUID
    account_id: UUID
    member_id: str | None
    name: str | None
    avatar: str | None
    points: int
    overdraft: bool
    state: State
    seq: int | None
    steps: tuple[AdjustmentStep, ...]

    @property
    def asked(self) -> AdjustmentStep:
        """Who asked for it, when and why."""
        return self.steps[0]

    @property
    def decided(self) -> AdjustmentStep | None:
        """What came of it; none while it waits."""
        return self.steps[1] if len(self.steps) > 1 else None


def find_adjustment(session: Session, adjustment_id: UUID) -> AdjustmentRow:
    """One adjustment. Raises UnknownThing."""
    row = session.execute(_ONE, {"adjustment_id": adjustment_id}).one_or_none()
    if row is None:
        raise UnknownThing("adjustment", str(adjustment_id))
    return _with_steps(session, [row])[0]


def read_adjustments(
    session: Session, states: Iterable[State], *, limit: int, after: UUID | None = None, newest_first: bool = False
) -> list[AdjustmentRow]:
    """A page of adjustments in these states, in the order in which they were asked for."""
    wanted = {"states": list(states), "after": after, "limit": limit}
    return _with_steps(session, session.execute(_PAGES[newest_first], wanted).all())


def count_waiting(session: Session) -> int:
    """How many wait for a second of the staff."""
    return session.execute(_WAITING).scalar_one()


def _with_steps(session: Session, rows: Sequence[Row[Any]]) -> list[AdjustmentRow]:
    if not rows:
        return []
    steps: dict[UUID, list[AdjustmentStep]] = {}
    for found in session.execute(_STEPS, {"ids": array({row.adjustment_id for row in rows})}):
        step = AdjustmentStep(found.state, found.actor, found.recorded_at, found.reason)
        steps.setdefault(found.adjustment_id, []).append(step)
    return [AdjustmentRow(**row._asdict(), steps=tuple(steps[row.adjustment_id])) for row in rows]
