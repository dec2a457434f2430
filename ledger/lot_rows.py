"""Lots as rows: read under their accounts' locks, written with what was taken of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ledger.arrays import array, columns, named
from ledger.lots import Held, Lot, Outcome

_COLUMNS = "lot_id, account_id, seq, points, remaining, earned_at, expires_at, from_lot, recorded_at"
_USES = "(select coalesce(max(use_no), 0) from lot_use u where u.lot_id = l.lot_id) as uses"
_LAPSED = (
    "(select cast(coalesce(sum(u.points), 0) as bigint) from lot_use u"
    " where u.lot_id = l.lot_id and u.kind = 'lapsed') as lapsed"
)
_OPEN = text(
    f"select {_COLUMNS}, {_USES} from lot l where account_id = any(cast(:ids as uuid[])) and remaining > 0"
    " order by lot_id"
)
_LINES = text(
    "with recursive line as (select l.lot_id from lot l join unnest(cast(:accounts as uuid[]), cast(:seqs as bigint[]))"
    " as w(account_id, seq) on l.account_id = w.account_id and l.seq = w.seq"
    " union select l.lot_id from line join lot l on l.from_lot = line.lot_id)"
    f" select {_COLUMNS}, {_USES}, {_LAPSED} from lot l where lot_id in (select lot_id from line) order by lot_id"
)
_HELD = text(
    f"select {_COLUMNS}, {_USES}, h.held from lot l join (select lot_id, cast(sum(points) as bigint) as held"
    " from lot_use where hold_id = :hold_id and kind in ('held', 'released') group by lot_id) h using (lot_id)"
    " where h.held > 0 order by lot_id"
)
_DUE = text(
    "select l.account_id, cast(sum(l.remaining) as bigint) as points"
    " from unnest(cast(:ids as uuid[]), cast(:moments as timestamptz[])) as w(account_id, moment)"
    " join lot l on l.account_id = w.account_id and l.remaining > 0 and l.expires_at <= w.moment group by 1"
)
_INSERT = (
    f"insert into lot ({_COLUMNS}) select * from unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[],"
    " %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::uuid[], %s::timestamptz[])"
)
_UPDATE = (
    "update lot l set remaining = n.remaining from unnest(%s::uuid[], %s::bigint[]) as n(lot_id, remaining)"
    " where l.lot_id = n.lot_id"
)
_INSERT_USES = (
    "insert into lot_use (lot_id, use_no, account_id, points, kind, seq, hold_id, recorded_at) select * from"
    " unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::bigint[], %s::text[], %s::bigint[], %s::uuid[],"
    " %s::timestamptz[])"
)


def lapsed_of(account: str, seq: str) -> str:
    """SQL for how many of the points of an entry have lapsed and were not given back; both are column names."""
    return (
        "(with recursive mine as ("
        f"select first.lot_id from lot first where first.account_id = {account} and first.seq = {seq}"
        " union all select l.lot_id from mine join lot l on l.from_lot = mine.lot_id)"
        " select cast(coalesce(sum(u.points), 0) as bigint) from mine join lot_use u using (lot_id)"
        " where u.kind = 'lapsed')"
    )


def read_open_lots(session: Session, account_ids: Iterable[UUID]) -> list[Lot]:
    """All that remain of the accounts."""
    wanted = array(set(account_ids))
    return [] if wanted == "{}" else [_lot(row) for row in session.execute(_OPEN, {"ids": wanted})]


def read_lines(session: Session, openers: Iterable[tuple[UUID, int]]) -> list[Lot]:
    """The lots that entries (account, seq) opened, and those that their points went on in."""
    wanted = sorted(set(openers))
    if not wanted:
        return []
    return [_lot(row) for row in session.execute(_LINES, named(("accounts", "seqs"), wanted))]


def read_held(session: Session, hold_id: UUID) -> list[Held]:
    """What a hold has of lots."""
    rows = session.execute(_HELD, {"hold_id": hold_id})
    return [Held(_lot(row, leaving=("held",)), row.held) for row in rows]


def read_due(session: Session, moments: Mapping[UUID, datetime]) -> dict[UUID, int]:
    """How many points of each account have lapsed at its moment, and are still in their lots."""
    rows = session.execute(_DUE, named(("ids", "moments"), list(moments.items())))
    return {row.account_id: row.points for row in rows}


def write_lots(session: Session, outcome: Outcome) -> None:
    """Write lots and uses. Their accounts must be locked by this transaction."""
    connection = session.connection()
    if outcome.opened:
        rows = [tuple(getattr(lot, name) for name in _COLUMNS.split(", ")) for lot in outcome.opened]
        connection.exec_driver_sql(_INSERT, columns(rows))
    if outcome.changed:
        connection.exec_driver_sql(_UPDATE, columns([(lot.lot_id, lot.remaining) for lot in outcome.changed]))
    if outcome.uses:
        connection.exec_driver_sql(_INSERT_USES, columns(outcome.uses))


def _lot(row: Row[Any], *, leaving: tuple[str, ...] = ()) -> Lot:
    return Lot(**{name: value for name, value in row._asdict().items() if name not in leaving})
