"""Some who come by today, so that the day's board lives: real check-ins, over the API, at this moment."""

from collections.abc import Iterable, Sequence

from rewards.demo.calls import Calls
from rewards.demo.messages import Message
from rewards.demo.names import GREETINGS

VISITORS = 9


def check_in_today(calls: Calls, visitors: Iterable[str]) -> None:
    """Check members in; whoever is here already stays where they are."""
    for number, member_id in enumerate(visitors):
        greeting = GREETINGS[number % len(GREETINGS)] if number % 4 != 3 else None
        calls.post("/v1/attendance", {"member_id": member_id, "greeting": greeting})


def visitors_of(messages: Sequence[Message]) -> list[str]:
    """Those who wrote last, the latest first."""
    latest = dict.fromkeys(message.sender for message in reversed(messages))
    return list(latest)[:VISITORS]
