"""What members of a made-up forum do: who is busy, who hardly ever comes, and what they do in which order. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

from rewards.earning.events import Event

SLICE_MEMBERS = 2000
ORIGINALS_MIN = 100
SKEW = 2.5
"""Of a slice's entries, the busiest tenth of its members has four tenths."""
GIANTS = 5
CHECKS_IN = 0.8
"""The share of days on which a regular is there."""
RULE_WITHOUT_CAPS = {"reaction.received": {"points": 1}}
"""Added to the default policy, so that somebody can have very many entries in half a year."""
SHARES = {
    "reaction.received": 40,
    "like.received": 25,
    "comment.created": 14,
    "post.created": 8,
    "login": 7,
    "reply.received": 4,
    "post.deleted": 1,
    "poll.closed": 1,
}
_TYPES, _WEIGHTS = list(SHARES), list(accumulate(SHARES.values()))
_BOARDS = ("free", "free", "free", "qna", "anonymous", "market")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many entries (about) over how many members, until when (UTC), and how long the history lasts."""

    entries: int
    members: int
    until: datetime
    span: timedelta = timedelta(weeks=26)

    @property
    def since(self) -> datetime:
        """When the history begins."""
        return self.until - self.span

    @property
    def ordinary(self) -> int:
        """Members who are neither giants nor regulars."""
        return self.members - GIANTS - self.regulars - 1

    @property
    def originals(self) -> int:
        """Of the ordinary ones, those who have a life of their own; the others double one of these."""
        return min(max(self.ordinary // 25, ORIGINALS_MIN), self.ordinary)

    @property
    def entries_of_ordinary(self) -> int:
        """What giants, regulars and the saver leave of the entries; a check-in is about one."""
        others = GIANTS * self.giant + self.regulars * int(self.span.days * CHECKS_IN * 2) + 2 * self.redemptions
        return max(self.entries - others, self.ordinary)

    @property
    def giant(self) -> int:
        """Entries of each of the GIANTS."""
        return max(self.entries // 100, 1)

    @property
    def regulars(self) -> int:
        """Members who check in on most days."""
        return max(self.entries // 10_000, 2)

    @property
    def redemptions(self) -> int:
        """Of the saver, who does little else: a member with very many holds."""
        return max(self.entries // 2_000, 6)


class Doubles(NamedTuple):
    """A copy of the members numbered from `first` on: each gets the number that is `offset` higher."""

    first: int
    members: int
    offset: int


class Crowd(NamedTuple):
    """Members numbered from `first` on, with this many entries between them."""

    first: int
    members: int
    entries: int


def crowds(size: Size) -> Iterator[Crowd]:
    """Those whose lives are decided: a giant, then the first of the ordinary members in slices."""
    yield Crowd(0, 1, size.giant)
    for first, members in _slices(size.originals):
        yield Crowd(GIANTS + first, members, max(size.entries_of_ordinary * members // size.ordinary, 1))


def doubles_of(size: Size) -> Iterator[Doubles]:
    """Everybody else, as doubles of those."""
    for giant in range(1, GIANTS):
        yield Doubles(0, 1, giant)
    for offset in range(size.originals, size.ordinary, size.originals):
        for first, members in _slices(min(size.originals, size.ordinary - offset)):
            yield Doubles(GIANTS + first, members, offset)


def _slices(members: int) -> Iterator[tuple[int, int]]:
    for first in range(0, members, SLICE_MEMBERS):
        yield first, min(SLICE_MEMBERS, members - first)


def entries_of_each(crowd: Crowd, rng: Random) -> list[int]:
    """How many entries each member of the crowd has; some have none."""
    counts = [0] * crowd.members
    for _ in range(crowd.entries):
        counts[int(crowd.members * rng.random() ** SKEW)] += 1
    return counts


def name_of(number: int) -> str:
    """The forum's id of a member."""
    return f"member-{number:07}"


def life(number: int, *, entries: int, size: Size, rng: Random) -> Iterator[Event]:
    """Without end, one event after the other: the more entries are wanted, the longer the member has been around."""
    member_id = name_of(number)
    active = min(size.span * 0.95, timedelta(days=2 + entries / 4))
    at = size.since + (size.span * 0.96 - active) * rng.random()
    # Twice as fast as that: caps let many a giant's events earn nothing, and the history must not end in one moment.
    gap_s = active.total_seconds() / max(2 * entries, 1)
    yield _event("member.joined", member_id, number=0, at=at)
    count, posts = 0, 0
    while True:
        count += 1
        at = min(at + timedelta(seconds=rng.expovariate(1) * gap_s), size.until - timedelta(seconds=1))
        kind = rng.choices(_TYPES, cum_weights=_WEIGHTS)[0]
        posts += kind == "post.created"
        subject = None if kind == "login" else f"post:{number}-{posts}"
        if kind in {"comment.created", "reply.received"}:
            subject = f"comment:{number}-{count}"
        board = rng.choice(_BOARDS) if kind == "post.created" else None
        data = {"length": rng.randrange(2000)} if kind == "post.created" else {}
        yield _event(kind, member_id, number=count, at=at, subject=subject, board=board, data=data)


def _event(
    kind: str,
    member_id: str,
    *,
    number: int,
    at: datetime,
    subject: str | None = None,
    board: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> Event:
    return Event(
        source="forum",
        id=f"{member_id}:{number}",
        type=kind,
        member_id=member_id,
        occurred_at=at,
        subject=subject,
        board=board,
        data=data or {},
    )
