"""The queue as CSV, for spreadsheets: never a code in it, and nothing that a spreadsheet would run as a formula."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from io import StringIO
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.queue import QueueFilter, RedemptionRow, cursor_of, read_queue
from rewards.members.accounts import PRESENT_MEMBERS

COLUMNS = (
    "id",
    "state",
    "requested_at",
    "moved_at",
    "product_key",
    "product",
    "face_value",
    "currency",
    "member_id",
    "member",
    "origin",
    "points",
    "season",
    "place",
    "claimed_by",
)
BATCH = 500
_FORMULA = tuple("=+-@＝＋－＠\t\r\n|")

_MEMBERS = text(
    f"select account_id, member_id, name from {PRESENT_MEMBERS} where account_id = any(cast(:accounts as uuid[]))"
    " and member_id is not null"
)
_PRIZES = text("select redemption_id, season_id, place from prize where redemption_id = any(cast(:ids as uuid[]))")
_MOVED = text(
    "select redemption_id, max(recorded_at) as moved_at from redemption_history"
    " where redemption_id = any(cast(:ids as uuid[])) group by redemption_id"
)


def export_queue(session: Session, *, only: QueueFilter, newest_first: bool, timezone: tzinfo) -> Iterator[str]:
    """Lines of CSV, a header first, some hundred redemptions at a time: a long queue is never in memory whole.

    Times are those of the community, with their offset. The session must stay open until the last line is taken.
    """
    header, after = [COLUMNS], None
    while True:
        rows = read_queue(session, limit=BATCH, only=only, after=after, newest_first=newest_first)
        yield _lines([*header, *_cells(session, rows, timezone=timezone)])
        if len(rows) < BATCH:
            return
        header, after = [], cursor_of(rows[-1])


def harmless(cell: str) -> str:
    """Text that a spreadsheet shows and never computes: what would begin a formula gets an apostrophe before it."""
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell


def _lines(rows: Sequence[Sequence[Any]]) -> str:
    written = StringIO()
    csv.writer(written).writerows([[harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows])
    return written.getvalue()


def _cells(session: Session, rows: Sequence[RedemptionRow], *, timezone: tzinfo) -> list[list[Any]]:
    ids = {"ids": [row.redemption_id for row in rows]}
    accounts = {"accounts": list({row.account_id for row in rows})}
    members = {row.account_id: row for row in session.execute(_MEMBERS, accounts)}
    prizes = {row.redemption_id: row for row in session.execute(_PRIZES, ids)}
    moved = {row.redemption_id: row.moved_at for row in session.execute(_MOVED, ids)}
    return [
        _row(row, members=members, prizes=prizes, moved_at=moved[row.redemption_id], timezone=timezone) for row in rows
    ]


def _row(
    row: RedemptionRow,
    *,
    members: Mapping[UUID, Any],
    prizes: Mapping[UUID, Any],
    moved_at: datetime,
    timezone: tzinfo,
) -> list[Any]:
    member, prize = members.get(row.account_id), prizes.get(row.redemption_id)
    return [
        str(row.redemption_id),
        row.state,
        _at(row.requested_at, timezone),
        _at(moved_at, timezone),
        row.product_key,
        row.product_name_ko,
        row.face_value,
        row.currency,
        member.member_id if member else "",
        (member.name or member.member_id) if member else "",
        row.origin,
        row.points,
        prize.season_id.isoformat() if prize else "",
        prize.place if prize else "",
        row.claimed_by or "",
    ]


def _at(moment: datetime, timezone: tzinfo) -> str:
    return moment.astimezone(timezone).isoformat(timespec="seconds")
