"""An export read again: its lines, checked, in parts of one table each. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from rewards.archive.shape import FORMAT
from rewards.errors import NotAnExport

ROWS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Header:
    """What an export says of itself. `generation` is that of the outbox where it comes from."""

    schema: str
    generation: int


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table that follow one another; `position` is the number of those of the table before them."""

    table: str
    position: int
    rows: list[dict[str, Any]]


@dataclass(slots=True)
class _Read:
    """What has been read so far, to be compared with what the last line says."""

    counts: dict[str, int]
    digest: Any


def open_export(lines: Iterable[bytes], *, tables: Iterable[str]) -> tuple[Header, Iterator[Part]]:
    """The header, and the parts as they are read. Both raise NotAnExport, the parts also at the end of a torn file."""
    numbered = iter(enumerate(lines, start=1))
    first = _parsed(*next(numbered, (1, b"")))
    if first.get("format") != FORMAT:
        raise NotAnExport(f"its first line does not say format {FORMAT}")
    return Header(str(first.get("schema")), int(first.get("generation", 0))), _parts(numbered, tables=list(tables))


def _parts(numbered: Iterator[tuple[int, bytes]], *, tables: list[str]) -> Iterator[Part]:
    read = _Read(dict.fromkeys(tables, 0), sha256())
    part: Part | None = None
    for number, line in numbered:
        document = _parsed(number, line)
        if "sha256" in document:
            if part is not None:
                yield part
            _check_end(document, read)
            return
        table, row = document.get("table"), document.get("row")
        if table not in read.counts or not isinstance(row, dict):
            raise NotAnExport(f"line {number} is no row of a table that is known")
        if part is not None and (part.table != table or len(part.rows) == ROWS_AT_ONCE):
            yield part
            part = None
        if part is None:
            part = Part(table, read.counts[table], [])
        part.rows.append(row)
        read.counts[table] += 1
        read.digest.update(line)
    if part is not None:
        yield part
    raise NotAnExport("it ends in the middle; import the whole file to go on")


def _check_end(closing: dict[str, Any], read: _Read) -> None:
    if closing != {"rows": read.counts, "sha256": read.digest.hexdigest()}:
        raise NotAnExport("its last line does not fit its rows: the file was changed or is damaged")


def _parsed(number: int, line: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise NotAnExport(f"line {number} is no JSON") from None
    if not isinstance(document, dict):
        raise NotAnExport(f"line {number} is no JSON object")
    return document
