"""Columns of many rows as PostgreSQL array literals.

psycopg writes arrays item by item through a dumper and two regular expressions; on the way that every event takes, this
was most of the time. Only what our tables hold is known here: whole numbers, times, ids, bytes, booleans and text.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

Item = str | int | bool | datetime | date | UUID | bytes | None


def columns(rows: Sequence[Sequence[object]]) -> tuple[str, ...]:
    """The columns of the rows, each as an array literal."""
    return tuple(array(column) for column in zip(*rows, strict=True))


def named(names: Sequence[str], rows: Sequence[Sequence[object]]) -> dict[str, str]:
    """The columns of the rows by name; no rows give empty arrays."""
    literals = columns(rows) or ("{}",) * len(names)
    return dict(zip(names, literals, strict=True))


def array(items: Iterable[object]) -> str:
    """An array literal of items of one type; None is null."""
    return "{" + ",".join(["null" if item is None else _WRITERS[type(item)](item) for item in items]) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _moment(instant: datetime) -> str:
    return f'"{instant.isoformat()}"'


def _hex(raw: bytes) -> str:
    return f'"\\\\x{raw.hex()}"'


def _truth(value: object) -> str:
    return "t" if value else "f"


_WRITERS: dict[type, Callable[..., str]] = {
    str: _quoted,
    int: str,
    bool: _truth,
    datetime: _moment,
    date: date.isoformat,
    UUID: str,
    bytes: _hex,
}
