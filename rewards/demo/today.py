"""Some who come by today, so that the day's board lives: real check-ins, over the API, at this moment."""

from collections.abc import Iterable, Sequence
from datetime import date

from rewards.demo.calls import Calls
from rewards.demo.messages import Message
from rewards.demo.names import GREETINGS
from rewards.ranking.seasons import Calendar

VISITORS = 24


def check_in_today(calls: Calls, visitors: Iterable[str]) -> None:
    """Check members in; whoever is here already stays where they are."""
    for number, member_id in enumerate(visitors):
        greeting = GREETINGS[number % len(GREETINGS)] if number % 4 != 3 else None
        calls.post("/v1/attendance", {"member_id": member_id, "greeting": greeting})


def visitors_of(messages: Sequence[Message], *, calendar: Calendar, today: date) -> list[str]:
    """Those who wrote last, the latest first, but not today: who did has checked in."""
    latest = dict.fromkeys(message.sender for message in reversed(messages))
    here = {message.sender for message in messages if calendar.day_of(message.sent_at) == today}
    return [member_id for member_id in latest if member_id not in here][:VISITORS]
