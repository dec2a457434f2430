"""Random histories of a small community, as data: steps that any namespace of members can live through."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from ledger.errors import EventConflict
from rewards.earning.desk import Result
from rewards.earning.events import Event
from rewards.errors import EventInFuture

# A Saturday in Seoul ten minutes before the month ends, and a day before the week does.
BASE = datetime(2026, 2, 28, 14, 50, tzinfo=UTC)
MEMBERS = 3
SUBJECTS = 3
TYPES = (
    "member.joined",
    "member.joined",
    "login",
    "post.created",
    "post.created",
    "comment.created",
    "comment.created",
    "comment.created",
    "reply.received",
    "reply.received",
    "like.received",
    "like.received",
    "warning.given",
    "poll.closed",
    "post.deleted",
    "post.restored",
    "post.restored",
    "comment.deleted",
    "comment.deleted",
    "comment.restored",
    "like.deleted",
)
AGES_S = (0, 0, 0, 1, 14, 15, 15.5, 16, 59, 60, 61, 600, 3600, 12 * 3600, 86400, 3 * 86400, 8 * 86400, -299, -300, -301)
PASSING_S = (1, 15, 60, 300, 600, 601, 3600, 86400, 3 * 86400, 7 * 86400)

several = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""One database serves all examples of a test, since each has members of its own.

Without shrinking, which takes minutes: to read a failure, add `Phase.shrink` and run with the seed that it printed.
"""


@dataclass(frozen=True)
class Said:
    """An event before it has a namespace. `repeats` names an earlier event of the history to send again instead."""

    type: str
    member: int
    subject: int | None
    board: str | None
    age_s: float
    back_then: bool
    repeats: int | None
    changed: bool


saids = st.builds(
    Said,
    type=st.sampled_from(TYPES),
    member=st.sampled_from((0, 0, 0, 1, 2)),
    subject=st.sampled_from((None, 0, 0, 0, 1, 2)),
    board=st.sampled_from((None, None, None, "free", "qna", "notice", "market", "market")),
    age_s=st.sampled_from(AGES_S),
    back_then=st.sampled_from((False, False, False, True)),
    repeats=st.sampled_from((None,) * 8 + (0, 1, 5)),
    changed=st.booleans(),
)
sequences = st.lists(saids, min_size=4, max_size=24)
"""Events only, all at one moment."""


@dataclass
class Namespace:
    """Gives what is said the names of one community, so that many live in one database without meeting."""

    name: str
    back_then: datetime = BASE - timedelta(days=60)
    sent: list[Event] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def member(self, number: int) -> str:
        return f"{self.name}-m{number}"

    @property
    def members(self) -> list[str]:
        return [self.member(number) for number in range(MEMBERS)]

    def events(self, said: Sequence[Said], *, now: datetime) -> list[Event]:
        return [self.event(one, now=now) for one in said]

    def event(self, said: Said, *, now: datetime) -> Event:
        if said.repeats is not None and said.repeats < len(self.sent):
            again = self.sent[said.repeats]
            return replace(again, board="elsewhere") if said.changed else again
        around = self.back_then + timedelta(days=4) if said.back_then else now
        event = Event(
            source="forum",
            id=f"{self.name}-{next(self.numbers)}",
            type=said.type,
            member_id=self.member(said.member),
            occurred_at=around - timedelta(seconds=said.age_s),
            subject=None if said.subject is None else f"{self.name}-s{said.subject}",
            board=said.board,
        )
        self.sent.append(event)
        return event

    def strip(self, value: str | None) -> str | None:
        return None if value is None else value.removeprefix(self.name)


def answered(result: Result, *, namespace: Namespace) -> dict[str, Any]:
    """A result as one that can be compared with that of another namespace: without ids of accounts, times, hashes."""
    if isinstance(result, EventConflict):
        return {"refused": "conflict", "event": namespace.strip(result.event_id)}
    if isinstance(result, EventInFuture):
        return {"refused": "future"}
    decision = result.decision._asdict()
    for name in ("account_id", "transfer_id", "fingerprint", "hash", "recorded_at"):
        del decision[name]
    named = {name: namespace.strip(decision[name]) for name in ("event_id", "subject")}
    return {**decision, **named, "repeated": result.repeated}
