"""Makers of events, for tests that say only what matters to them."""

import itertools
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rewards.earning.events import Event
from tests.support.clock import START

_numbers = itertools.count(1)


def make_event(
    event_type: str,
    member_id: str = "mina",
    *,
    event_id: str | None = None,
    subject: str | None = None,
    board: str | None = None,
    at: datetime = START,
    data: Mapping[str, Any] | None = None,
    source: str = "forum",
) -> Event:
    """Answer an event that occurred at `at`; without an id it gets one that no other event has."""
    return Event(
        source=source,
        id=event_id or f"event-{next(_numbers)}",
        type=event_type,
        member_id=member_id,
        occurred_at=at,
        subject=subject,
        board=board,
        data=data or {},
    )


def make_comment(member_id: str = "mina", **said: Any) -> Event:
    """Answer a `comment.created` on a subject of its own, unless one is given."""
    number = next(_numbers)
    return make_event("comment.created", member_id, **{"subject": f"comment:{number}", **said})
