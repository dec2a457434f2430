"""Everything that is kept of one person, for that person."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.archive.shape import exported_tables, order_of
from rewards.members.profile import account_of

ABOUT_NOBODY = {"block_leaf"}
"""Tables with accounts that say nothing which the account's own rows don't."""
SECRET = ("salt",)
"""What would let others test guesses about what was erased elsewhere."""
_THROUGH_OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "redemption_history": "redemption_id in (select redemption_id from redemption where account_id = :account_id)",
        "redemption_reason": (
            "step in (select step from redemption_history join redemption using (redemption_id)"
            " where account_id = :account_id)"
        ),
        "hold_history": "hold_id in (select hold_id from hold where account_id = :account_id)",
        "adjustment_history": "adjustment_id in (select adjustment_id from adjustment where account_id = :account_id)",
        "adjustment_reason": "adjustment_id in (select adjustment_id from adjustment where account_id = :account_id)",
        "audit": "about = 'account:' || cast(:account_id as text)",
    }
)
"""Rows that name the account through another table."""


def everything_of(session: Session, member_id: str) -> dict[str, Any]:
    """All rows about the member, by table, as they are kept; times in UTC. Raises UnknownThing."""
    account_id = account_of(session, member_id)
    kept: dict[str, list[dict[str, Any]]] = {}
    for table in exported_tables():
        condition = _THROUGH_OTHERS.get(table.name)
        if condition is None and "account_id" in table.columns and table.name not in ABOUT_NOBODY:
            condition = "account_id = :account_id"
        if condition is not None:
            source = f"{table.name} t where {condition} order by {order_of(table)}"
            kept[str(table.name)] = _rows(session, source, account_id=account_id)
    return {"member_id": member_id, "kept": kept}


def _rows(session: Session, source: str, *, account_id: UUID) -> list[dict[str, Any]]:
    rows = session.execute(text(f"select to_jsonb(t) from {source}"), {"account_id": account_id}).scalars()
    return [{name: value for name, value in row.items() if name not in SECRET} for row in rows]
