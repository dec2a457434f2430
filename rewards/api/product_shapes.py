"""How products are answered, to members and to staff."""

from typing import Any

from marshmallow import fields

from market.products import ProductRow
from rewards.http.fields import Document, Moment

EXAMPLE = {
    "id": "019bc9a4-1f6a-7000-8000-000000000003",
    "key": "coffee-5000",
    "name": {"ko": "커피 상품권 5,000원", "en": "5,000 won coffee card"},
    "description": {"ko": "", "en": ""},
    "brand": "",
    "face_value": 5000,
    "currency": "KRW",
    "price": 5000,
    "picture": None,
    "stock": {"kind": "codes", "left": 12},
    "sold_out": False,
    "on_sale_from": None,
    "on_sale_until": None,
    "limit": {"times": 1, "period": "week"},
    "needs_approval": False,
}
STAFF_EXAMPLE = {**EXAMPLE, "for_sale": True, "position": 0, "version": 1}


class InBothLanguages(Document):
    """Words in Korean and English."""

    ko = fields.String(required=True)
    en = fields.String(required=True)


class StockOut(Document):
    """What is left: a number, or null exactly when the kind is `unlimited`; sold out is 0."""

    kind = fields.String(required=True, metadata={"enum": ["codes", "number", "unlimited"]})
    left = fields.Integer(required=True, allow_none=True)


class LimitOut(Document):
    """How often a member may have it."""

    times = fields.Integer(required=True)
    period = fields.String(required=True, metadata={"enum": ["day", "week", "month", "ever"]})


class ProductOut(Document):
    """A gift card on offer; `price` in points, `face_value` in whole units of `currency`."""

    id = fields.String(required=True, metadata={"format": "uuid"})
    key = fields.String(required=True)
    name = fields.Nested(InBothLanguages, required=True)
    description = fields.Nested(InBothLanguages, required=True)
    brand = fields.String(required=True)
    face_value = fields.Integer(required=True)
    currency = fields.String(required=True)
    price = fields.Integer(required=True)
    picture = fields.String(required=True, allow_none=True)
    stock = fields.Nested(StockOut, required=True)
    sold_out = fields.Boolean(required=True)
    on_sale_from = Moment(required=True, allow_none=True)
    on_sale_until = Moment(required=True, allow_none=True)
    limit = fields.Nested(LimitOut, required=True, allow_none=True)
    needs_approval = fields.Boolean(required=True)


class StaffProductOut(ProductOut):
    """A product with what only staff see; send `version` back with a change."""

    for_sale = fields.Boolean(required=True)
    position = fields.Integer(required=True)
    version = fields.Integer(required=True)


def product_of(product: ProductRow) -> dict[str, Any]:
    """A product as answered to members."""
    details = product.details
    names = ("brand", "face_value", "currency", "price", "picture", "on_sale_from", "on_sale_until", "needs_approval")
    left = None if product.left == "unlimited" else product.left
    return {
        "id": str(product.product_id),
        "key": product.key,
        "name": {"ko": details.name_ko, "en": details.name_en},
        "description": {"ko": details.description_ko, "en": details.description_en},
        **{name: getattr(details, name) for name in names},
        "stock": {"kind": product.stock, "left": left},
        "sold_out": left == 0,
        "limit": details.limit and {"times": details.limit.times, "period": details.limit.period},
    }


def staff_product_of(product: ProductRow) -> dict[str, Any]:
    """A product as answered to staff."""
    details = product.details
    return product_of(product) | {
        "for_sale": details.for_sale,
        "position": details.position,
        "version": product.version,
    }
