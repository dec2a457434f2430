"""Many members with their nicknames at once, as a forum that moves here brings them along. The caller commits."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.accounts import lock_accounts
from ledger.outbox import Notice, emit
from rewards.members.ensure import ensure_members, read_locked

_NAME = text(
    "update member m set name = n.name from unnest(cast(:accounts as uuid[]), cast(:names as text[]))"
    " as n(account_id, name) where m.account_id = n.account_id and m.name is distinct from n.name"
    " returning m.account_id"
)
_BUMP = text("update leaderboard_points set version = version + 1 where account_id = any(cast(:accounts as uuid[]))")


def bring_in_names(session: Session, names: Mapping[str, str], *, now: datetime) -> int:
    """Make members known and name them, by their ids; answers how many names are new. Locks the accounts."""
    members = ensure_members(session, names, now=now)
    lock_accounts(session, [account_id for member in members.values() for account_id in member.accounts], now=now)
    members = read_locked(session, members)
    accounts = {member.account_id: names[member_id] for member_id, member in members.items()}
    written = session.scalars(_NAME, {"accounts": list(accounts), "names": list(accounts.values())})
    changed = sorted(written)
    if changed:
        session.execute(_BUMP, {"accounts": changed})
        emit(session, [Notice("member", account_id, {"change": "profile"}) for account_id in changed], now=now)
    return len(changed)
