"""Taking an export into a database in which nothing else is, going on where an earlier run stopped.

Needs the owner's rights: rows come with the states that they had, which the triggers would refuse. They are set aside
for one table within one transaction, and are in force again with its commit.
"""

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.archive.parts import Part
from rewards.archive.shape import exported_tables, order_of
from rewards.errors import NotEmpty

_TRIGGERS = text(
    "select tgname from pg_trigger where tgrelid = cast(:name as regclass) and not tgisinternal order by tgname"
)
_BEGIN_GENERATION = text(
    "insert into outbox_generation (generation, system_identifier)"
    " select :generation + 1, cast(system_identifier as text) from pg_control_system() on conflict (one_row) do nothing"
)


def rows_there(session: Session) -> dict[str, int]:
    """How many rows each table has, from an interrupted run of the same file or from somewhere else."""
    names = [table.name for table in exported_tables()]
    return {name: session.execute(text(f"select count(*) from {name}")).scalar_one() for name in names}


def take(session: Session, part: Part, *, there: int) -> int:
    """Insert what of the part is not there yet; answers how many rows. Raises NotEmpty where others' rows are there."""
    known = min(max(there - part.position, 0), len(part.rows))
    if known:
        _compare(session, part, known=known)
    if known < len(part.rows):
        _insert(session, part, known=known)
    return len(part.rows) - known


def close(session: Session, *, generation: int) -> None:
    """Let numbers go on after the highest, and the outbox begin a generation that the old database has not had."""
    for table in exported_tables():
        for column in table.columns:
            if column.identity is not None:
                name, of = column.name, table.name
                session.execute(
                    text(
                        f"select setval(pg_get_serial_sequence('{of}', '{name}'), coalesce(max({name}), 1),"
                        f" max({name}) is not null) from {of}"
                    )
                )
    session.execute(_BEGIN_GENERATION, {"generation": generation})


def _compare(session: Session, part: Part, *, known: int) -> None:
    """The last row that is there must be the file's at that place: else the database holds something else."""
    table = next(table for table in exported_tables() if table.name == part.table)
    query = text(f"select to_jsonb(t) from {part.table} t order by {order_of(table)} offset :before limit 1")
    if session.execute(query, {"before": part.position + known - 1}).scalar() != part.rows[known - 1]:
        raise NotEmpty(part.table)


def _insert(session: Session, part: Part, *, known: int) -> None:
    session.execute(text(f"alter table {part.table} disable trigger user"))
    session.execute(
        text(
            f"insert into {part.table} overriding system value"
            f" select * from jsonb_populate_recordset(cast(null as {part.table}), cast(:rows as jsonb))"
        ),
        {"rows": orjson.dumps(part.rows[known:]).decode()},
    )
    for trigger in session.execute(_TRIGGERS, {"name": part.table}).scalars():
        session.execute(text(f'alter table {part.table} enable always trigger "{trigger}"'))
