"""An export: a first line about itself, one line a row, a last line with how many there were.

PostgreSQL itself writes the rows (`to_jsonb`), and reads them again: every value comes back as it was. Times are UTC.
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import orjson
from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from rewards.archive.shape import FORMAT, exported_tables, order_of

ROWS_AT_ONCE = 5000
_ABOUT = text(
    "select (select version_num from alembic_version) as schema,"
    " (select generation from outbox_generation) as generation"
)


def export_lines(session: Session, *, export_id: UUID, now: datetime) -> Iterator[bytes]:
    """The lines of an export, each with its newline, streamed. Reads one moment if the session does."""
    about = session.execute(_ABOUT).one()
    first = {
        "format": FORMAT,
        "schema": about.schema,
        "export_id": str(export_id),
        "generation": about.generation or 0,
        "exported_at": now.isoformat(),
    }
    yield orjson.dumps(first) + b"\n"
    digest, counts = sha256(), dict[str, int]()
    for table in exported_tables():
        name = str(table.name)
        counts[name] = 0
        for line in _rows(session, table):
            counts[name] += 1
            digest.update(line)
            yield line
    yield orjson.dumps({"rows": counts, "sha256": digest.hexdigest()}) + b"\n"


def count_rows(session: Session) -> int:
    """How many rows an export will have, for somebody who waits."""
    return sum(session.execute(text(f"select count(*) from {table.name}")).scalar_one() for table in exported_tables())


def _rows(session: Session, table: Table) -> Iterator[bytes]:
    query = text(f"select cast(to_jsonb(t) as text) from {table.name} t order by {order_of(table)}")
    before = f'{{"table":"{table.name}","row":'.encode()
    for row in session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}):
        yield before + row[0].encode() + b"}\n"
