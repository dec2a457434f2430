"""What the ledger refuses, with the facts of it. Nothing here knows HTTP.

None is frozen: an exception that passes through a context manager gets its traceback assigned, which a frozen one
refuses.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


class LedgerError(Exception):
    """Any refusal of the ledger."""


@dataclass(eq=False)
class NotEnoughPoints(LedgerError):
    """A hold or a charge asked for more points than are available."""

    available: int
    needed: int


@dataclass(eq=False)
class HoldResolved(LedgerError):
    """The hold was captured, released or expired before."""

    hold_id: UUID
    state: str


@dataclass(eq=False)
class UnknownHold(LedgerError):
    """There is no such hold on the account."""

    hold_id: UUID


@dataclass(eq=False)
class EventConflict(LedgerError):
    """The id was used before with other content; says when, and by which content."""

    source: str
    event_id: str
    first_recorded_at: datetime
    first_fingerprint: str


class DecidedMeanwhile(LedgerError):
    """Somebody else decided an event of this micro-batch first: roll back and run it again."""


class SubjectMoved(LedgerError):
    """More accounts are touched by a reversal than were locked: roll back and run it again."""
