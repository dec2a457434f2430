"""Members with points that a ledger accounts for: granted as a forum that moves here brings them along."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from rewards.earning.opening import open_balances
from rewards.members.ensure import read_members


def members_with(session: Session, points: Mapping[str, int], *, now: datetime) -> list[UUID]:
    """The accounts of new members, in their order, each with an opening balance."""
    open_balances(session, points, now=now)
    members = read_members(session, points)
    return [members[member_id].account_id for member_id in points]
