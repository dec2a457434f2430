"""The market, for members: products, and redemptions of their own."""

from typing import Any
from uuid import UUID

from flask import Response
from uuid_utils.compat import uuid7

from market.codes import code_keys
from market.products import products_on_sale
from market.queue import Cursor, redemptions_of
from rewards.api.product_shapes import EXAMPLE as PRODUCT_EXAMPLE
from rewards.api.product_shapes import ProductOut, product_of
from rewards.api.redemption_shapes import (
    EXAMPLE,
    CodeOut,
    RedemptionOut,
    after_row,
    place_of_row,
    redemption_of,
    redemptions_of_rows,
)
from rewards.api.shapes import PageQuery, list_of, page_of
from rewards.exchange import cancel_own, own_redemption, pass_code_on, periods_on, redeem, show_code
from rewards.http.auth import acting_member, current_caller, needs
from rewards.http.cursors import place_after
from rewards.http.fields import Document, Line, MemberId
from rewards.http.json import json_response
from rewards.http.problems import invalid_field
from rewards.http.resource import Resource
from rewards.http.surroundings import here, request_now, request_transaction
from rewards.http.terms import request_today
from rewards.members.accounts import accounts_of

FRESH_S = 5

market = Resource("market", __name__, description="Gift cards for points.")


class RequestIn(Document):
    """Which product, and for whom."""

    product = Line(required=True, longest=64, metadata={"description": "The product's key or id."})
    member_id = MemberId(
        load_default=None, metadata={"description": "Needed with an API key; a member's token speaks for its member."}
    )


class OwnQuery(PageQuery):
    """Whose redemptions."""

    member_id = MemberId(load_default=None, metadata={"description": "Needed with an API key."})


class CodeQuery(Document):
    """Whose code."""

    member_id = MemberId(load_default=None, metadata={"description": "The owner; needed with an API key."})


@market.call(
    "GET",
    "/v1/market/products",
    access=needs("market:read", members="any"),
    gives=list_of(ProductOut),
    fresh_s=FRESH_S,
    example={"items": [PRODUCT_EXAMPLE], "next": None},
)
def get_products() -> dict[str, Any]:
    """List what is on offer now, sold out products too, in the order that staff chose. It is one page."""
    with request_transaction() as session:
        products = products_on_sale(session, today=request_today(), now=request_now())
    return {"items": [product_of(product) for product in products], "next": None}


@market.call(
    "POST",
    "/v1/market/redemptions",
    access=needs("market:write", members="any"),
    body=RequestIn,
    gives=RedemptionOut,
    status=201,
    refuses=(
        "not-found",
        "not-enough-points",
        "not-available",
        "not-yours",
        "member-suspended",
        "idempotency-conflict",
    ),
    idempotent=True,
    example=EXAMPLE,
    asks={"product": "coffee-5000", "member_id": "minji"},
)
def post_redemption(body: dict[str, Any]) -> dict[str, Any]:
    """Exchange points for a product: they are set aside and one of the stock is taken, at once or not at all."""
    member_id = _named(body["member_id"])
    with request_transaction() as session:
        redeemed = redeem(
            session,
            redemption_id=uuid7(),
            member_id=member_id,
            product=_id_or_key(body["product"]),
            periods=periods_on(request_today(), calendar=here().calendar),
            actor=current_caller().actor,
            now=request_now(),
        )
        return redemption_of(session, redeemed.redemption)


@market.call(
    "GET",
    "/v1/market/redemptions",
    access=needs("market:read", members="any"),
    query=OwnQuery,
    gives=list_of(RedemptionOut),
    refuses=("not-found", "not-yours"),
    example={"items": [EXAMPLE], "next": None},
)
def get_redemptions(query: dict[str, Any]) -> dict[str, Any]:
    """List a member's redemptions, newest first."""
    member_id, limit = _named(query["member_id"]), query["limit"]
    of = f"redemptions {member_id}"
    after = after_row(place_after(query["cursor"], of=of))
    with request_transaction() as session:
        accounts = accounts_of(session, member_id)
        rows = redemptions_of(session, accounts, limit=limit + 1, before=Cursor(*after) if after else None)
        page = page_of(rows, limit=limit, of=of, place=place_of_row, item=lambda row: row)
        return page | {"items": redemptions_of_rows(session, page["items"])}


@market.call(
    "GET",
    "/v1/market/redemptions/<uuid:redemption_id>",
    access=needs("market:read", members="any"),
    gives=RedemptionOut,
    refuses=("not-found",),
    example=EXAMPLE,
)
def get_redemption(redemption_id: UUID) -> dict[str, Any]:
    """Read a redemption with its history."""
    with request_transaction() as session:
        return redemption_of(session, own_redemption(session, redemption_id, member_id=current_caller().member_id))


@market.call(
    "POST",
    "/v1/market/redemptions/<uuid:redemption_id>/cancel",
    access=needs("market:write", members="any"),
    gives=RedemptionOut,
    refuses=("not-found", "state-conflict", "idempotency-conflict"),
    idempotent=True,
    example={**EXAMPLE, "state": "cancelled"},
)
def post_cancel(redemption_id: UUID) -> dict[str, Any]:
    """Cancel a redemption until staff have claimed it: points and stock go back."""
    with request_transaction() as session:
        caller = current_caller()
        row = cancel_own(session, redemption_id, member_id=caller.member_id, actor=caller.actor, now=request_now())
        return redemption_of(session, row)


@market.call(
    "GET",
    "/v1/market/redemptions/<uuid:redemption_id>/code",
    access=needs("market:write", members="any"),
    query=CodeQuery,
    gives=CodeOut,
    refuses=("not-found", "not-yours", "state-conflict"),
    example={"code": "GIFT-1234-5678", "expires_on": "2027-01-31"},
)
def get_code(redemption_id: UUID, query: dict[str, Any]) -> Response:
    """Show the code of a fulfilled redemption to the member who owns it. Each reading is noted."""
    member_id = _named(query["member_id"])
    keys, caller = code_keys(here().settings.code_keys), current_caller()
    with request_transaction() as session:
        if caller.kind == "member":
            code = show_code(session, redemption_id, member_id=member_id, keys=keys, now=request_now())
        else:
            code = pass_code_on(
                session, redemption_id, member_id=member_id, keys=keys, actor=caller.actor, now=request_now()
            )
    response = json_response({"code": code.code, "expires_on": code.expires_on})
    response.headers["Cache-Control"] = "no-store"
    return response


def _named(member_id: str | None) -> str:
    member_id = acting_member(member_id)
    if member_id is None:
        raise invalid_field("/member_id", "is needed with an API key")
    return member_id


def _id_or_key(named: str) -> UUID | str:
    try:
        return UUID(named)
    except ValueError:
        return named
