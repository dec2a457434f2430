"""Doubles of members whose lives were decided: the same rows under other ids, chained anew inside PostgreSQL.

Ten times as quick as deciding everything once more. The hashes are those of `ledger.chain`; `rewards verify` says so.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import get_args, get_type_hints
from uuid import UUID

from sqlalchemy import Engine, text

from bench.community import Community
from bench.history import Doubles, Size, name_of
from ledger.chain import DECISION_DOMAIN, ENTRY_DOMAIN, NULL
from ledger.events import Decision
from ledger.postings import EntryRow
from ledger.tables import EMPTY_HEAD, Base
from rewards.runtime.database import transaction

_ENCODED = {
    int: "int4send(8) || int8send({})",
    bool: "int4send(8) || int8send(cast(cast({} as int) as bigint))",
    datetime: "int4send(8) || int8send(cast(extract(epoch from {}) * 1000000 as bigint))",
    UUID: "int4send(16) || uuid_send({})",
    str: "int4send(octet_length({0})) || convert_to({0}, 'UTF8')",
    date: "int4send(10) || convert_to(to_char({}, 'YYYY-MM-DD'), 'UTF8')",
    bytes: "int4send(octet_length({0})) || {0}",
}
"""What `ledger.chain.encode` writes, as SQL."""


_WHO = """
create temporary table double on commit drop as
select account_id as original, uuidv7() as account_id,
    left(member_id, -7) || lpad(cast(cast(right(member_id, 7) as int) + :offset as text), 7, '0') as member_id
from member where member_id >= :first and member_id < :behind
"""
_COUNT = text("select count(*) from entry join double d using (account_id)")
_OTHER = {
    "account_id": "d.account_id",
    "transfer_id": "cast(md5(t.transfer_id || d.member_id) as uuid)",
    "event_id": "d.member_id || substr(t.event_id, position(':' in t.event_id))",
    "subject": "t.subject || d.member_id",
    "member_id": "d.member_id",
}
"""How a double's columns differ; `t` is the original's row, `d` who is doubled."""


def load_doubles(engine: Engine, *, doubles: Doubles, size: Size, at_home: Community) -> int:
    """Write the copy; answers how many entries it has."""
    del size, at_home
    bounds = {"first": name_of(doubles.first), "behind": name_of(doubles.first + doubles.members)}
    with transaction(engine) as session:
        session.execute(text(_WHO), {**bounds, "offset": doubles.offset})
        for statement in _STATEMENTS:
            session.execute(text(statement))
        return session.execute(_COUNT).scalar_one()


def _chained(table: str, row: type, *, number: str, domain: bytes) -> list[str]:
    """Insert the doubles' rows of a chain, each hashed over the hash before.

    They lie in a table of their own meanwhile, which is small however much was loaded.
    """
    types = get_type_hints(row)
    del types["hash"]
    columns = ", ".join(types)
    other = ", ".join(f"{_of(column)} as {column}" for column in types)
    fields = " || ".join(f"coalesce({_encoded(f'r.{column}', types[column])}, {_literal(NULL)})" for column in types)
    link = f"sha256({_literal(domain)} || {{}} || {fields})"
    return [
        (
            f"create temporary table double_{table} on commit drop as select {other}"
            f" from {table} t join double d on t.account_id = d.original"
        ),
        f"analyze double_{table}",
        f"""
insert into {table} ({columns}, hash)
with recursive chain as (
    select r.*, {link.format(_literal(EMPTY_HEAD))} as hash from double_{table} r where r.{number} = 1
    union all select r.*, {link.format("c.hash")} from chain c
        join double_{table} r on r.account_id = c.account_id and r.{number} = c.{number} + 1
)
select {columns}, hash from chain
""",
    ]


def _encoded(column: str, kind: type) -> str:
    plain = next((part for part in get_args(kind) if part is not type(None)), kind)
    return _ENCODED[plain].format(column)


def _literal(raw: bytes) -> str:
    return f"decode('{raw.hex()}', 'hex')"


def _of(column: str, other: Mapping[str, str] = _OTHER) -> str:
    return other.get(column, f"t.{column}")


def _copied(table: str, **other: str) -> str:
    """Insert the doubles' rows of a table that is no chain."""
    columns = [column.name for column in Base.metadata.tables[table].columns]
    values = ", ".join(_of(column, {**_OTHER, **other}) for column in columns)
    source = f"{table} t join double d on t.account_id = d.original"
    return f"insert into {table} ({', '.join(columns)}) select {values} from {source}"


_STATEMENTS = (
    # The planner does not know how few rows each level of a recursion has: hashed in memory, only those are asked for.
    "set local enable_mergejoin = off",
    "set local work_mem = '256MB'",
    "analyze double",
    *_chained("entry", EntryRow, number="seq", domain=ENTRY_DOMAIN),
    *_chained("event", Decision, number="decision_no", domain=DECISION_DOMAIN),
    _copied(
        "account",
        head="coalesce((select hash from entry e where e.account_id = d.account_id and e.seq = t.version), t.head)",
        decision_head="coalesce((select hash from event v where v.account_id = d.account_id"
        " and v.decision_no = t.decisions), t.decision_head)",
    ),
    _copied("member"),
    _copied("event_data"),
    _copied("cap_usage"),
    _copied("leaderboard_points"),
)
