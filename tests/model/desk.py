"""What staff correct, and what becomes of a season, in the plainest Python: nothing here is the service's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.model.calls import (
    ALONE_MAX,
    Adjust,
    Decide,
    Erase,
    GiveAgain,
    Hide,
    PassOn,
    Refusal,
    Settle,
    Suspend,
    TakeBack,
)
from tests.model.market import Market
from tests.model.people import Award, Person, Points, Week

UNKNOWN = Refusal("UnknownThing")


@dataclass(eq=False)
class Asked:
    """An adjustment that waits, or waited, for a second of the staff."""

    person: Person
    call: Adjust
    state: str = "waiting"


class Desk:
    """Corrections, and who is shut out."""

    def __init__(self, points: Points) -> None:
        self.points = points
        self.asked: dict[UUID, Asked] = {}

    def person(self, name: str) -> Person:
        found = self.points.find(name)
        assert found is not None, "whatever is about nobody is refused"
        return found

    def refuses_unknown(self, call: Suspend | Hide | Erase, _now: datetime) -> Refusal | None:
        return UNKNOWN if self.points.find(call.member) is None else None

    def refuses_adjust(self, call: Adjust, _now: datetime) -> Refusal | None:
        person = self.points.find(call.member)
        if person is None:
            return UNKNOWN
        short = call.points < 0 and person.available + call.points < 0
        return Refusal("NotEnoughPoints") if short and not call.overdraft else None

    def adjust(self, call: Adjust, _now: datetime, ids: Sequence[UUID]) -> dict[str, Any]:
        """`ids` is that of the adjustment, where it waits."""
        person = self.person(call.member)
        if abs(call.points) > ALONE_MAX:
            self.asked |= {adjustment_id: Asked(person, call) for adjustment_id in ids}
            return {"waits": call.points}
        seq = self.points.post(person, "adjustment", call.points)
        return {"seq": seq, "balance": person.balance, "available": person.available}

    def refuses_take_back(self, call: TakeBack, _now: datetime) -> Refusal | None:
        person = self.points.find(call.member)
        if person is None or call.seq > len(person.entries):
            return UNKNOWN
        award = self._award(person, call.seq)
        return None if award is not None and award.stands else Refusal("AwardReversed")

    def take_back(self, call: TakeBack, now: datetime) -> dict[str, Any]:
        person = self.person(call.member)
        award = self._award(person, call.seq)
        assert award is not None
        return self._turn(award, restoring=False, now=now)

    def refuses_decide(self, call: Decide, _now: datetime) -> Refusal | None:
        asked = self.asked[call.adjustment_id]
        if (call.actor == asked.call.actor) != (call.how == "withdrawn"):
            return Refusal("AskedByAnother" if call.how == "withdrawn" else "AskedByYou")
        if asked.state != "waiting":
            return Refusal("AdjustmentDecided")
        short = asked.call.points < 0 and asked.person.available + asked.call.points < 0
        return Refusal("NotEnoughPoints") if call.how == "approved" and short and not asked.call.overdraft else None

    def decide(self, call: Decide, _now: datetime) -> dict[str, Any]:
        asked = self.asked[call.adjustment_id]
        asked.state = call.how
        if call.how != "approved":
            return {"state": call.how, "seq": None}
        return {"state": call.how, "seq": self.points.post(asked.person, "adjustment", asked.call.points)}

    def refuses_give_again(self, call: GiveAgain, _now: datetime) -> Refusal | None:
        person = self.points.find(call.member)
        if person is None or call.seq > len(person.entries):
            return UNKNOWN
        award = person.entries[call.seq - 1].award
        return None if award is not None and award.reversed_by == call.seq else Refusal("NotRestorable")

    def give_again(self, call: GiveAgain, now: datetime) -> dict[str, Any]:
        person = self.person(call.member)
        award = person.entries[call.seq - 1].award
        assert award is not None
        return self._turn(award, restoring=True, now=now)

    def _turn(self, award: Award, *, restoring: bool, now: datetime) -> dict[str, Any]:
        _, seasons = self.points.turn(award, restoring=restoring, by="staff", now=now)
        final = not seasons and any(kind == "season" for kind, _ in award.periods)
        person = award.person
        balance = {"balance": person.balance, "available": person.available}
        return {"seq": len(person.entries), **balance, "final": final}

    def _award(self, person: Person, seq: int) -> Award | None:
        entry = person.entries[seq - 1]
        return entry.award if entry.award is not None and seq in entry.award.seqs else None

    def suspend(self, call: Suspend, _now: datetime) -> dict[str, Any]:
        person = self.person(call.member)
        changed = person.suspended != call.suspended
        person.suspended = call.suspended
        return {"changed": changed}

    def hide(self, call: Hide, _now: datetime) -> dict[str, Any]:
        self.person(call.member).hidden = call.hidden
        return {}

    def erase(self, call: Erase, _now: datetime) -> dict[str, Any]:
        person = self.person(call.member)
        person.name = None
        for asked in self.asked.values():
            if asked.person is person and asked.state == "waiting":
                asked.state = "refused"
        return {}


class Seasons:
    """Weeks, from open to final, with their standings and prizes."""

    def __init__(self, points: Points, market: Market) -> None:
        self.points = points
        self.market = market
        self.prizes: dict[int, str] = {prize["place"]: prize["product"] for prize in points.policy["prizes"]}

    def refuses_settle(self, call: Settle, now: datetime) -> Refusal | None:
        week = self.points.week_named(call.season)
        if week is None:
            return UNKNOWN
        early = week.state != "final" and week.live and now < week.ends_at
        return Refusal("SeasonNotOver") if early else None

    def settle(self, call: Settle, now: datetime, ids: Sequence[UUID]) -> dict[str, Any]:
        """`ids` are those that the service gave the prizes, in the order of the places."""
        week = self.points.week_named(call.season)
        assert week is not None
        before = week.state
        if before == "final":
            return {"state": "final", "moved": False, "prizes": []}
        if week.state == "open":
            week.state = "closing"
        if week.state == "closing" and (not week.live or now >= week.ends_at + self.points.grace):
            week.state = "provisional"
        winners: list[tuple[int, str | None]] = []
        if week.state == "provisional" and not call.review:
            week.state = "final"
            winners = self._finish(week, now, ids)
        return {"state": week.state, "moved": week.state != before, "prizes": winners}

    def _finish(self, week: Week, now: datetime, ids: Sequence[UUID]) -> list[tuple[int, str | None]]:
        week.standing = self.points.places(("season", week.name))
        winners = [(place, week.standing[place - 1][0]) for place in sorted(self.prizes) if place <= len(week.standing)]
        for (place, person), redemption_id in zip(winners, ids, strict=False):
            week.prizes[place] = [(person, redemption_id)]
            self.market.win(person, self.prizes[place], redemption_id, now)
        return [(place, person.name) for place, person in winners]

    def refuses_pass_on(self, call: PassOn, _now: datetime) -> Refusal | None:
        found = self._prize(call.redemption_id)
        if found is None:
            return Refusal("PrizeNotReturned")
        week, place = found
        latest = week.prizes[place][-1][1]
        given_back = self.market.asked[latest].state in ("rejected", "cancelled", "expired")
        return None if latest == call.redemption_id and given_back else Refusal("PrizeNotReturned")

    def pass_on(self, call: PassOn, now: datetime, ids: Sequence[UUID]) -> dict[str, Any]:
        found = self._prize(call.redemption_id)
        assert found is not None
        week, place = found
        had = {person for each in week.prizes.values() for person, _ in each}
        heirs = [one for one, _, _ in week.standing if one not in had and one.name is not None and not one.suspended]
        if not heirs:
            return {"to": None}
        for redemption_id in ids:
            week.prizes[place].append((heirs[0], redemption_id))
            self.market.win(heirs[0], self.prizes[place], redemption_id, now)
        return {"to": heirs[0].name}

    def _prize(self, redemption_id: UUID) -> tuple[Week, int] | None:
        return next(
            (
                (week, place)
                for week in self.points.weeks
                for place, given in week.prizes.items()
                if any(redemption_id == each for _, each in given)
            ),
            None,
        )
