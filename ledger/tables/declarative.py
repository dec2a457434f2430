"""The declarative `Base` that the market and the rewards service build on, and what all tables share."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, DateTime, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import UserDefinedType

APPEND_ONLY = {"protection": "append_only"}
EMPTY_HEAD = b"\x00" * 32
BYTES_ORDER = "C"
"""Collation for what the outside names: compared and sorted by its bytes."""


class Xid8(UserDefinedType[str]):
    """A transaction id that never wraps; psycopg hands it over as text, so it is compared in SQL only."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
TYPES: dict[Any, Any] = {
    int: BigInteger,
    str: Text,
    bytes: LargeBinary,
    date: Date,
    datetime: DateTime(timezone=True),
    UUID: Uuid,
    dict[str, Any]: JSONB,
    list[Any]: JSONB,
}


class Base(DeclarativeBase):
    """Shared by all packages, so that one migration history and one transaction span them."""

    registry = registry(metadata=MetaData(naming_convention=NAMES), type_annotation_map=TYPES)
