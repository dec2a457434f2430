"""Answers that are written while they are sent: from one moment of the database, however long they are."""

from collections.abc import Callable, Iterator
from itertools import chain

from flask import Response
from sqlalchemy.orm import Session

from rewards.http.surroundings import here
from rewards.runtime.database import snapshot

MARK = "\ufeff"
"""What tells a spreadsheet that the file is UTF-8."""


def csv_response(
    lines: Callable[[Session], Iterator[str]], *, filename: str = "redemptions.csv", marked: bool = False
) -> Response:
    """A file of CSV to keep, read line after line from one snapshot; `marked` for spreadsheets."""
    engine = here().engine

    def written() -> Iterator[str]:
        with snapshot(engine) as session:
            yield from lines(session)

    # The first lines are read at once: a database that is away is answered as such, not by a file that breaks off.
    stream = written()
    first = next(stream)
    response = Response(chain([MARK if marked else "", first], stream), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response
