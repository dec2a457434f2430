"""What may stand in a path."""

from datetime import date

from werkzeug.routing import BaseConverter, ValidationError

from rewards.access.member_tokens import is_member_id
from rewards.http.fields import day_of


class MemberIdConverter(BaseConverter):
    """A member's id; one with a slash is asked for by query string instead."""

    part_isolating = True
    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        if not is_member_id(value):
            raise ValidationError
        return value


class DayConverter(BaseConverter):
    """A day, as 2026-01-17."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        day = day_of(value)
        if day is None:
            raise ValidationError
        return day

    def to_url(self, value: date | str) -> str:
        return value if isinstance(value, str) else value.isoformat()


CONVERTERS = {"member": MemberIdConverter, "day": DayConverter}
PARAMETERS = {
    MemberIdConverter: {
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "pattern": "^[^/\\u0000-\\u001f\\u007f-\\u009f]+$",
    },
    DayConverter: {"type": "string", "format": "date"},
}
