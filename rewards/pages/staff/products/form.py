# ruff: noqa: ARG002, PLR0917 -- the signatures are marshmallow's
"""What staff fill in about a product: read, and shown again as it was typed. What is wrong is said in words."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from marshmallow import ValidationError, fields, validate, validates_schema

from market.limits import Limit
from market.products import RESERVED_KEYS, ProductDetails, ProductRow
from rewards.http.fields import EARLIEST, POINTS_MAX
from rewards.pages.avatars import picture_of
from rewards.pages.forms import Form
from rewards.staff.products import (
    BRAND_LENGTH_MAX,
    DESCRIPTION_LENGTH_MAX,
    FACE_VALUE_MAX,
    LIMIT_TIMES_MAX,
    NAME_LENGTH_MAX,
    POSITION_MAX,
    NewProduct,
)

KEY_LENGTH_MAX = 64
PICTURE_ADDRESS_MAX = 512
PERIODS = ("day", "week", "month", "ever")
STOCKS = ("codes", "number", "unlimited")
VERSION_MAX = 2**31 - 1
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_WHOLE = re.compile(r"[+-]?[0-9]{1,13}")
_LOCAL = "%Y-%m-%dT%H:%M"


class Words(fields.String):
    """Text as people write it; `lines` may be several."""

    def __init__(self, *, longest: int, lines: bool = False, **kwargs: Any) -> None:
        self.longest, self.lines = longest, lines
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        written = super()._deserialize(value, attr, data, **kwargs).replace("\r\n", "\n")
        if len(written) > self.longest:
            raise ValidationError(gettext("At most %(max)d characters.", max=self.longest))
        if _CONTROL.search(written) or (not self.lines and re.search("[\n\t]", written)):
            raise ValidationError(gettext("One line of text, please, without special characters."))
        return written


class Number(fields.Field[int]):
    """A whole number as people write it: 5,000."""

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> int:
        written = re.sub(r"[,\s]", "", str(value)).replace("−", "-")
        if not _WHOLE.fullmatch(written) or not self.least <= int(written) <= self.most:
            bounds = {"least": f"{self.least:,}", "most": f"{self.most:,}"}
            raise ValidationError(gettext("A whole number from %(least)s to %(most)s.", **bounds))
        return int(written)


class LocalTime(fields.Field[datetime]):
    """A date and time on the community's clock; the instant in UTC."""

    def __init__(self, timezone: ZoneInfo, **kwargs: Any) -> None:
        self.timezone = timezone
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> datetime:
        instant = _instant_of(str(value), timezone=self.timezone)
        if instant is None:
            raise ValidationError(gettext("A date and a time, like 2026-12-01 10:00."))
        return instant


def _instant_of(written: str, *, timezone: ZoneInfo) -> datetime | None:
    try:
        local = datetime.fromisoformat(written)
        instant = local.replace(tzinfo=timezone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if local.tzinfo is None and instant >= EARLIEST and instant.year <= 9998 else None


class _Details(Form):
    """What must agree between the fields of a product."""

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """Prices of what is for sale, ends after beginnings, limits that are whole."""
        wrong: dict[str, list[str]] = {}
        if data.get("for_sale") and data.get("price") == 0:
            wrong["price"] = [gettext("What is for sale costs at least one point.")]
        begins, ends = data.get("on_sale_from"), data.get("on_sale_until")
        if begins and ends and ends <= begins:
            wrong["on_sale_until"] = [gettext("The end lies after the beginning.")]
        if data.get("limit_period") and not data.get("limit_times"):
            wrong["limit_times"] = [gettext("How many times?")]
        if data.get("limit_times") and not data.get("limit_period"):
            wrong["limit_period"] = [gettext("In which time?")]
        if data.get("stock") == "number" and data.get("quantity") is None:
            wrong["quantity"] = [gettext("How many are there?")]
        if wrong:
            raise ValidationError(wrong)


def change_form(timezone: ZoneInfo) -> Form:
    """Everything that may be changed, over a version."""
    version = Number(least=1, most=VERSION_MAX, required=True)
    return _form(_details(timezone) | {"version": version})


def new_form(timezone: ZoneInfo) -> Form:
    """A new product."""
    malformed = gettext("Small letters, digits and hyphens, like coffee-5000.")
    key = fields.String(
        required=True,
        error_messages=_needed(),
        validate=[
            validate.Length(max=KEY_LENGTH_MAX, error=gettext("At most %(max)d characters.", max=KEY_LENGTH_MAX)),
            validate.Regexp(r"[a-z0-9]+(-[a-z0-9]+)*\Z", error=malformed),
            validate.NoneOf(RESERVED_KEYS, error=gettext("This word names a page of the market; choose another.")),
        ],
    )
    chosen = gettext("Choose one.")
    stock = fields.String(
        required=True, error_messages={"required": chosen}, validate=validate.OneOf(STOCKS, error=chosen)
    )
    quantity = Number(least=0, most=FACE_VALUE_MAX, load_default=None)
    return _form(_details(timezone) | {"key": key, "stock": stock, "quantity": quantity})


def quantity_form() -> Form:
    """How many more there are, or (below zero) fewer."""
    needed: dict[str, Any] = {"required": gettext("How many more, or fewer?")}
    return _form({"by": Number(least=-FACE_VALUE_MAX, most=FACE_VALUE_MAX, required=True, error_messages=needed)})


def _details(timezone: ZoneInfo) -> dict[str, fields.Field[Any]]:
    money = gettext("Three letters, like KRW.")
    return {
        "name_ko": Words(longest=NAME_LENGTH_MAX, required=True, error_messages=_needed()),
        "name_en": Words(longest=NAME_LENGTH_MAX, required=True, error_messages=_needed()),
        "description_ko": Words(longest=DESCRIPTION_LENGTH_MAX, lines=True, load_default=""),
        "description_en": Words(longest=DESCRIPTION_LENGTH_MAX, lines=True, load_default=""),
        "brand": Words(longest=BRAND_LENGTH_MAX, load_default=""),
        "face_value": Number(least=0, most=FACE_VALUE_MAX, required=True, error_messages=_needed()),
        "currency": fields.String(
            required=True, error_messages=_needed(), validate=validate.Regexp(r"[A-Za-z]{3}\Z", error=money)
        ),
        "price": Number(least=0, most=POINTS_MAX, required=True, error_messages=_needed()),
        "for_sale": fields.Boolean(load_default=False),
        "on_sale_from": LocalTime(timezone, load_default=None),
        "on_sale_until": LocalTime(timezone, load_default=None),
        "limit_times": Number(least=1, most=LIMIT_TIMES_MAX, load_default=None),
        "limit_period": fields.String(
            load_default=None, validate=validate.OneOf(PERIODS, error=gettext("Choose one."))
        ),
        "needs_approval": fields.Boolean(load_default=False),
        "position": Number(least=-POSITION_MAX, most=POSITION_MAX, load_default=0),
        "picture": Words(longest=PICTURE_ADDRESS_MAX, load_default=None),
        "drop_picture": fields.Boolean(load_default=False),
    }


def _needed() -> dict[str, Any]:
    return {"required": gettext("Please fill this in.")}


def _form(inputs: Mapping[str, fields.Field[Any]]) -> Form:
    return _Details.from_dict(dict(inputs))()  # pyright: ignore[reportReturnType]  # a subclass of the one it is called on


def details_of(values: Mapping[str, Any]) -> ProductDetails:
    """The details that a form says."""
    plain = (
        *("name_ko", "name_en", "description_ko", "description_en", "brand", "face_value", "price", "for_sale"),
        *("on_sale_from", "on_sale_until", "needs_approval", "position"),
    )
    return ProductDetails(
        **{name: values[name] for name in plain},
        currency=values["currency"].upper(),
        picture=None if values["drop_picture"] else picture_of(values["picture"]),
        limit=Limit(values["limit_times"], values["limit_period"]) if values["limit_times"] else None,
    )


def new_product_of(values: Mapping[str, Any]) -> NewProduct:
    """The product that a form says; a quantity that its kind of stock does not have is left out."""
    stock = values["stock"]
    quantity = values["quantity"] if stock == "number" else None
    return NewProduct(key=values["key"], stock=stock, quantity=quantity, details=details_of(values))


def given_of(product: ProductRow, *, timezone: ZoneInfo) -> dict[str, str]:
    """A product as its form shows it."""
    details = product.details
    plain = ("name_ko", "name_en", "description_ko", "description_en", "brand", "currency")
    return {
        **{name: getattr(details, name) for name in plain},
        **{name: str(getattr(details, name)) for name in ("face_value", "price", "position")},
        "for_sale": "true" if details.for_sale else "",
        "needs_approval": "true" if details.needs_approval else "",
        "on_sale_from": local_of(details.on_sale_from, timezone=timezone),
        "on_sale_until": local_of(details.on_sale_until, timezone=timezone),
        "limit_times": str(details.limit.times) if details.limit else "",
        "limit_period": details.limit.period if details.limit else "",
        "picture": details.picture or "",
        "version": str(product.version),
    }


def local_of(instant: datetime | None, *, timezone: ZoneInfo) -> str:
    """An instant as a browser's date and time on the community's clock; with seconds only where it has some."""
    if instant is None:
        return ""
    local = instant.astimezone(timezone)
    return local.strftime(f"{_LOCAL}:%S" if local.second else _LOCAL)
