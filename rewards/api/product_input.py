"""How staff describe products and stock."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates, validates_schema

from market.products import RESERVED_KEYS
from rewards.http.fields import Document, Line, Moment, Prose, Truth, Whole
from rewards.staff.products import (
    BRAND_LENGTH_MAX,
    DESCRIPTION_LENGTH_MAX,
    FACE_VALUE_MAX,
    LIMIT_TIMES_MAX,
    NAME_LENGTH_MAX,
    POSITION_MAX,
)


class BothLanguagesIn(Document):
    """A name in Korean and English."""

    ko = Line(required=True, longest=NAME_LENGTH_MAX)
    en = Line(required=True, longest=NAME_LENGTH_MAX)


class ProseIn(Document):
    """A description in Korean and English."""

    ko = Prose(load_default="", longest=DESCRIPTION_LENGTH_MAX)
    en = Prose(load_default="", longest=DESCRIPTION_LENGTH_MAX)


class LimitIn(Document):
    """How often a member may have it."""

    times = Whole(required=True, least=1, most=LIMIT_TIMES_MAX)
    period = fields.String(required=True, validate=validate.OneOf(("day", "week", "month", "ever")))


class DetailsIn(Document):
    """What may be changed."""

    name = fields.Nested(BothLanguagesIn, required=True)
    description = fields.Nested(ProseIn, load_default=lambda: {"ko": "", "en": ""})
    brand = Line(load_default="", shortest=0, longest=BRAND_LENGTH_MAX)
    face_value = Whole(required=True, most=FACE_VALUE_MAX)
    currency = fields.String(
        required=True,
        validate=validate.Regexp(r"[A-Z]{3}\Z", error="must be like KRW"),
        metadata={"pattern": "^[A-Z]{3}$"},
    )
    price = Whole(required=True, metadata={"description": "In points."})
    picture = Line(load_default=None, allow_none=True, longest=512, metadata={"description": "A path on this host."})
    for_sale = Truth(required=True)
    on_sale_from = Moment(load_default=None, allow_none=True)
    on_sale_until = Moment(load_default=None, allow_none=True)
    limit = fields.Nested(LimitIn, load_default=None, allow_none=True)
    needs_approval = Truth(load_default=False)
    position = Whole(load_default=0, least=-POSITION_MAX, most=POSITION_MAX)

    @validates("picture")
    def on_this_host(self, value: str | None, **_: Any) -> None:
        """Pages load nothing from another host."""
        if value is not None and (not value.startswith("/") or value.startswith(("//", "/\\"))):
            raise ValidationError("must be a path on this host, beginning with one slash")

    @validates_schema
    def priced(self, data: dict[str, Any], **_: Any) -> None:
        """What is for sale costs something."""
        if data.get("for_sale") and data.get("price") == 0:
            raise ValidationError("must be at least 1 while the product is for sale", "price")


class ProductIn(DetailsIn):
    """A new product; key and kind of stock stay."""

    key = fields.String(
        required=True,
        validate=[
            validate.Length(1, 64),
            validate.Regexp(r"[a-z0-9]+(-[a-z0-9]+)*\Z", error="must be like coffee-5000"),
            validate.NoneOf(RESERVED_KEYS, error="names a page of the market"),
        ],
        metadata={"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
    )
    stock = fields.String(required=True, validate=validate.OneOf(("codes", "number", "unlimited")))
    quantity = Whole(load_default=None, allow_none=True, most=FACE_VALUE_MAX)

    @validates_schema
    def counted(self, data: dict[str, Any], **_: Any) -> None:
        """A quantity belongs to a stock that is a number."""
        if (data.get("stock") == "number") != (data.get("quantity") is not None):
            raise ValidationError("belongs to a stock that is a number, and only to that", "quantity")


class ChangeIn(DetailsIn):
    """All details anew, over the version that was read."""

    version = Whole(required=True, least=1)


class QuantityIn(Document):
    """How many more (or, below zero, fewer) there are."""

    by = Whole(required=True, least=-FACE_VALUE_MAX, most=FACE_VALUE_MAX)


class ImportQuery(Document):
    """How to import."""

    dry_run = Truth(load_default=False, in_query=True, metadata={"description": "Check only; store nothing."})


class BadLineOut(Document):
    """A line that was refused, by its number; never what it said."""

    line = fields.Integer(required=True)
    problem = fields.String(required=True)


class ImportOut(Document):
    """How many codes went (or would go) into the stock, and which lines did not."""

    imported = fields.Integer(required=True)
    refused = fields.List(fields.Nested(BadLineOut), required=True)
    dry_run = fields.Boolean(required=True)


class PictureOut(Document):
    """A picture that was kept: its address on this host, and its size in pixels."""

    picture = fields.String(required=True)
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)
