"""The messages of the demo, and what a forum would report of each. Pure, but for reading the file.

Everything here depends on the file and the number of weeks alone, so that a second run sends the same events.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rewards.ranking.seasons import Bounds, Calendar

FILE = Path(__file__).with_name("data") / "collegemsg.csv.gz"
WEEK = timedelta(weeks=1)
BOARDS = ("free", "free", "qna", "free", "free")
"""Where a message is posted, by its number; comments earn the same on all of them."""


@dataclass(frozen=True, slots=True)
class Message:
    """One member's message to another. `sent_at` in UTC, to the second."""

    number: int
    sender: str
    recipient: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Week:
    """The messages of one season."""

    bounds: Bounds
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class FirstMessage:
    """A member's first message of a community day, which the demo takes for a check-in."""

    member_id: str
    sent_at: datetime


def read_messages(path: Path = FILE) -> list[Message]:
    """All messages in the order in which they were sent, at their own time."""
    with gzip.open(path, "rt", encoding="ascii", newline="") as file:
        messages = [
            Message(
                number=int(row["message_id"]),
                sender=f"member-{row['sender_id']}",
                recipient=f"member-{row['recipient_id']}",
                sent_at=datetime.fromisoformat(row["sent_at"]).astimezone(UTC),
            )
            for row in csv.DictReader(file)
        ]
    return sorted(messages, key=lambda message: (message.sent_at, message.number))


def shift_weeks_for(messages: Sequence[Message], *, now: datetime) -> int:
    """The largest whole number of weeks by which the messages can be moved with nothing left in the future."""
    return (now - max(message.sent_at for message in messages)) // WEEK


def moved(messages: Iterable[Message], *, weeks: int) -> list[Message]:
    """The messages, later by whole weeks."""
    return [Message(m.number, m.sender, m.recipient, m.sent_at + weeks * WEEK) for m in messages]


def split_into_weeks(messages: Sequence[Message], *, calendar: Calendar) -> list[Week]:
    """The messages by the season in which they were sent; weeks without one are left out."""
    weeks: list[Week] = []
    bounds = calendar.first_season(messages[0].sent_at)
    held: list[Message] = []
    for message in messages:
        while message.sent_at >= bounds.ends_at:
            if held:
                weeks.append(Week(bounds, held))
            bounds, held = calendar.next_season(bounds), []
        held.append(message)
    return [*weeks, Week(bounds, held)]


def first_meetings(messages: Iterable[Message]) -> dict[str, int]:
    """For each member, the number of the first message that they sent or received."""
    first: dict[str, int] = {}
    for message in messages:
        for member_id in (message.sender, message.recipient):
            first.setdefault(member_id, message.number)
    return first


def events_of(messages: Iterable[Message], *, first: dict[str, int]) -> Iterator[dict[str, Any]]:
    """The events of messages in order: who joins with it, the sender's comment, the recipient's reply."""
    for message in messages:
        for member_id in (message.sender, message.recipient):
            if first[member_id] == message.number:
                yield _event(message, f"member:{member_id}:joined", kind="member.joined", member_id=member_id)
        about = {"subject": f"message:{message.number}", "board": BOARDS[message.number % len(BOARDS)]}
        name = f"message:{message.number}"
        yield _event(message, f"{name}:sent", kind="comment.created", member_id=message.sender) | about
        yield _event(message, f"{name}:received", kind="reply.received", member_id=message.recipient) | about


def _event(message: Message, event_id: str, *, kind: str, member_id: str) -> dict[str, Any]:
    occurred_at = message.sent_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": event_id, "type": kind, "member_id": member_id, "occurred_at": occurred_at}


def first_of_each_day(messages: Iterable[Message], *, calendar: Calendar) -> list[FirstMessage]:
    """Each sender's first message of each community day, in order of time."""
    firsts: dict[tuple[str, object], FirstMessage] = {}
    for message in messages:
        key = (message.sender, calendar.day_of(message.sent_at))
        firsts.setdefault(key, FirstMessage(message.sender, message.sent_at))
    return list(firsts.values())
