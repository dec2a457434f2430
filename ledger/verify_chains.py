"""The chains walked inside PostgreSQL: which accounts have a row, or a head, that does not follow from what is before.

Ten times as fast as fetching every row. It only points at accounts: what is wrong with them is then found, and named,
by the code that wrote the rows.
"""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from typing import NamedTuple, get_args, get_type_hints
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.chain import DECISION_DOMAIN, ENTRY_DOMAIN, NULL
from ledger.events import Decision
from ledger.postings import COUNTED, EntryRow
from ledger.tables import EMPTY_HEAD

ACCOUNTS_AT_ONCE = 5000
_WORK_MEM = text("set local work_mem = '64MB'")
_BEGINNINGS = text(
    "select account_id from (select account_id, row_number() over (order by account_id) as number from account)"
    f" as numbered where number % {ACCOUNTS_AT_ONCE} = 1 order by account_id"
)
_FIXED = {
    int: "int4send(8) || int8send({})",
    bool: "int4send(8) || int8send(cast(cast({} as int) as bigint))",
    datetime: "int4send(8) || int8send(cast(extract(epoch from {}) * 1000000 as bigint))",
    UUID: "int4send(16) || uuid_send({})",
    str: "int4send(octet_length(convert_to({0}, 'UTF8'))) || convert_to({0}, 'UTF8')",
    date: "int4send(10) || convert_to(to_char({}, 'YYYY-MM-DD'), 'UTF8')",
    bytes: "int4send(octet_length({0})) || {0}",
}
"""How `ledger.chain.encode` writes a field, as SQL."""


class Walked(NamedTuple):
    """A part of the accounts: how many rows their chains have, and those with something wrong."""

    rows: int
    suspects: list[UUID]


def suspects_by_entries(session: Session) -> Iterator[Walked]:
    """Accounts whose entries or whose balance, version, lifetime or head are not as they must be."""
    return _walk(session, _ENTRIES)


def suspects_by_decisions(session: Session) -> Iterator[Walked]:
    """Accounts whose decisions, their number or their head are not as they must be."""
    return _walk(session, _DECISIONS)


def _walk(session: Session, query: str) -> Iterator[Walked]:
    session.execute(_WORK_MEM)
    beginnings: list[UUID | None] = list(session.scalars(_BEGINNINGS))
    for first, following in pairwise([*beginnings, None]):
        before = "" if following is None else "and account_id < :following"
        bounds = {"first": first} if following is None else {"first": first, "following": following}
        rows = session.execute(text(query.replace("{before}", before)), bounds).all()
        yield Walked(int(rows[0].total), [row.account_id for row in rows if row.account_id is not None])


def _link(row: type, *, domain: bytes) -> str:
    """The hash of a row after the one before it, over all columns but the hash itself."""
    types = get_type_hints(row)
    del types["hash"]
    fields = " || ".join(_encoded(column, types[column]) for column in types)
    head = f"coalesce(lag(hash) over w, {_literal(EMPTY_HEAD)})"
    return f"sha256({_literal(domain)} || {head} || {fields})"


def _encoded(column: str, kind: type) -> str:
    plain = next((part for part in get_args(kind) if part is not type(None)), kind)
    return f"coalesce({_FIXED[plain].format(column)}, {_literal(NULL)})"


def _literal(raw: bytes) -> str:
    return f"decode('{raw.hex()}', 'hex')"


_COUNTED = ", ".join(f"'{kind}'" for kind in sorted(COUNTED))
_RANGE = "account_id >= :first {before}"
_ENTRIES = f"""
with step as (
    select account_id, points, kind, hash is distinct from {_link(EntryRow, domain=ENTRY_DOMAIN)}
        or seq <> coalesce(lag(seq) over w, 0) + 1
        or balance_after <> coalesce(lag(balance_after) over w, 0) + points
        or recorded_at < lag(recorded_at) over w
        or (points < 0 and balance_after < held_after and kind not in ('reversal', 'penalty', 'capture')
            and not (kind = 'adjustment' and overdraft)) as is_wrong
    from entry where {_RANGE} window w as (partition by account_id order by seq)
), walked as (
    select account_id, count(*) as rows, sum(points) as points, coalesce(bool_or(is_wrong), false) as is_wrong,
        coalesce(sum(points) filter (where kind in ({_COUNTED})), 0) as counted
    from step group by account_id
), suspect as (
    select account_id from account a left join walked w using (account_id)
    where {_RANGE} and (w.is_wrong or (a.version, a.balance, a.lifetime) is distinct from
        (coalesce(w.rows, 0), coalesce(w.points, 0), coalesce(w.counted, 0)) or a.head is distinct from coalesce(
        (select e.hash from entry e where e.account_id = a.account_id and e.seq = a.version), {_literal(EMPTY_HEAD)}))
)
select t.total, s.account_id from (select coalesce(sum(rows), 0) as total from walked) t
    left join suspect s on true order by s.account_id
"""
_DECISIONS = f"""
with step as (
    select account_id, hash is distinct from {_link(Decision, domain=DECISION_DOMAIN)}
        or decision_no <> coalesce(lag(decision_no) over w, 0) + 1 as is_wrong
    from event where {_RANGE} window w as (partition by account_id order by decision_no)
), walked as (
    select account_id, count(*) as rows, coalesce(bool_or(is_wrong), false) as is_wrong
    from step group by account_id
), suspect as (
    select account_id from account a left join walked w using (account_id)
    where {_RANGE} and (w.is_wrong or a.decisions <> coalesce(w.rows, 0) or a.decision_head is distinct from coalesce(
        (select v.hash from event v where v.account_id = a.account_id and v.decision_no = a.decisions),
        {_literal(EMPTY_HEAD)}))
)
select t.total, s.account_id from (select coalesce(sum(rows), 0) as total from walked) t
    left join suspect s on true order by s.account_id
"""
