"""Moving points between the accounts of one member: a pair of entries that sums up to nothing. Pure."""

from datetime import datetime
from uuid import UUID

from ledger.postings import AccountState, EntryRow, Posting, post

CONTRA = "merge"


def move_on(
    points: int, *, gone: AccountState, into: AccountState, transfer_id: UUID, now: datetime
) -> tuple[list[AccountState], list[EntryRow]]:
    """Take points (below 0: a debt) from an account that was merged to the survivor's; answers both, in this order.

    Both are to be locked, and written in one call.
    """
    halves = [
        post(
            account,
            Posting(points=moved, kind="merge", contra=CONTRA, transfer_id=transfer_id, occurred_at=now),
            now=now,
        )
        for account, moved in ((gone, -points), (into, points))
    ]
    return [account for account, _ in halves], [entry for _, entry in halves]
