"""What moves points between the accounts of one member: one half of a pair that sums up to nothing. Pure."""

from datetime import datetime
from uuid import UUID

from ledger.postings import Posting

CONTRA = "merge"


def moving(points: int, *, transfer_id: UUID, at: datetime) -> Posting:
    """Points that come to an account (below 0: leave it) as another's are the same member's now."""
    return Posting(points=points, kind="merge", contra=CONTRA, transfer_id=transfer_id, occurred_at=at)
