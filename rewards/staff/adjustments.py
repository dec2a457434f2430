"""Adjustments by staff within their limits: posted at once, or kept until a second of the staff agrees.

Each step is a line of the adjustment's history and one of the audit. The caller commits.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts
from ledger.arrays import array
from ledger.locks import own_cap
from ledger.postings import AccountState
from rewards.access.audit import note
from rewards.access.behind import behind
from rewards.earning.correct import Note, check_affordable, post_adjustment
from rewards.errors import AdjustmentDecided, AskedByAnother, AskedByYou, CapReached, MemberGone
from rewards.members.ensure import lock_member
from rewards.staff.adjustment_rows import AdjustmentRow, State, find_adjustment
from rewards.staff.limits import AdjustLimits, Verdict, weigh
from rewards.staff.points import Corrected, adjust_points

# The audit is kept for ever, notes beside entries are not: erasing a member gives nobody's cap back.
_USED = text("""
select cast(coalesce(sum(points), 0) as bigint) from (
    select abs(cast(detail ->> 'points' as bigint)) as points from audit
        where recorded_at >= :since and actor = any(cast(:actors as text[])) and action = 'points.adjust'
    union all select abs(a.points) from adjustment_history h join adjustment a using (adjustment_id)
        where h.actor = any(cast(:actors as text[])) and h.recorded_at >= :since and h.state = 'waiting'
        and a.state in ('waiting', 'approved')
) as used
""")
_ASK = text(
    "insert into adjustment (adjustment_id, account_id, points, overdraft, state)"
    " values (:adjustment_id, :account_id, :points, :overdraft, 'waiting')"
)
_MOVE = text(
    "update adjustment set state = :state, seq = :seq where adjustment_id = :adjustment_id and state = 'waiting'"
    " returning 1"
)
_HISTORY = text("insert into adjustment_history values (:adjustment_id, :state, :actor, :now)")
_REASON = text("insert into adjustment_reason values (:adjustment_id, :state, :reason)")
_GONE = text("select member_id is null or merged_into is not null from member where account_id = :account_id")
_WAITING_OF = text("select adjustment_id from adjustment where account_id = :account_id and state = 'waiting'")

ACTIONS = {"waiting": "points.ask", "approved": "points.approve", "refused": "points.refuse"} | {
    "withdrawn": "points.withdraw"
}
"""What the audit calls each step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjuster:
    """One of the staff, or a key, who adjusts. `day_start`: when the community's present day began."""

    actor: str
    limits: AdjustLimits
    day_start: datetime
    now: datetime


def adjust_within(
    session: Session, member_id: str, *, points: int, reason: str, overdraft: bool, by: Adjuster
) -> Corrected | AdjustmentRow:
    """Give or take points for a reason; what is above the limit is kept, and waits for a second of the staff.

    Raises CapReached, UnknownThing, NotEnoughPoints (unless `overdraft`; both times, where it waits), MemberMoved.
    """
    verdict = _weigh(session, points, by=by)
    if verdict == "at_once":
        return adjust_points(
            session, member_id, points=points, reason=reason, overdraft=overdraft, actor=by.actor, now=by.now
        )
    member, accounts = lock_member(session, member_id, now=by.now)
    account = accounts[member.account_id]
    check_affordable(account, points=points, overdraft=overdraft)
    asked = {"adjustment_id": uuid7(), "account_id": account.account_id, "points": points, "overdraft": overdraft}
    session.execute(_ASK, asked)
    return _note_step(session, asked["adjustment_id"], state="waiting", reason=reason, actor=by.actor, now=by.now)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would become of an adjustment now, without a lock: advice. `left`: of the day's cap, none without one."""

    verdict: Verdict
    left: int | None


def look_ahead(session: Session, points: int, *, by: Adjuster) -> Outlook:
    """Whether an adjustment would be posted at once, wait, or be over the cap."""
    used, cap = used_today(session, by), by.limits.cap_per_day
    return Outlook(weigh(points, used=used, limits=by.limits), None if cap is None else max(cap - used, 0))


def used_today(session: Session, by: Adjuster) -> int:
    """The points that they and their keys have adjusted, or asked for without being refused, since the day began."""
    return _used(session, behind(session, by.actor).names, since=by.day_start)


def approve(session: Session, adjustment_id: UUID, *, actor: str, now: datetime) -> AdjustmentRow:
    """Post an adjustment that another of the staff asked for; the balance is looked at again.

    It counts against the cap of whoever asked: every point is counted once.

    Raises UnknownThing, AskedByYou, AdjustmentDecided, MemberGone, NotEnoughPoints.
    """
    found, account = _lock(session, adjustment_id, now=now)
    if found.asked.actor in behind(session, actor).names:
        raise AskedByYou(adjustment_id)
    _move(session, found, to="approved", seq=account.version + 1)
    if session.execute(_GONE, {"account_id": found.account_id}).scalar_one() or found.asked.reason is None:
        raise MemberGone(adjustment_id)
    done = post_adjustment(
        session,
        account,
        points=found.points,
        overdraft=found.overdraft,
        note=Note(reason=found.asked.reason, actor=found.asked.actor),
        now=now,
    )
    assert done.entry.seq == account.version + 1
    return _note_step(session, adjustment_id, state="approved", reason=None, actor=actor, now=now)


def refuse(session: Session, adjustment_id: UUID, *, reason: str, actor: str, now: datetime) -> AdjustmentRow:
    """Refuse an adjustment that another asked for. Raises UnknownThing, AskedByYou, AdjustmentDecided."""
    found, _ = _lock(session, adjustment_id, now=now)
    if found.asked.actor in behind(session, actor).names:
        raise AskedByYou(adjustment_id)
    _move(session, found, to="refused")
    return _note_step(session, adjustment_id, state="refused", reason=reason, actor=actor, now=now)


def withdraw(session: Session, adjustment_id: UUID, *, actor: str, now: datetime) -> AdjustmentRow:
    """Take back what one has asked for oneself. Raises UnknownThing, AskedByAnother, AdjustmentDecided."""
    found, _ = _lock(session, adjustment_id, now=now)
    if found.asked.actor not in behind(session, actor).names:
        raise AskedByAnother(adjustment_id, found.asked.actor)
    _move(session, found, to="withdrawn")
    return _note_step(session, adjustment_id, state="withdrawn", reason=None, actor=actor, now=now)


def refuse_all_of(session: Session, account_id: UUID, *, actor: str, now: datetime) -> None:
    """Refuse whatever waits for a member who is being erased, without a reason. The account must be locked."""
    for adjustment_id in session.scalars(_WAITING_OF, {"account_id": account_id}).all():
        _move(session, find_adjustment(session, adjustment_id), to="refused")
        _note_step(session, adjustment_id, state="refused", reason=None, actor=actor, now=now)


def _weigh(session: Session, points: int, *, by: Adjuster) -> Literal["at_once", "waits"]:
    used, cap = 0, by.limits.cap_per_day
    if cap is not None:
        who = behind(session, by.actor)
        own_cap(session, who.root)
        used = _used(session, who.names, since=by.day_start)
    verdict = weigh(points, used=used, limits=by.limits)
    if verdict == "over_cap":
        assert cap is not None
        raise CapReached(cap=cap, used=used)
    return verdict


def _used(session: Session, actors: frozenset[str], *, since: datetime) -> int:
    return session.execute(_USED, {"actors": array(actors), "since": since}).scalar_one()


def _lock(session: Session, adjustment_id: UUID, *, now: datetime) -> tuple[AdjustmentRow, AccountState]:
    """The adjustment as it is while its account is locked: erasing and every other step on it wait."""
    account_id = find_adjustment(session, adjustment_id).account_id
    account = lock_accounts(session, [account_id], now=now)[account_id]
    return find_adjustment(session, adjustment_id), account


def _move(session: Session, found: AdjustmentRow, *, to: State, seq: int | None = None) -> None:
    moved = {"adjustment_id": found.adjustment_id, "state": to, "seq": seq}
    if session.execute(_MOVE, moved).one_or_none() is None:
        raise AdjustmentDecided(found.adjustment_id, found.state)


def _note_step(
    session: Session, adjustment_id: UUID, *, state: State, reason: str | None, actor: str, now: datetime
) -> AdjustmentRow:
    step = {"adjustment_id": adjustment_id, "state": state, "actor": actor, "now": now, "reason": reason}
    session.execute(_HISTORY, step)
    if reason is not None:
        session.execute(_REASON, step)
    row = find_adjustment(session, adjustment_id)
    detail = {"adjustment": adjustment_id, "points": row.points} | ({} if row.seq is None else {"seq": row.seq})
    note(session, actor=actor, action=ACTIONS[state], about=f"account:{row.account_id}", detail=detail, now=now)
    return row
