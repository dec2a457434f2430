"""What an export holds, in which order, and what stays behind."""

from sqlalchemy import Table, Text

import market.tables  # noqa: F401 -- registers its tables
import rewards.tables  # noqa: F401 -- registers its tables
from ledger.tables import BYTES_ORDER, Base

FORMAT = 1

LEFT_OUT = {
    "outbox": "who was to be told has been told by then; where it goes on depends on the cluster",
    "outbox_generation": "belongs to the cluster",
    "staff_session": "whoever is signed in signs in again",
    "member_session": "the same",
    "sign_in_token": "lives for minutes",
    "sign_in_failure": "lives for a day",
    "webhook_message": "who was to be told has been told by then",
    "webhook_delivery": "the same",
    "webhook_attempt": "the same",
    "webhook_number": "the same",
    "webhook_sight": "where it goes on depends on the cluster",
}
"""Tables that are not exported, and why."""


def exported_tables() -> list[Table]:
    """Tables in an order in which every row finds what it refers to."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def order_of(table: Table) -> str:
    """The columns of the primary key: an order of rows that is the same in every database, whatever its collation."""
    return ", ".join(
        f'{column.name} collate "{BYTES_ORDER}"' if isinstance(column.type, Text) else column.name
        for column in table.primary_key
    )
