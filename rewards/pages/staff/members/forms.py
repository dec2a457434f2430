# ruff: noqa: ARG002, PLR0917 -- the signature is marshmallow's
"""What staff fill in about members and seasons; what is wrong is said in the page's language."""

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from marshmallow import ValidationError, fields, validate

from rewards.http.fields import POINTS_MAX
from rewards.pages.forms import Form
from rewards.staff.members import GROUNDS

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SIGNED = re.compile(r"[+-]?[0-9]{1,13}")


class Signed(fields.Field[int]):
    """Points to give or to take, as people write them: +1,000, −20."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> int:
        written = re.sub(r"[,\s]", "", str(value)).replace("−", "-")
        points = int(written) if _SIGNED.fullmatch(written) else None
        if points is None or abs(points) > POINTS_MAX:
            raise ValidationError(gettext("A whole number of points, like 500 or -20."))
        if points == 0:
            raise ValidationError(gettext("Not 0: there would be nothing to do."))
        return points


def reason_field() -> fields.String:
    """Why, in words; needed."""
    return fields.String(
        required=True,
        error_messages={"required": gettext("Say why, in words.")},
        validate=[_one_line, validate.Length(max=500, error=gettext("At most %(max)d characters.", max=500))],
    )


def adjustment_form() -> Form:
    """Points, why, and whether they may be owed."""
    return _form(
        points=Signed(required=True, error_messages={"required": gettext("How many points?")}),
        reason=reason_field(),
        overdraft=fields.Boolean(load_default=False),
    )


def reason_form() -> Form:
    """Why."""
    return _form(reason=reason_field())


def merge_form() -> Form:
    """Into whom."""
    wrong = gettext("The id of a member, please.")
    return _form(
        into=fields.String(
            required=True,
            error_messages={"required": wrong},
            validate=[_one_line, validate.Length(min=1, max=64, error=wrong)],
        )
    )


def suspension_form() -> Form:
    """On what ground."""
    missing = gettext("Choose why.")
    return _form(
        ground=fields.String(
            required=True,
            error_messages={"required": missing},
            validate=validate.OneOf(GROUNDS, error=missing),
        ),
        reason=fields.String(
            load_default=None,
            validate=validate.Length(max=1000, error=gettext("At most 1,000 characters, please.")),
        ),
    )


def _one_line(written: str) -> None:
    if _CONTROL.search(written):
        raise ValidationError(gettext("One line of text, please, without special characters."))


def _form(**inputs: fields.Field[Any]) -> Form:
    return Form.from_dict(dict(inputs))()  # pyright: ignore[reportReturnType]  # a subclass of the one it is called on
