"""Everything that is kept of one person, for that person."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.archive.shape import exported_tables, order_of
from rewards.members.accounts import accounts_of

ABOUT_NOBODY = {"block_leaf"}
"""Tables with accounts that say nothing which the account's own rows don't."""
SECRET = ("salt",)
"""What would let others test guesses about what was erased elsewhere."""
_THEIRS = "account_id = any(cast(:accounts as uuid[]))"
_THROUGH_OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "redemption_history": f"redemption_id in (select redemption_id from redemption where {_THEIRS})",
        "redemption_reason": (
            f"step in (select step from redemption_history join redemption using (redemption_id) where {_THEIRS})"
        ),
        "code_reading": f"code_id in (select code_id from redemption where {_THEIRS})",
        "code_reading_reason": (
            f"reading_id in (select reading_id from code_reading join redemption using (code_id) where {_THEIRS})"
        ),
        "hold_history": f"hold_id in (select hold_id from hold where {_THEIRS})",
        "adjustment_history": f"adjustment_id in (select adjustment_id from adjustment where {_THEIRS})",
        "adjustment_reason": f"adjustment_id in (select adjustment_id from adjustment where {_THEIRS})",
        "audit": "about in (select 'account:' || one from unnest(cast(:accounts as uuid[])) as one)",
    }
)
"""Rows that name the account through another table."""


def everything_of(session: Session, member_id: str) -> dict[str, Any]:
    """All rows about the member, by table, as they are kept; times in UTC. Raises UnknownThing.

    Those of ids that were merged into the member are among them.
    """
    accounts = accounts_of(session, member_id)
    kept: dict[str, list[dict[str, Any]]] = {}
    for table in exported_tables():
        condition = _THROUGH_OTHERS.get(table.name)
        if condition is None and "account_id" in table.columns and table.name not in ABOUT_NOBODY:
            condition = _THEIRS
        if condition is not None:
            source = f"{table.name} t where {condition} order by {order_of(table)}"
            kept[str(table.name)] = _rows(session, source, accounts=accounts)
    return {"member_id": member_id, "kept": kept}


def _rows(session: Session, source: str, *, accounts: tuple[UUID, ...]) -> list[dict[str, Any]]:
    rows = session.execute(text(f"select to_jsonb(t) from {source}"), {"accounts": list(accounts)}).scalars()
    return [{name: value for name, value in row.items() if name not in SECRET} for row in rows]
