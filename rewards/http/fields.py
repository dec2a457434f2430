# ruff: noqa: ARG002, PLR0917 -- the signatures are marshmallow's
"""Fields of requests and answers: shape only, never the database; strict, so that nothing is guessed."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from rewards.access.member_tokens import is_member_id

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
PATTERN_LINE = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
"""What the OpenAPI document says of text without control characters."""
_CONTROL_BUT_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
BIGINT_MAX = 2**63 - 1
POINTS_MAX = 1_000_000_000_000


class Document(Schema):
    """A schema that refuses unknown fields by name."""

    class Meta:
        """Marshmallow's own default, said aloud."""

        unknown = "raise"


class Moment(fields.Field[datetime]):
    """RFC 3339 with an offset; given back in UTC with `Z` and milliseconds."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else rfc3339(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> datetime:
        moment = moment_of(value)
        if moment is None:
            raise ValidationError("must be a time with an offset, like 2026-01-17T10:08:01+09:00, from 1970 on")
        return moment


def moment_of(value: Any) -> datetime | None:
    """The instant in UTC that an RFC 3339 text names; none for anything else."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment >= EARLIEST else None


def rfc3339(value: datetime) -> str:
    """A time in UTC with `Z` and milliseconds."""
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"


class Day(fields.Field[date]):
    """A day of the community, as 2026-01-17."""

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else value.isoformat()

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> date:
        day = day_of(value)
        if day is None:
            raise ValidationError("must be a day like 2026-01-17")
        return day


def day_of(value: Any) -> date | None:
    """The day that an ISO text names, 1970–9998; none for anything else."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9998 else None


class Month(fields.Field[date]):
    """A calendar month, as 2026-01; its first day inside."""

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else f"{value:%Y-%m}"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> date:
        day = day_of(f"{value}-01")
        if day is None:
            raise ValidationError("must be a month like 2026-01")
        return day


class Line(fields.String):
    """Text of one line: no control characters, nothing that UTF-8 cannot write."""

    def __init__(self, *, shortest: int = 1, longest: int = 255, **kwargs: Any) -> None:
        kwargs["metadata"] = {"pattern": PATTERN_LINE, **kwargs.get("metadata", {})}
        super().__init__(validate=validate.Length(min=shortest, max=longest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        written = super()._deserialize(value, attr, data, **kwargs)
        if _CONTROL.search(written):
            raise ValidationError("must not contain control characters")
        return written


class Prose(fields.String):
    """Text that may have lines."""

    def __init__(self, *, shortest: int = 0, longest: int = 4000, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=shortest, max=longest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        written = super()._deserialize(value, attr, data, **kwargs)
        if _CONTROL_BUT_LINES.search(written):
            raise ValidationError("must not contain control characters")
        return written


class MemberId(fields.String):
    """The forum's own id of a member: 1–64 characters, no control characters."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["metadata"] = {"pattern": PATTERN_LINE, **kwargs.get("metadata", {})}
        super().__init__(validate=validate.Length(min=1, max=64), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        written = super()._deserialize(value, attr, data, **kwargs)
        if written and len(written) <= 64 and not is_member_id(written):
            raise ValidationError("must not contain control characters")
        return written


class Whole(fields.Integer):
    """A whole number: `"5"` and `5.0` are refused. In a query string it is written in digits."""

    def __init__(self, *, least: int = 0, most: int = POINTS_MAX, in_query: bool = False, **kwargs: Any) -> None:
        self.in_query = in_query
        super().__init__(strict=True, validate=validate.Range(min=least, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if self.in_query and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValidationError("must be a whole number")
        return value


class Truth(fields.Boolean):
    """`true` or `false` and nothing else; in a query string the words."""

    def __init__(self, *, in_query: bool = False, **kwargs: Any) -> None:
        self.in_query = in_query
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> bool:
        if self.in_query and value in ("true", "false"):
            return value == "true"
        if not isinstance(value, bool):
            raise ValidationError("must be true or false")
        return value
