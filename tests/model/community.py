"""A whole community in the plainest Python: takes one call after the other, and shares nothing with the service."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.model.attendance import Attendance
from tests.model.calls import (
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
    PassOn,
    Redeem,
    Refusal,
    Reject,
    Send,
    Settle,
    Suspend,
    TakeBack,
)
from tests.model.desk import Desk, Seasons
from tests.model.earning import Earning
from tests.model.market import Card, Market
from tests.model.people import Points, Week

GET_IDS = (Settle, PassOn, Adjust)
"""Calls that are answered with ids of the service's own."""


class Community:
    """Refusing looks only; taking a call changes what it says."""

    def __init__(self, policy: dict[str, Any], *, weeks: list[Week], cards: Sequence[Card], grace_s: int) -> None:
        self.points = points = Points(policy, weeks=weeks, grace_s=grace_s)
        self.earning = earning = Earning(points)
        self.attendance = attendance = Attendance(points)
        self.market = market = Market(points, cards)
        self.desk = desk = Desk(points)
        self.seasons = seasons = Seasons(points, market)
        self._ways: dict[type, tuple[Callable[..., Refusal | None] | None, Callable[..., Any]]] = {
            Send: (None, earning.send),
            CheckIn: (attendance.refuses, attendance.check_in),
            Redeem: (market.refuses_redeem, market.redeem),
            Cancel: (market.refuses_cancel, market.cancel),
            Approve: (market.refuses_approve, market.approve),
            Claim: (market.refuses_claim, market.claim),
            LayBack: (market.refuses_lay_back, market.lay_back),
            Fulfil: (market.refuses_fulfil, market.fulfil),
            Reject: (market.refuses_reject, market.reject),
            Expire: (None, market.expire),
            BringCodes: (None, market.bring_codes),
            LapseCodes: (None, market.lapse_codes),
            Count: (market.refuses_count, market.count),
            Adjust: (desk.refuses_adjust, desk.adjust),
            GiveAgain: (desk.refuses_give_again, desk.give_again),
            Decide: (desk.refuses_decide, desk.decide),
            TakeBack: (desk.refuses_take_back, desk.take_back),
            Suspend: (desk.refuses_unknown, desk.suspend),
            Hide: (desk.refuses_unknown, desk.hide),
            Erase: (desk.refuses_unknown, desk.erase),
            Settle: (seasons.refuses_settle, seasons.settle),
            PassOn: (seasons.refuses_pass_on, seasons.pass_on),
        }

    def refusal(self, call: Call, now: datetime) -> Refusal | None:
        """What would refuse the call now, if anything does; nothing changes."""
        refuses, _ = self._ways[type(call)]
        return None if refuses is None else refuses(call, now)

    def take(self, call: Call, now: datetime, *, ids: Sequence[UUID] = ()) -> Answer:
        """Take a call; `ids` are those that the service chose."""
        refused = self.refusal(call, now)
        if refused is not None:
            return refused
        _, way = self._ways[type(call)]
        return way(call, now, ids) if isinstance(call, GET_IDS) else way(call, now)
