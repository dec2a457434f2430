"""Attendance as docs/reference/points.md tells it, in the plainest Python: nothing here is the service's."""

from datetime import date, datetime, timedelta
from typing import Any

from tests.model.calls import CheckIn, Refusal
from tests.model.people import Person, Points, day_of

ONE_DAY = timedelta(days=1)


class Attendance:
    """Who was there on which day, and what was answered."""

    def __init__(self, points: Points) -> None:
        self.points = points
        self.rules: dict[str, Any] = points.policy["attendance"]
        self.arrived: dict[date, int] = {}
        self.answers: dict[tuple[Person, date], dict[str, Any]] = {}

    def refuses(self, call: CheckIn, _now: datetime) -> Refusal | None:
        person = self.points.find(call.member)
        return Refusal("MemberSuspended") if person is not None and person.suspended else None

    def check_in(self, call: CheckIn, now: datetime) -> dict[str, Any]:
        self.points.ensure({call.member})
        person, day = self.points.find(call.member), day_of(now)
        assert person is not None
        if (person, day) in self.answers:
            return {**self.answers[person, day], "repeated": True}
        place = self.arrived[day] = self.arrived.get(day, 0) + 1
        person.visits[day] = now
        parts = self._parts(person, day, place=place)
        for name, points in parts:
            self.points.give(person, name, points, subject=None, at=now, now=now)
        self.answers[person, day] = {
            "place": place,
            "greeting": call.greeting or None,
            "streak": streak_until(day, person),
            "longest": max(streak_until(each, person) for each in person.visits if each <= day),
            "points": sum(points for _, points in parts),
            "parts": parts,
            "balance": person.balance,
            "available": person.available,
        }
        return {**self.answers[person, day], "repeated": False}

    def streaks(self, today: date) -> list[tuple[Person, int]]:
        """Who is shown on the streak leaderboard of a day, and how many days they have."""
        alive = [(one, streak_until(today, one) or streak_until(today - ONE_DAY, one)) for one in self.points.everybody]
        return [(one, days) for one, days in alive if days and one.seen]

    def _parts(self, person: Person, day: date, *, place: int) -> list[tuple[str, int]]:
        rules, streak = self.rules, streak_until(day, person)
        parts = [("attendance.base", rules["base"])]
        if place <= len(rules.get("places", ())):
            parts.append((f"attendance.place.{place}", rules["places"][place - 1]))
        if streak in rules.get("streaks", {}):
            parts.append((f"attendance.streak.{streak}", rules["streaks"][streak]))
        week = [day - n * ONE_DAY for n in range(7)]
        if rules.get("perfect_week") and day.weekday() == 6 and all(each in person.visits for each in week):
            parts.append(("attendance.perfect-week", rules["perfect_week"]))
        month = [day.replace(day=n) for n in range(1, day.day + 1)]
        if rules.get("perfect_month") and (day + ONE_DAY).day == 1 and all(each in person.visits for each in month):
            parts.append(("attendance.perfect-month", rules["perfect_month"]))
        return parts


def streak_until(day: date, person: Person) -> int:
    """How many days without a gap end on the day."""
    days = 0
    while day in person.visits:
        day, days = day - ONE_DAY, days + 1
    return days
