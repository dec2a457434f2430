"""Earning as docs/reference/points.md tells it, once more and in the plainest Python: nothing here is the service's."""

from datetime import date, datetime, timedelta
from typing import Any

from tests.model.calls import OneOf, Send
from tests.model.people import TOLERANCE, Award, Person, Points, day_of

# The smallest policy in which every cap, cost and deletion bites within a handful of events.
POLICY: dict[str, Any] = {
    "rules": {
        "member.joined": {"points": 100, "once_ever": True},
        "login": {"points": 2, "times_per_day": 1},
        "post.created": {
            "points": 20,
            "times_per_day": 3,
            "cooldown_s": 60,
            "once_per_subject": True,
            "boards": {"qna": 30, "notice": 0, "market": -50},
        },
        "comment.created": {
            "points": 10,
            "times_per_day": 4,
            "cooldown_s": 15,
            "once_per_subject": True,
            "boards": {"notice": 0},
        },
        "reply.received": {"points": 3, "points_per_day": 8, "once_per_subject": True},
        "like.received": {"points": 5, "times_per_day": 4},
        "warning.given": {"points": -7, "must_afford": False},
        "post.deleted": {"takes_back": ["like.received"]},
        "comment.deleted": {"takes_back": ["reply.received", "like.received"]},
    },
    "attendance": {"base": 20},
    "levels": [
        {"points": 0, "name": "새싹", "name_en": "Sprout"},
        {"points": 60, "name": "잎새", "name_en": "Leaf"},
        {"points": 150, "name": "나무", "name_en": "Tree"},
    ],
    "prizes": [],
}
NO_LIMIT = 10**9

Verdict = tuple[str, str | None, int]
"""Outcome, reason, points of the event's own member."""


class Earning:
    """What was answered to each event, and what was deleted."""

    def __init__(self, points: Points) -> None:
        self.points = points
        self.rules: dict[str, Any] = points.policy["rules"]
        self.answers: dict[tuple[str, str], tuple[tuple[Any, ...], Person, dict[str, Any]]] = {}
        self.deleted: dict[tuple[str, str, Person], datetime] = {}
        self.restored: dict[tuple[str, str, Person], datetime] = {}

    def send(self, call: Send, now: datetime) -> list[dict[str, Any]]:
        self.points.ensure({event.member_id for event in call.events if event.occurred_at <= now + TOLERANCE})
        return [self.take(event, now) for event in call.events]

    def take(self, event: Any, now: datetime) -> dict[str, Any]:
        """Answer an event, or say why it is refused."""
        said = (event.type, event.member_id, event.subject, event.board, event.occurred_at, dict(event.data))
        known = self.answers.get((event.source, event.id))
        if known is not None:
            first, person, answer = known
            # Who was erased took along what could show that this is the same.
            same = first == said and person.name is not None
            return {**answer, "repeated": True} if same else {"refused": "conflict"}
        if event.occurred_at > now + TOLERANCE:
            return {"refused": "future"}
        person = self.points.find(event.member_id)
        assert person is not None
        answer = self._answer(event, person, now)
        self.answers[event.source, event.id] = (said, person, answer)
        return {**answer, "repeated": False}

    def _answer(self, event: Any, person: Person, now: datetime) -> dict[str, Any]:
        lifetime = person.lifetime
        (outcome, reason, points), seasons = self._decide(event, person, now)
        before, after = self._level(lifetime), self._level(person.lifetime)
        counted = [
            (name, None if name is None else self.points.points(("season", name), person)[0]) for name in seasons
        ]
        return {
            "outcome": outcome,
            "reason": reason,
            "points": points,
            "balance": person.balance,
            "available": person.available,
            "season": OneOf(*counted),
            "level": (self.points.policy["levels"][after]["name"], after > before),
        }

    def _decide(self, event: Any, person: Person, now: datetime) -> tuple[Verdict, list[date | None]]:
        here: list[date | None] = [self.points.season_for_award(event.occurred_at, now)]
        _, _, what = event.type.rpartition(".")
        if what in {"deleted", "restored"}:
            return self._change_subject(event, person, now=now, here=here)
        return self._earn(event, person, now), here

    def _earn(self, event: Any, person: Person, now: datetime) -> Verdict:  # noqa: PLR0911 -- as the page lists them
        rule = self.rules.get(event.type)
        if person.suspended:
            return "rejected", "suspended", 0
        if rule is None:
            return "ignored", "no_rule", 0
        asked = rule["points"] if event.board is None else rule.get("boards", {}).get(event.board, rule["points"])
        if asked == 0:
            return "ignored", "board_earns_nothing", 0
        if self._deleted_before(event, person):
            return "rejected", "deleted_before", 0
        if asked < 0:
            return self._cost(person, rule, asked)
        refused = self._capped(event, person, rule)
        if refused:
            return "capped", refused, 0
        today = [award for award in self._mine(event, person) if day_of(award.at) == day_of(event.occurred_at)]
        left = rule.get("points_per_day", NO_LIMIT) - sum(award.points for award in today)
        if left <= 0:
            return "capped", "daily_points", 0
        points = min(asked, left)
        self.points.give(person, event.type, points, subject=event.subject, at=event.occurred_at, now=now)
        return "awarded", None, points

    def _cost(self, person: Person, rule: Any, asked: int) -> Verdict:
        must = rule.get("must_afford", True)
        if must and person.available < -asked:
            return "declined", "not_enough_points", 0
        self.points.post(person, "charge" if must else "penalty", asked)
        return ("charged" if must else "penalised"), None, asked

    def _mine(self, event: Any, person: Person) -> list[Award]:
        return [award for award in self.points.awards if award.person is person and award.type == event.type]

    def _capped(self, event: Any, person: Person, rule: Any) -> str | None:
        mine = self._mine(event, person)
        if rule.get("once_ever") and mine:
            return "once_ever"
        subjects = {award.subject for award in mine} - {None}
        if rule.get("once_per_subject") and event.subject in subjects:
            return "once_per_subject"
        if "cooldown_s" in rule and mine:
            latest = max(award.at for award in mine)
            if abs(event.occurred_at - latest) < timedelta(seconds=rule["cooldown_s"]):
                return "cooldown"
        today = [award for award in mine if day_of(award.at) == day_of(event.occurred_at)]
        return "daily_times" if len(today) >= rule.get("times_per_day", NO_LIMIT) else None

    def _change_subject(
        self, event: Any, person: Person, *, now: datetime, here: list[date | None]
    ) -> tuple[Verdict, list[date | None]]:
        stem, _, what = event.type.rpartition(".")
        deletion, restoring = f"{stem}.deleted", what == "restored"
        # That it happened is remembered, whatever becomes of the points.
        if event.subject is not None:
            times = self.restored if restoring else self.deleted
            key = (deletion, event.subject, person)
            times[key] = max(event.occurred_at, times.get(key, event.occurred_at))
        if restoring and person.suspended:
            return ("rejected", "suspended", 0), here
        reached = self._reached(event, person, stem=stem, restoring=restoring)
        if not reached:
            return ("ignored", "nothing_to_restore" if restoring else "nothing_to_reverse", 0), here
        own, seasons = 0, set[date | None]()
        for award in reached:
            points, counted = self.points.turn(award, restoring=restoring, by=deletion, now=now)
            seasons |= counted
            own += points if award.person is person else 0
        return ("restored" if restoring else "reversed", None, own), list(seasons or {None})

    def _reached(self, event: Any, person: Person, *, stem: str, restoring: bool) -> list[Award]:
        deletion = f"{stem}.deleted"
        others = self.rules.get(deletion, {}).get("takes_back", [])
        return [
            award
            for award in self.points.awards
            if event.subject is not None
            and award.subject == event.subject
            and (award.type in others or (award.person is person and award.type.startswith(f"{stem}.")))
            and (not award.stands and award.taken_by == deletion if restoring else award.stands)
        ]

    def _deleted_before(self, event: Any, person: Person) -> bool:
        if event.subject is None:
            return False
        own = f"{event.type.rpartition('.')[0]}.deleted"
        for (deletion, subject, deleter), at in self.deleted.items():
            takes = event.type in self.rules.get(deletion, {}).get("takes_back", [])
            if subject != event.subject or not (takes or (deletion == own and deleter is person)):
                continue
            restored = self.restored.get((deletion, subject, deleter))
            if event.occurred_at <= at and (restored is None or restored < at):
                return True
        return False

    def _level(self, lifetime: int) -> int:
        levels = self.points.policy["levels"]
        return max(index for index, level in enumerate(levels) if level["points"] <= max(lifetime, 0))
