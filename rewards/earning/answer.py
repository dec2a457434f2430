"""A decision as it is answered: the same document for ever, since all of it was stored under the lock. Pure."""

from datetime import UTC, datetime
from typing import Any

from ledger.events import Decision


def answer_of(decision: Decision) -> dict[str, Any]:
    """The answer to an event. No rank is in it: that changes with what others do."""
    season = decision.season
    return {
        "event": {"source": decision.source, "id": decision.event_id},
        "outcome": decision.outcome,
        "points": decision.points,
        "reason": decision.reason,
        "rule": decision.rule,
        "balance": decision.balance,
        "available": decision.available,
        "season": None if season is None else {"id": season.isoformat(), "points": decision.season_points},
        "level": {"name": decision.level, "up": decision.level_up},
        "recorded_at": in_utc(decision.recorded_at),
    }


def in_utc(instant: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
