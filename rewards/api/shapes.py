"""Shapes that several resources answer with, and how lists page."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from marshmallow import Schema, fields

from rewards.http.cursors import cursor_for
from rewards.http.fields import Document, Line, Whole

ROWS_MAX = 200
T = TypeVar("T")


class PageQuery(Document):
    """Where a list goes on, and how much of it to give."""

    cursor = Line(load_default=None, longest=2000, metadata={"description": "`next` of the page before."})
    limit = Whole(load_default=50, least=1, most=ROWS_MAX, in_query=True)


def list_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page of items."""
    return Document.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True, allow_none=True, metadata={"description": "Cursor of the next page; null at the end."}
            ),
        },
        name=f"{item.__name__}List",
    )


def page_of(
    rows: Sequence[T], *, limit: int, of: str, place: Callable[[T], list[Any]], item: Callable[[T], Any]
) -> dict[str, Any]:
    """A page from `limit` + 1 rows: the one too many only says that there is a next page."""
    shown = rows[:limit]
    more = len(rows) > limit
    return {"items": [item(row) for row in shown], "next": cursor_for(place(shown[-1]) if more else None, of=of)}
