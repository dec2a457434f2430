"""The catalogue and the stock of codes, for staff."""

from typing import Any
from uuid import UUID

from flask import request

from market.codes import code_keys
from market.limits import Limit
from market.products import ProductDetails, all_products, find_product
from rewards.api.product_input import ChangeIn, ImportOut, ImportQuery, PictureOut, ProductIn, QuantityIn
from rewards.api.product_shapes import STAFF_EXAMPLE, StaffProductOut, staff_product_of
from rewards.api.shapes import list_of
from rewards.http.auth import current_caller, needs
from rewards.http.problems import refuse
from rewards.http.resource import Resource
from rewards.http.surroundings import here, request_now, request_transaction
from rewards.http.terms import request_today
from rewards.pictures.redraw import redraw
from rewards.staff.codes import take_in_codes
from rewards.staff.products import NewProduct, add_picture, edit_product, make_product, restock

staff_products = Resource("staff products", __name__, description="The catalogue and the stock of codes.")

_ONE = "/v1/staff/products/<uuid:product_id>"

_ASKS = {
    "name": STAFF_EXAMPLE["name"],
    "face_value": 5000,
    "currency": "KRW",
    "price": 5000,
    "for_sale": True,
    "limit": {"times": 1, "period": "week"},
}
_CSV = {
    "requestBody": {
        "required": True,
        "description": "Lines `code[,expires_on]` in UTF-8 (or with a tab between); a header `code,…` is allowed.",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "code,expires_on\nGIFT-1234-5678,2027-01-31\n"}
        },
    }
}
_PICTURE = {
    "requestBody": {
        "required": True,
        "description": "The picture's bytes.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}, "example": "(the bytes)"}
            for kind in ("image/png", "image/jpeg", "image/webp")
        },
    }
}


@staff_products.call(
    "GET",
    "/v1/staff/products",
    access=needs("staff:view"),
    gives=list_of(StaffProductOut),
    example={"items": [STAFF_EXAMPLE], "next": None},
)
def get_staff_products() -> dict[str, Any]:
    """List every product, for sale or not. It is one page."""
    with request_transaction() as session:
        products = all_products(session, today=request_today())
    return {"items": [staff_product_of(product) for product in products], "next": None}


@staff_products.call(
    "POST",
    "/v1/staff/products",
    access=needs("staff:manage"),
    body=ProductIn,
    gives=StaffProductOut,
    status=201,
    refuses=("already-exists", "idempotency-conflict"),
    idempotent=True,
    example=STAFF_EXAMPLE,
    asks={**_ASKS, "key": "coffee-5000", "stock": "codes"},
)
def post_product(body: dict[str, Any]) -> dict[str, Any]:
    """Put a product on the list."""
    new = NewProduct(key=body["key"], stock=body["stock"], quantity=body["quantity"], details=_details(body))
    with request_transaction() as session:
        return staff_product_of(make_product(session, new, actor=current_caller().actor, now=request_now()))


@staff_products.call(
    "GET", _ONE, access=needs("staff:view"), gives=StaffProductOut, refuses=("not-found",), example=STAFF_EXAMPLE
)
def get_staff_product(product_id: UUID) -> dict[str, Any]:
    """Read a product."""
    with request_transaction() as session:
        return staff_product_of(find_product(session, product_id, today=request_today()))


@staff_products.call(
    "PUT",
    _ONE,
    access=needs("staff:manage"),
    body=ChangeIn,
    gives=StaffProductOut,
    refuses=("not-found", "state-conflict"),
    example={**STAFF_EXAMPLE, "version": 2},
    asks={**_ASKS, "version": 1},
)
def put_product(product_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Replace a product's details, over the version that was read."""
    with request_transaction() as session:
        product = edit_product(
            session,
            product_id,
            details=_details(body),
            version=body["version"],
            actor=current_caller().actor,
            today=request_today(),
            now=request_now(),
        )
        return staff_product_of(product)


@staff_products.call(
    "POST",
    f"{_ONE}/quantity",
    access=needs("staff:manage"),
    body=QuantityIn,
    gives=StaffProductOut,
    refuses=("not-found", "state-conflict", "idempotency-conflict"),
    idempotent=True,
    example=STAFF_EXAMPLE,
    asks={"by": 10},
)
def post_quantity(product_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Count a stock up or down, relative to what is left."""
    with request_transaction() as session:
        actor, today, now = current_caller().actor, request_today(), request_now()
        return staff_product_of(restock(session, product_id, by=body["by"], actor=actor, today=today, now=now))


@staff_products.call(
    "POST",
    "/v1/staff/pictures",
    access=needs("staff:manage"),
    gives=PictureOut,
    status=201,
    refuses=("invalid-fields", "body-too-large", "unsupported-media-type"),
    example={"picture": f"/pictures/{'0f' * 32}.webp", "width": 960, "height": 600},
    doc=_PICTURE,
)
def post_picture() -> dict[str, Any]:
    """Upload a picture for a product: PNG, JPEG or WebP of up to 5 MB.

    It is drawn anew as WebP, at most 960 pixels wide and high, without any metadata. Safe to repeat: the same picture
    has the same address. Put `picture` into a product.
    """
    drawing = redraw(_image())
    with request_transaction() as session:
        kept = add_picture(session, drawing, actor=current_caller().actor, now=request_now())
    return {"picture": kept.address, "width": kept.width, "height": kept.height}


@staff_products.call(
    "POST",
    f"{_ONE}/codes",
    access=needs("staff:manage"),
    query=ImportQuery,
    gives=ImportOut,
    refuses=("not-found", "state-conflict", "malformed-body", "body-too-large", "unsupported-media-type"),
    example={"imported": 1, "refused": [{"line": 3, "problem": "doubled"}], "dry_run": False},
    doc=_CSV,
)
def post_codes(product_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """Import codes from CSV: good lines go into the stock, encrypted; the others are named by number.

    Safe to repeat without a key: a code that is known is refused as doubled.
    """
    lines = _csv_lines()
    with request_transaction() as session:
        done = take_in_codes(
            session,
            product_id,
            lines=lines,
            keys=code_keys(here().settings.code_keys),
            actor=current_caller().actor,
            today=request_today(),
            now=request_now(),
            dry_run=query["dry_run"],
        )
    refused = [{"line": line.number, "problem": line.problem} for line in done.refused]
    return {"imported": done.codes, "refused": refused, "dry_run": query["dry_run"]}


def _image() -> bytes:
    if not request.mimetype.startswith("image/"):
        raise refuse("unsupported-media-type", "Send the picture itself as `Content-Type: image/png` (jpeg, webp).")
    return request.get_data()


def _csv_lines() -> list[str]:
    if request.mimetype != "text/csv":
        raise refuse("unsupported-media-type", "Send the codes as `Content-Type: text/csv`.")
    try:
        return request.get_data().decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise refuse("malformed-body", f"The CSV is not UTF-8 at byte {error.start}.") from None


def _details(body: dict[str, Any]) -> ProductDetails:
    names = ("brand", "face_value", "currency", "price", "picture", "for_sale", "on_sale_from", "on_sale_until")
    limit = body["limit"]
    return ProductDetails(
        name_ko=body["name"]["ko"],
        name_en=body["name"]["en"],
        description_ko=body["description"]["ko"],
        description_en=body["description"]["en"],
        limit=Limit(limit["times"], limit["period"]) if limit else None,
        needs_approval=body["needs_approval"],
        position=body["position"],
        **{name: body[name] for name in names},
    )
