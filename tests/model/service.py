"""The same calls, taken by the service: by its cores, as whoever serves a request would call them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.errors import EventConflict, LedgerError
from ledger.events import EventKey
from market.codes import CodeKeys, import_codes
from market.errors import MarketError
from market.products import ProductRow, add_quantity
from market.queue import RedemptionRow
from market.redemptions import expire_waiting
from market.stock import lapse_codes
from rewards.access.scopes import ROLES, Caller
from rewards.attendance.check_in import check_in
from rewards.earning.answer import answer_of
from rewards.earning.desk import Recorded, Result
from rewards.earning.record import record
from rewards.errors import EventInFuture, RewardsError
from rewards.exchange import cancel_own, periods_on, redeem
from rewards.settlement import settle
from rewards.staff import adjustments, members, points, redemptions
from rewards.staff.adjustment_rows import AdjustmentRow
from rewards.staff.adjustments import Adjuster
from rewards.staff.limits import AdjustLimits
from rewards.staff.redemptions import AtWork
from tests.model.calls import (
    ALONE_MAX,
    Adjust,
    Answer,
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
    Merge,
    PassOn,
    Redeem,
    Refusal,
    Reject,
    Send,
    Settle,
    Suspend,
    TakeBack,
)
from tests.support.world import World

REFUSALS = (LedgerError, MarketError, RewardsError)
WHY = "because"
STAFF = "staff:mina"
MANAGER = "staff:jun"
LIMITS = AdjustLimits(approval_above=ALONE_MAX, cap_per_day=None)

_PRIZES = text(
    "select distinct on (w.place) w.place, w.redemption_id, m.member_id from prize w join member m using (account_id)"
    " where w.season_id = :season order by w.place, w.attempt desc"
)


@dataclass(frozen=True)
class Service:
    """A world with products."""

    world: World
    products: dict[str, ProductRow]
    keys: CodeKeys

    def take(self, session: Session, call: Call, *, now: datetime) -> "Taken":
        """Do it. Raises what refuses it, and what says: do it again."""
        return _WAYS[type(call)](self, session, call, now)

    def today(self, now: datetime) -> date:
        return self.world.terms.calendar.day_of(now)

    def at_work(self, actor: str, now: datetime) -> AtWork:
        caller = Caller(kind="staff", id=actor, actor=actor, scopes=ROLES["manager"])
        return AtWork(caller=caller, keys=self.keys, today=self.today(now), now=now)


class Taken(NamedTuple):
    """The answer in the model's words, the ids that were chosen for it, and what was said of each event verbatim."""

    answer: Answer
    ids: Sequence[UUID] = ()
    said: Sequence[tuple[EventKey, dict[str, Any]]] = ()


_WAYS: dict[type, Callable[[Service, Session, Any, datetime], Taken]] = {}


def refusal_of(error: Exception) -> Refusal:
    return Refusal(type(error).__name__)


def _by(call: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Keep a way to take a kind of call, which answers the answer alone."""

    def keep(way: Callable[[Service, Session, Any, datetime], Answer]) -> Callable[..., Any]:
        _WAYS[call] = lambda service, session, given, now: Taken(way(service, session, given, now))
        return way

    return keep


def _send(service: Service, session: Session, call: Send, now: datetime) -> Taken:
    results = record(session, call.events, terms=service.world.terms, now=now)
    decisions = [result.decision for result in results if isinstance(result, Recorded)]
    said = [((one.source, one.event_id), answer_of(one)) for one in decisions]
    return Taken([answered(result) for result in results], said=said)


def answered(result: Result) -> dict[str, Any]:
    """A result in the model's words."""
    if isinstance(result, EventConflict):
        return {"refused": "conflict"}
    if isinstance(result, EventInFuture):
        return {"refused": "future"}
    decision = result.decision
    return {
        "outcome": decision.outcome,
        "reason": decision.reason,
        "points": decision.points,
        "balance": decision.balance,
        "available": decision.available,
        "season": (decision.season, decision.season_points),
        "level": (decision.level, decision.level_up),
        "repeated": result.repeated,
    }


@_by(CheckIn)
def _check_in(service: Service, session: Session, call: CheckIn, now: datetime) -> Answer:
    world = service.world
    done = check_in(
        session,
        call.member,
        greeting=call.greeting,
        day=None,
        terms=world.terms,
        rules=world.policy.attendance,
        now=now,
    )
    return {
        "place": done.place,
        "greeting": done.greeting,
        "streak": done.streak,
        "longest": done.longest_streak,
        "points": done.points,
        "parts": [(part.rule, part.points) for part in done.parts],
        "balance": done.balance,
        "available": done.available,
        "repeated": done.repeated,
    }


@_by(Redeem)
def _redeem(service: Service, session: Session, call: Redeem, now: datetime) -> Answer:
    done = redeem(
        session,
        redemption_id=call.redemption_id,
        member_id=call.member,
        product=call.product,
        periods=periods_on(service.today(now), calendar=service.world.terms.calendar),
        actor="member",
        now=now,
    )
    return {**_told(done.redemption), "repeated": done.repeated}


@_by(Cancel)
def _cancel(_service: Service, session: Session, call: Cancel, now: datetime) -> Answer:
    return _told(cancel_own(session, call.redemption_id, member_id=call.member, actor="member", now=now))


@_by(Approve)
def _approve(service: Service, session: Session, call: Approve, now: datetime) -> Answer:
    return _told(redemptions.approve(session, call.redemption_id, by=service.at_work(call.actor, now)))


@_by(Claim)
def _claim(service: Service, session: Session, call: Claim, now: datetime) -> Answer:
    return _told(redemptions.claim(session, call.redemption_id, by=service.at_work(call.actor, now)))


@_by(LayBack)
def _lay_back(service: Service, session: Session, call: LayBack, now: datetime) -> Answer:
    by = service.at_work(call.actor, now)
    if not call.of_anybody:
        by = AtWork(caller=_fulfiller(call.actor), keys=by.keys, today=by.today, now=now)
    return _told(redemptions.release(session, call.redemption_id, by=by))


def _fulfiller(actor: str) -> Caller:
    return Caller(kind="staff", id=actor, actor=actor, scopes=ROLES["fulfiller"])


@_by(Fulfil)
def _fulfil(service: Service, session: Session, call: Fulfil, now: datetime) -> Answer:
    by = service.at_work(call.actor, now)
    return _told(redemptions.fulfil(session, call.redemption_id, by=by, code=call.code))


@_by(Reject)
def _reject(service: Service, session: Session, call: Reject, now: datetime) -> Answer:
    return _told(redemptions.reject(session, call.redemption_id, reason=WHY, by=service.at_work(call.actor, now)))


@_by(Expire)
def _expire(_service: Service, session: Session, call: Expire, now: datetime) -> Answer:
    expired = expire_waiting(session, older_than=timedelta(seconds=call.after_s), limit=1000, now=now)
    return {"expired": sorted(expired)}


@_by(BringCodes)
def _bring_codes(service: Service, session: Session, call: BringCodes, now: datetime) -> Answer:
    taken = import_codes(
        session,
        service.products[call.product].product_id,
        lines=[f"{code},{last}" for code, last in call.codes],
        keys=service.keys,
        today=service.today(now),
        now=now,
    )
    return {"codes": taken.codes, "refused": len(taken.refused)}


@_by(LapseCodes)
def _lapse_codes(service: Service, session: Session, _call: LapseCodes, now: datetime) -> Answer:
    return {"lapsed": lapse_codes(session, today=service.today(now), limit=1000)}


@_by(Count)
def _count(service: Service, session: Session, call: Count, now: datetime) -> Answer:
    product = service.products[call.product].product_id
    return {"left": add_quantity(session, product, by=call.by, today=service.today(now)).left}


def _adjust(service: Service, session: Session, call: Adjust, now: datetime) -> Taken:
    day_start = service.world.terms.calendar.day_start(service.today(now))
    by = Adjuster(actor=call.actor, limits=LIMITS, day_start=day_start, now=now)
    done = adjustments.adjust_within(
        session, call.member, points=call.points, reason=WHY, overdraft=call.overdraft, by=by
    )
    if isinstance(done, AdjustmentRow):
        return Taken({"waits": done.points}, [done.adjustment_id])
    return Taken({"seq": done.entry.seq, "balance": done.balance, "available": done.available})


@_by(Decide)
def _decide(_service: Service, session: Session, call: Decide, now: datetime) -> Answer:
    if call.how == "approved":
        row = adjustments.approve(session, call.adjustment_id, actor=call.actor, now=now)
    elif call.how == "refused":
        row = adjustments.refuse(session, call.adjustment_id, reason=WHY, actor=call.actor, now=now)
    else:
        row = adjustments.withdraw(session, call.adjustment_id, actor=call.actor, now=now)
    return {"state": row.state, "seq": row.seq}


@_by(GiveAgain)
def _give_again(service: Service, session: Session, call: GiveAgain, now: datetime) -> Answer:
    terms = service.world.terms
    return _corrected(
        points.restore_points(session, call.member, seq=call.seq, reason=WHY, terms=terms, actor=call.actor, now=now)
    )


@_by(Merge)
def _merge(service: Service, session: Session, call: Merge, now: datetime) -> Answer:
    calendar = service.world.terms.calendar
    done = members.merge_members(session, call.member, into=call.into, actor=MANAGER, calendar=calendar, now=now)
    return {"points": done.points}


@_by(TakeBack)
def _take_back(service: Service, session: Session, call: TakeBack, now: datetime) -> Answer:
    terms = service.world.terms
    done = points.reverse_points(session, call.member, seq=call.seq, reason=WHY, terms=terms, actor=call.actor, now=now)
    return _corrected(done)


def _corrected(done: points.Corrected) -> Answer:
    balance = {"balance": done.balance, "available": done.available}
    return {"seq": done.entry.seq, **balance, "final": done.season_is_final}


@_by(Suspend)
def _suspend(_service: Service, session: Session, call: Suspend, now: datetime) -> Answer:
    changed = members.suspend_member(
        session, call.member, suspended=call.suspended, actor=MANAGER, now=now, ground="spam", reason=WHY
    )
    return {"changed": changed}


@_by(Hide)
def _hide(_service: Service, session: Session, call: Hide, now: datetime) -> Answer:
    members.hide_member(session, call.member, hidden=call.hidden, actor=MANAGER, now=now)
    return {}


@_by(Erase)
def _erase(_service: Service, session: Session, call: Erase, now: datetime) -> Answer:
    members.erase_member(session, call.member, actor=MANAGER, now=now)
    return {}


def _settle(service: Service, session: Session, call: Settle, now: datetime) -> Taken:
    done = settle(session, call.season, review=call.review, today=service.today(now), now=now)
    rows = session.execute(_PRIZES, {"season": call.season}).all() if done.prizes else []
    assert len(rows) == done.prizes
    winners = [(row.place, row.member_id) for row in rows]
    answer = {"state": done.state, "moved": done.moved, "prizes": winners}
    return Taken(answer, [row.redemption_id for row in rows])


def _pass_on(service: Service, session: Session, call: PassOn, now: datetime) -> Taken:
    row = redemptions.pass_on(session, call.redemption_id, by=service.at_work(call.actor, now))
    if row is None:
        return Taken({"to": None})
    to = session.execute(
        text("select member_id from member where account_id = :account_id"), {"account_id": row.account_id}
    )
    return Taken({"to": to.scalar_one()}, [row.redemption_id])


_WAYS[Send] = _send
_WAYS[Adjust] = _adjust
_WAYS[Settle] = _settle
_WAYS[PassOn] = _pass_on


def _told(row: RedemptionRow) -> dict[str, Any]:
    return {"state": row.state, "points": row.points}
