"""Earning as docs/reference/points.md tells it, once more and in the plainest Python: nothing here is the service's.

Days are those of Seoul, nine hours ahead and without summer time.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

NINE_HOURS = timedelta(hours=9)
ALL_TIME = ("all-time", date(1, 1, 1))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

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


@dataclass
class Award:
    member: str
    type: str
    subject: str | None
    points: int
    at: datetime
    periods: list[tuple[str, date]]
    stands: bool = True
    taken_by: str = ""
    counted_in: set[tuple[str, date]] = field(default_factory=set)


@dataclass
class ModelSeason:
    starts_at: datetime
    state: str = "open"
    live: bool = True

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(days=7)

    @property
    def name(self) -> date:
        return (self.starts_at + NINE_HOURS).date()


@dataclass
class Answer:
    outcome: str
    reason: str | None = None
    points: int = 0
    balance: int = 0
    available: int = 0
    seasons: frozenset[date | None] = frozenset()
    season_points: dict[date, int] = field(default_factory=dict)
    level: str = ""
    level_up: bool = False
    repeated: bool = False


def day_of(at: datetime) -> date:
    return (at + NINE_HOURS).date()


class Model:
    """What members own, and what was answered to each event."""

    def __init__(self, *, seasons: list[ModelSeason], grace_s: int) -> None:
        self.rules: dict[str, Any] = POLICY["rules"]
        self.seasons = seasons
        self.grace = timedelta(seconds=grace_s)
        self.balance: dict[str, int] = {}
        self.held: dict[str, int] = {}
        self.lifetime: dict[str, int] = {}
        self.suspended: set[str] = set()
        self.awards: list[Award] = []
        self.answers: dict[str, tuple[tuple[Any, ...], Answer]] = {}
        self.deleted: dict[tuple[str, str, str], datetime] = {}
        self.restored: dict[tuple[str, str, str], datetime] = {}

    def take(self, event: Any, now: datetime) -> Answer:
        """Answer an event: `outcome` is `conflict` or `future` for what is refused."""
        said = (event.type, event.member_id, event.subject, event.board, event.occurred_at, dict(event.data))
        if event.id in self.answers:
            first, answer = self.answers[event.id]
            if first != said:
                return Answer("conflict")
            return Answer(**{**answer.__dict__, "repeated": True})
        if event.occurred_at > now + timedelta(minutes=5):
            return Answer("future")
        self.balance.setdefault(event.member_id, 0)
        self.held.setdefault(event.member_id, 0)
        lifetime = self.lifetime.setdefault(event.member_id, 0)
        answer = self._decide(event, now)
        answer.balance = self.balance[event.member_id]
        answer.available = answer.balance - self.held[event.member_id]
        answer.season_points = {
            season: self.points(("season", season), event.member_id)[0]
            for season in answer.seasons
            if season is not None
        }
        before, after = self._level(lifetime), self._level(self.lifetime[event.member_id])
        answer.level = POLICY["levels"][after]["name"]
        answer.level_up = after > before
        self.answers[event.id] = (said, answer)
        return answer

    def points(self, period: tuple[str, date], member: str) -> tuple[int, datetime]:
        """A member's points in a period, and when they were reached: whole seconds."""
        standing = [award for award in self.awards if award.member == member and period in award.counted_in]
        latest = max((award.at for award in standing), default=EPOCH)
        return sum(award.points for award in standing), latest.replace(microsecond=0)

    def periods(self) -> set[tuple[str, date]]:
        return {period for award in self.awards for period in award.periods}

    def season_at(self, at: datetime) -> ModelSeason | None:
        return next((season for season in self.seasons if season.starts_at <= at < season.ends_at), None)

    def _decide(self, event: Any, now: datetime) -> Answer:
        here = frozenset({self._season_for_award(event.occurred_at, now)})
        stem, _, what = event.type.rpartition(".")
        if what in {"deleted", "restored"}:
            return self._change_subject(event, stem, what, now=now, here=here)
        outcome, reason, points = self._earn(event, now)
        return Answer(outcome, reason, points, seasons=here)

    def _earn(self, event: Any, now: datetime) -> tuple[str, str | None, int]:  # noqa: PLR0911 -- as the page lists them
        rule = self.rules.get(event.type)
        if event.member_id in self.suspended:
            return "rejected", "suspended", 0
        if rule is None:
            return "ignored", "no_rule", 0
        asked = rule["points"] if event.board is None else rule.get("boards", {}).get(event.board, rule["points"])
        if asked == 0:
            return "ignored", "board_earns_nothing", 0
        if self._deleted_before(event):
            return "rejected", "deleted_before", 0
        if asked < 0:
            return self._cost(event, rule, asked)
        refused = self._capped(event, rule)
        if refused:
            return "capped", refused, 0
        today = sum(award.points for award in self._mine(event) if day_of(award.at) == day_of(event.occurred_at))
        left = rule.get("points_per_day", 10**9) - today
        if left <= 0:
            return "capped", "daily_points", 0
        self._award(event, min(asked, left), now)
        return "awarded", None, min(asked, left)

    def _cost(self, event: Any, rule: Any, asked: int) -> tuple[str, str | None, int]:
        member = event.member_id
        if rule.get("must_afford", True) and self.balance[member] - self.held[member] < -asked:
            return "declined", "not_enough_points", 0
        self.balance[member] += asked
        return ("charged" if rule.get("must_afford", True) else "penalised"), None, asked

    def _mine(self, event: Any) -> list[Award]:
        return [award for award in self.awards if (award.member, award.type) == (event.member_id, event.type)]

    def _capped(self, event: Any, rule: Any) -> str | None:
        mine = self._mine(event)
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
        return "daily_times" if len(today) >= rule.get("times_per_day", 10**9) else None

    def _award(self, event: Any, points: int, now: datetime) -> None:
        periods: list[tuple[str, date]] = [ALL_TIME]
        season = self._season_for_award(event.occurred_at, now)
        if season is not None:
            periods.append(("season", season))
        month = day_of(event.occurred_at).replace(day=1)
        if self._month_open(month, now):
            periods.append(("month", month))
        award = Award(event.member_id, event.type, event.subject, points, event.occurred_at, periods)
        award.counted_in = set(periods)
        self.awards.append(award)
        self.balance[event.member_id] += points
        self.lifetime[event.member_id] += points

    def _change_subject(
        self, event: Any, stem: str, what: str, *, now: datetime, here: frozenset[date | None]
    ) -> Answer:
        deletion = f"{stem}.deleted"
        # That it happened is remembered, whatever becomes of the points.
        if event.subject is not None:
            times = self.deleted if what == "deleted" else self.restored
            key = (deletion, event.subject, event.member_id)
            times[key] = max(event.occurred_at, times.get(key, event.occurred_at))
        if what == "restored" and event.member_id in self.suspended:
            return Answer("rejected", "suspended", seasons=here)
        others = self.rules.get(deletion, {}).get("takes_back", [])
        reached = [
            award
            for award in self.awards
            if event.subject is not None
            and award.subject == event.subject
            and (award.type in others or (award.member == event.member_id and award.type.startswith(f"{stem}.")))
            and (award.stands if what == "deleted" else not award.stands and award.taken_by == deletion)
        ]
        if not reached:
            return Answer("ignored", "nothing_to_reverse" if what == "deleted" else "nothing_to_restore", seasons=here)
        return self._move(event, reached, deletion=deletion, restoring=what == "restored", now=now)

    def _move(self, event: Any, awards: list[Award], *, deletion: str, restoring: bool, now: datetime) -> Answer:
        own, seasons = 0, set[date | None]()
        for award in awards:
            points = award.points if restoring else -award.points
            award.stands, award.taken_by = restoring, deletion
            for period in award.periods:
                if self._still(period, now):
                    (award.counted_in.add if restoring else award.counted_in.discard)(period)
                    seasons |= {period[1]} if period[0] == "season" else set()
            self.balance[award.member] += points
            self.lifetime[award.member] += points
            own += points if award.member == event.member_id else 0
        return Answer("restored" if restoring else "reversed", None, own, seasons=frozenset(seasons or {None}))

    def _deleted_before(self, event: Any) -> bool:
        if event.subject is None:
            return False
        own = f"{event.type.rpartition('.')[0]}.deleted"
        for (deletion, subject, member), at in self.deleted.items():
            takes = event.type in self.rules.get(deletion, {}).get("takes_back", [])
            if subject != event.subject or not (takes or (deletion == own and member == event.member_id)):
                continue
            restored = self.restored.get((deletion, subject, member))
            if event.occurred_at <= at and (restored is None or restored < at):
                return True
        return False

    def _season_for_award(self, at: datetime, now: datetime) -> date | None:
        season = self.season_at(at)
        if season is None or season.state not in {"open", "closing"}:
            return None
        return season.name if not season.live or now < season.ends_at + self.grace else None

    def _still(self, period: tuple[str, date], now: datetime) -> bool:
        kind, name = period
        if kind == "season":
            return next(season for season in self.seasons if season.name == name).state != "final"
        return kind == "all-time" or self._month_open(name, now)

    def _month_open(self, month: date, now: datetime) -> bool:
        following = (month + timedelta(days=32)).replace(day=1)
        ends_at = datetime(following.year, following.month, 1, tzinfo=UTC) - NINE_HOURS
        return now < ends_at + self.grace

    def _level(self, lifetime: int) -> int:
        return max(index for index, level in enumerate(POLICY["levels"]) if level["points"] <= max(lifetime, 0))
