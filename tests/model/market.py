"""The market in the plainest Python: nothing here is the service's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.model.calls import (
    Approve,
    BringCodes,
    Cancel,
    Claim,
    Count,
    Expire,
    Fulfil,
    LapseCodes,
    LayBack,
    Redeem,
    Refusal,
    Reject,
)
from tests.model.people import Person, Points, day_of

WAITING = ("requested", "awaiting_approval")
OPEN = (*WAITING, "claimed")
NEVER = date(9999, 1, 1)


@dataclass(eq=False)
class Card:
    """A product: codes by their text, each with its last day and state; or a number; or neither."""

    key: str
    stock: str
    price: int
    limit: int | None = None
    needs_approval: bool = False
    for_sale: bool = True
    codes: dict[str, tuple[date, str]] = field(default_factory=dict)
    number: int = 0

    def first_to_lapse(self, today: date) -> str | None:
        good = [(last, code) for code, (last, state) in self.codes.items() if state == "available" and last >= today]
        return min(good)[1] if good else None

    def put(self, code: str, state: str) -> None:
        self.codes[code] = (self.codes[code][0], state)

    def is_gone(self, today: date) -> bool:
        if self.stock == "codes":
            return self.first_to_lapse(today) is None
        return self.stock == "number" and self.number == 0


@dataclass(eq=False)
class Asked:
    """A redemption."""

    redemption_id: UUID
    person: Person
    card: Card
    points: int
    state: str
    at: datetime
    prize: bool = False
    code: str | None = None
    claimed_by: str | None = None
    approved_by: str | None = None


class Market:
    """Products and what became of each redemption."""

    def __init__(self, points: Points, cards: Sequence[Card]) -> None:
        self.points = points
        self.cards = {card.key: card for card in cards}
        self.asked: dict[UUID, Asked] = {}

    # A member asks, and takes back.

    def refuses_redeem(self, call: Redeem, now: datetime) -> Refusal | None:
        person, card = self.points.find(call.member), self.cards[call.product]
        if person is None:
            return Refusal("UnknownThing")
        if person.suspended:
            return Refusal("MemberSuspended")
        first = self.asked.get(call.redemption_id)
        if first is not None:
            return None if (first.person, first.card) == (person, card) else Refusal("RedemptionIdTaken")
        name = self._reason_not_to_sell(person, card, today=day_of(now))
        return None if name is None else Refusal(name)

    def _reason_not_to_sell(self, person: Person, card: Card, *, today: date) -> str | None:
        had = [
            asked
            for asked in self.asked.values()
            if (asked.person, asked.card, asked.prize) == (person, card, False) and asked.state in (*OPEN, "fulfilled")
        ]
        if not card.for_sale:
            return "NotForSale"
        if person.balance < 0:
            return "OwesPoints"
        if card.limit is not None and len(had) >= card.limit:
            return "LimitReached"
        if person.available < card.price:
            return "NotEnoughPoints"
        return "SoldOut" if card.is_gone(today) else None

    def redeem(self, call: Redeem, now: datetime) -> dict[str, Any]:
        person, card = self.points.find(call.member), self.cards[call.product]
        assert person is not None
        if call.redemption_id in self.asked:
            return {**_told(self.asked[call.redemption_id]), "repeated": True}
        person.held += card.price
        asked = Asked(call.redemption_id, person, card, card.price, _begin(card), now)
        asked.code = card.first_to_lapse(day_of(now)) if card.stock == "codes" else None
        if asked.code is not None:
            card.put(asked.code, "reserved")
        card.number -= card.stock == "number"
        self.asked[call.redemption_id] = asked
        return {**_told(asked), "repeated": False}

    def win(self, person: Person, product: str, redemption_id: UUID, now: datetime) -> None:
        """A prize: neither points nor stock are taken."""
        card = self.cards[product]
        self.asked[redemption_id] = Asked(redemption_id, person, card, 0, _begin(card), now, prize=True)

    def refuses_cancel(self, call: Cancel, _now: datetime) -> Refusal | None:
        asked = self.asked.get(call.redemption_id)
        if asked is None or (call.member is not None and asked.person is not self.points.find(call.member)):
            return Refusal("UnknownRedemption")
        return None if asked.state in WAITING else Refusal("WrongState")

    def cancel(self, call: Cancel, _now: datetime) -> dict[str, Any]:
        return self._give_back(self.asked[call.redemption_id], "cancelled")

    # Steps of staff.

    def refuses_approve(self, call: Approve, _now: datetime) -> Refusal | None:
        return self._unless(call.redemption_id, "awaiting_approval")

    def approve(self, call: Approve, _now: datetime) -> dict[str, Any]:
        asked = self.asked[call.redemption_id]
        asked.state, asked.approved_by = "requested", call.actor
        return _told(asked)

    def refuses_claim(self, call: Claim, _now: datetime) -> Refusal | None:
        refused = self._unless(call.redemption_id, "requested")
        second = refused is None and self.asked[call.redemption_id].approved_by == call.actor
        return Refusal("SecondStaffNeeded") if second else refused

    def claim(self, call: Claim, _now: datetime) -> dict[str, Any]:
        asked = self.asked[call.redemption_id]
        asked.state, asked.claimed_by = "claimed", call.actor
        return _told(asked)

    def refuses_lay_back(self, call: LayBack, _now: datetime) -> Refusal | None:
        refused = self._unless(call.redemption_id, "claimed")
        if refused is None and not call.of_anybody and self.asked[call.redemption_id].claimed_by != call.actor:
            return Refusal("NotClaimedByYou")
        return refused

    def lay_back(self, call: LayBack, _now: datetime) -> dict[str, Any]:
        asked = self.asked[call.redemption_id]
        asked.state, asked.claimed_by = "requested", None
        return _told(asked)

    def refuses_fulfil(self, call: Fulfil, now: datetime) -> Refusal | None:
        refused = self._unless(call.redemption_id, "claimed")
        if refused is not None:
            return refused
        asked = self.asked[call.redemption_id]
        if asked.claimed_by != call.actor:
            return Refusal("NotClaimedByYou")
        if call.code is not None:
            known = any(call.code in card.codes for card in self.cards.values())
            return Refusal("CodeDoubled") if known else None
        return Refusal("NoCodeInStock") if self._code_for(asked, day_of(now)) is None else None

    def fulfil(self, call: Fulfil, now: datetime) -> dict[str, Any]:
        asked = self.asked[call.redemption_id]
        card, reserved = asked.card, asked.code
        code = call.code or self._code_for(asked, day_of(now))
        assert code is not None
        if call.code is not None:
            card.codes[code] = (NEVER, "issued")
        if reserved is not None and reserved != code:
            card.put(reserved, "available" if call.code is not None else "lapsed")
        card.put(code, "issued")
        if asked.points:
            asked.person.held -= asked.points
            self.points.post(asked.person, "capture", -asked.points)
        asked.state, asked.code = "fulfilled", code
        return _told(asked)

    def _code_for(self, asked: Asked, today: date) -> str | None:
        if asked.code is not None and asked.card.codes[asked.code][0] >= today:
            return asked.code
        return asked.card.first_to_lapse(today)

    def refuses_reject(self, call: Reject, _now: datetime) -> Refusal | None:
        refused = self._unless(call.redemption_id, *OPEN)
        if refused is None and self.asked[call.redemption_id].claimed_by not in (None, call.actor):
            return Refusal("NotClaimedByYou")
        return refused

    def reject(self, call: Reject, _now: datetime) -> dict[str, Any]:
        return self._give_back(self.asked[call.redemption_id], "rejected")

    def _unless(self, redemption_id: UUID, *states: str) -> Refusal | None:
        asked = self.asked.get(redemption_id)
        if asked is None:
            return Refusal("UnknownRedemption")
        return None if asked.state in states else Refusal("WrongState")

    # What else happens to the stock.

    def expire(self, call: Expire, now: datetime) -> dict[str, Any]:
        late = [
            asked
            for asked in self.asked.values()
            if asked.state in WAITING and not asked.prize and asked.at < now - timedelta(seconds=call.after_s)
        ]
        for asked in late:
            self._give_back(asked, "expired")
        return {"expired": sorted(asked.redemption_id for asked in late)}

    def bring_codes(self, call: BringCodes, _now: datetime) -> dict[str, Any]:
        known = {code for card in self.cards.values() for code in card.codes}
        new = {code: (last, "available") for code, last in call.codes if code not in known}
        self.cards[call.product].codes |= new
        return {"codes": len(new), "refused": len(call.codes) - len(new)}

    def lapse_codes(self, _call: LapseCodes, now: datetime) -> dict[str, Any]:
        past = [
            (card, code)
            for card in self.cards.values()
            for code, (last, state) in card.codes.items()
            if state == "available" and last < day_of(now)
        ]
        for card, code in past:
            card.put(code, "lapsed")
        return {"lapsed": len(past)}

    def refuses_count(self, call: Count, _now: datetime) -> Refusal | None:
        return Refusal("QuantityTooLow") if self.cards[call.product].number + call.by < 0 else None

    def count(self, call: Count, _now: datetime) -> dict[str, Any]:
        card = self.cards[call.product]
        card.number += call.by
        return {"left": card.number}

    def _give_back(self, asked: Asked, state: str) -> dict[str, Any]:
        asked.person.held -= asked.points
        asked.state = state
        if asked.code is not None:
            asked.card.put(asked.code, "available")
            asked.code = None
        asked.card.number += asked.card.stock == "number" and not asked.prize
        return _told(asked)


def _begin(card: Card) -> str:
    return "awaiting_approval" if card.needs_approval else "requested"


def _told(asked: Asked) -> dict[str, Any]:
    return {"state": asked.state, "points": asked.points}
