"""The catalogue and the stock of codes, for staff."""

from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from market.codes import code_keys, import_codes
from market.limits import Limit
from market.products import (
    ProductDetails,
    ProductRow,
    add_quantity,
    all_products,
    change_product,
    create_product,
    find_product,
)
from rewards.access.audit import note
from rewards.api.product_input import ChangeIn, ImportOut, ImportQuery, ProductIn, QuantityIn
from rewards.api.product_shapes import STAFF_EXAMPLE, StaffProductOut, staff_product_of
from rewards.api.shapes import list_of
from rewards.http.auth import current_caller, needs
from rewards.http.problems import refuse
from rewards.http.resource import Resource
from rewards.http.surroundings import here, request_now, request_transaction
from rewards.http.terms import request_today

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
        "description": "Lines `code[,expires_on]` in UTF-8; a header `code,expires_on` is allowed.",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "code,expires_on\nGIFT-1234-5678,2027-01-31\n"}
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
    with request_transaction() as session:
        product = create_product(
            session,
            key=body["key"],
            details=_details(body),
            stock=body["stock"],
            quantity=body["quantity"],
            now=request_now(),
        )
        _note(session, "product.create", product=product)
        return staff_product_of(product)


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
        product = change_product(
            session,
            product_id,
            details=_details(body),
            version=body["version"],
            today=request_today(),
            now=request_now(),
        )
        _note(session, "product.change", product=product)
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
        product = add_quantity(session, product_id, by=body["by"], today=request_today())
        _note(session, "product.quantity", product=product, by=body["by"])
        return staff_product_of(product)


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
    keys, dry_run = code_keys(here().settings.code_keys), query["dry_run"]
    with request_transaction() as session, session.begin_nested() as savepoint:
        done = import_codes(session, product_id, lines=lines, keys=keys, today=request_today(), now=request_now())
        if dry_run:
            savepoint.rollback()
        else:
            product = find_product(session, product_id, today=request_today())
            _note(session, "codes.import", product=product, codes=done.codes)
    refused = [{"line": line.number, "problem": line.problem} for line in done.refused]
    return {"imported": done.codes, "refused": refused, "dry_run": dry_run}


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


def _note(session: Session, action: str, *, product: ProductRow, **detail: Any) -> None:
    about = f"product:{product.product_id}"
    detail = {"key": product.key, "version": product.version, **detail}
    note(session, actor=current_caller().actor, action=action, about=about, detail=detail, now=request_now())
