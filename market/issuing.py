"""What staff see before and after a code goes out: which one it will be, who was shown it. Never the code itself."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

_RESERVED = text(
    "select c.expires_on from redemption r join code c using (code_id) where r.redemption_id = :redemption_id"
    " and c.state = 'reserved' and (c.expires_on is null or c.expires_on >= :today)"
)
_FIRST_TO_LAPSE = text(
    "select c.expires_on from code c join redemption r using (product_id) where r.redemption_id = :redemption_id"
    " and c.state = 'available' and (c.expires_on is null or c.expires_on >= :today)"
    " order by c.expires_on nulls last, c.code_id limit 1"
)
_READINGS = text(
    "select d.actor, coalesce(w.reason, '') as reason, d.recorded_at from code_reading d"
    " join redemption r using (code_id) left join code_reading_reason w using (reading_id)"
    " where r.redemption_id = :redemption_id order by d.reading_id"
)


@dataclass(frozen=True, slots=True)
class CodeAhead:
    """The code that goes out if the redemption is fulfilled from stock, and its last day, if it has one."""

    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody was shown the code."""

    actor: str
    reason: str
    recorded_at: datetime


def code_ahead(session: Session, redemption_id: UUID, *, today: date) -> CodeAhead | None:
    """The code that would go out on that day of the community; none where one has to be typed in."""
    asked = {"redemption_id": redemption_id, "today": today}
    for query in (_RESERVED, _FIRST_TO_LAPSE):
        found = session.execute(query, asked).one_or_none()
        if found is not None:
            return CodeAhead(found.expires_on)
    return None


def readings_of(session: Session, redemption_id: UUID) -> list[Reading]:
    """Everybody who was shown the code that was issued, in their order."""
    return [Reading(*row) for row in session.execute(_READINGS, {"redemption_id": redemption_id})]
