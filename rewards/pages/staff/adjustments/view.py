"""Adjustments that were asked for, as staff see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.accounts import read_accounts
from rewards.access.behind import behind
from rewards.pages.faces import Face, face_of
from rewards.pages.staff.adjustments.words import state_badge, step_word
from rewards.pages.staff.queue.view import Badge
from rewards.pages.staff.queue.words import actor_name, age
from rewards.staff.adjustment_rows import DECIDED, AdjustmentRow, State, find_adjustment, read_adjustments

ADJUSTMENTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentListed:
    """A line of the list: whose points, how many, why, and how long it waits or who decided."""

    row: AdjustmentRow
    face: Face
    badge: Badge
    asked_by: str
    age: str


@dataclass(frozen=True, slots=True)
class StepShown:
    """A line of its history."""

    words: str
    who: str
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentPage:
    """One adjustment. `balance` and `held` are the member's now; `is_own`: whoever looks asked for it."""

    row: AdjustmentRow
    face: Face
    badge: Badge
    balance: int
    held: int
    is_own: bool
    steps: tuple[StepShown, ...]

    @property
    def after(self) -> int:
        """The balance that it would leave."""
        return self.balance + self.row.points

    @property
    def is_affordable(self) -> bool:
        """Whether approving it would not be refused for the member's points."""
        return self.row.points > 0 or self.row.overdraft or self.after - self.held >= 0


def states_of(tab: str) -> Sequence[State]:
    """The states of a tab of the list."""
    return DECIDED if tab == "decided" else ("waiting",)


def list_adjustments(
    session: Session, tab: str, *, after: UUID | None, now: datetime
) -> tuple[list[AdjustmentListed], UUID | None]:
    """A page of the list, and where it goes on: what waits with the oldest first, what is decided newest first."""
    rows = read_adjustments(session, states_of(tab), limit=ADJUSTMENTS + 1, after=after, newest_first=tab == "decided")
    shown = rows[:ADJUSTMENTS]
    listed = [
        AdjustmentListed(
            row=row,
            face=_face(row),
            badge=state_badge(row.state),
            asked_by=actor_name(row.asked.actor),
            age=age((row.decided or row.asked).recorded_at, now=now),
        )
        for row in shown
    ]
    return listed, shown[-1].adjustment_id if len(rows) > ADJUSTMENTS else None


def adjustment_page(session: Session, adjustment_id: UUID, *, actor: str) -> AdjustmentPage:
    """One adjustment, as one of the staff sees it. Raises UnknownThing."""
    row = find_adjustment(session, adjustment_id)
    account = read_accounts(session, [row.account_id])[row.account_id]
    return AdjustmentPage(
        row=row,
        face=_face(row),
        badge=state_badge(row.state),
        balance=account.balance,
        held=account.held,
        is_own=row.asked.actor in behind(session, actor).names,
        steps=tuple(
            StepShown(step_word(step.state), actor_name(step.actor), step.recorded_at, step.reason)
            for step in row.steps
        ),
    )


def _face(row: AdjustmentRow) -> Face:
    return face_of(row.member_id, name=row.name, avatar=row.avatar)
