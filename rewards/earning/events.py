"""An event as the forum sends it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from ledger.events import EventKey, fingerprint

FUTURE_TOLERANCE = timedelta(minutes=5)
RESERVED_SOURCES = frozenset({"attendance", "rewards", "import"})
"""Sources of the service's own events, which the forum cannot use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened on the forum. `occurred_at` is aware; `subject` is what it is about, as `post:81231`."""

    source: str
    id: str
    type: str
    member_id: str
    occurred_at: datetime
    subject: str | None = None
    board: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def key(self) -> EventKey:
        """What it is decided under, once."""
        return self.source, self.id


def fingerprint_of(event: Event, salt: bytes) -> bytes:
    """What the event said, normalised: the same instant in another zone, or keys in another order, are the same."""
    fields = (event.type, event.member_id, event.subject, event.board, event.occurred_at.astimezone(UTC))
    return fingerprint(salt, fields, data=orjson.dumps(dict(event.data), option=orjson.OPT_SORT_KEYS))
