"""Webhooks, for managers: who is told what, what became of it, and sending it again."""

from typing import Any
from uuid import UUID

from rewards.api.shapes import list_of, page_of
from rewards.api.webhook_shapes import (
    DELIVERY,
    WEBHOOK,
    DeliveriesQuery,
    DeliveryOut,
    NewWebhookOut,
    ResendIn,
    SentOut,
    TestOut,
    WebhookChange,
    WebhookIn,
    WebhookOut,
    delivery_shown,
    webhook_shown,
)
from rewards.errors import UnknownThing
from rewards.http.at_work import keys_at_work
from rewards.http.auth import current_caller, needs
from rewards.http.cursors import place_after
from rewards.http.resource import Resource
from rewards.http.surroundings import request_now, request_transaction
from rewards.staff import webhooks as core
from rewards.webhooks.deliveries import list_deliveries
from rewards.webhooks.endpoints import list_endpoints, read_endpoint

staff_webhooks = Resource("staff webhooks", __name__, description="Who is told what happened, and what became of it.")
MANAGE = needs("staff:manage")
ONE = "/v1/staff/webhooks/<uuid:webhook_id>"
ONLY_NOW = {"Cache-Control": "no-store"}


@staff_webhooks.call(
    "GET",
    "/v1/staff/webhooks",
    access=MANAGE,
    gives=list_of(WebhookOut),
    example={"items": [WEBHOOK], "next": None},
)
def get_webhooks() -> dict[str, Any]:
    """List all webhooks. It is one page."""
    with request_transaction() as session:
        return {"items": [webhook_shown(endpoint) for endpoint in list_endpoints(session)], "next": None}


@staff_webhooks.call(
    "POST",
    "/v1/staff/webhooks",
    access=MANAGE,
    body=WebhookIn,
    gives=NewWebhookOut,
    status=201,
    example={**WEBHOOK, "secret": "whsec_…"},
    asks={"url": WEBHOOK["url"], "types": WEBHOOK["types"]},
)
def post_webhook(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Tell an address of what happens from now on. The secret that signs is in this answer only."""
    with request_transaction() as session:
        endpoint, secret = core.add_webhook(session, fernet=keys_at_work().fernet, **_by_whom(), **body)
    return webhook_shown(endpoint) | {"secret": secret}, 201, ONLY_NOW


@staff_webhooks.call("GET", ONE, access=MANAGE, gives=WebhookOut, refuses=("not-found",), example=WEBHOOK)
def get_webhook(webhook_id: UUID) -> dict[str, Any]:
    """Show one webhook."""
    with request_transaction() as session:
        return webhook_shown(read_endpoint(session, webhook_id))


@staff_webhooks.call(
    "PUT",
    ONE,
    access=MANAGE,
    body=WebhookChange,
    gives=WebhookOut,
    refuses=("not-found",),
    example={**WEBHOOK, "enabled": False, "disabled_for": "staff"},
    asks={"enabled": False},
)
def put_webhook(webhook_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Change what is given of a webhook. What a disabled one is not told is kept, and can be sent later."""
    change = {"url": None, "types": None, "enabled": None, **body}
    with request_transaction() as session:
        return webhook_shown(core.change_webhook(session, webhook_id, **_by_whom(), **change))


@staff_webhooks.call("DELETE", ONE, access=MANAGE, gives=WebhookOut, refuses=("not-found",), example=WEBHOOK)
def delete_webhook(webhook_id: UUID) -> dict[str, Any]:
    """Forget a webhook with all of its deliveries."""
    with request_transaction() as session:
        return webhook_shown(core.delete_webhook(session, webhook_id, **_by_whom()))


@staff_webhooks.call(
    "POST",
    f"{ONE}/rotate",
    access=MANAGE,
    gives=NewWebhookOut,
    refuses=("not-found",),
    example={**WEBHOOK, "previous_secret_until": "2026-01-18T01:08:01.482Z", "secret": "whsec_…"},
)
def post_rotate(webhook_id: UUID) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Give a webhook a new secret, shown only now. The one before it signs beside it for a day."""
    with request_transaction() as session:
        endpoint, secret = core.rotate_webhook(session, webhook_id, fernet=keys_at_work().fernet, **_by_whom())
    return webhook_shown(endpoint) | {"secret": secret}, 200, ONLY_NOW


@staff_webhooks.call(
    "POST",
    f"{ONE}/test",
    access=MANAGE,
    gives=TestOut,
    status=202,
    refuses=("not-found",),
    example={"message_id": DELIVERY["message_id"]},
)
def post_test(webhook_id: UUID) -> tuple[dict[str, Any], int]:
    """Send a message of type `webhook.test`; the deliveries tell what became of it."""
    with request_transaction() as session:
        return {"message_id": str(core.try_webhook(session, webhook_id, **_by_whom()))}, 202


@staff_webhooks.call(
    "GET",
    f"{ONE}/deliveries",
    access=MANAGE,
    query=DeliveriesQuery,
    gives=list_of(DeliveryOut),
    refuses=("not-found",),
    example={"items": [DELIVERY], "next": None},
)
def get_deliveries(webhook_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """List what was and is to be delivered, the newest first, each with its latest attempt."""
    limit, after = query["limit"], place_after(query["cursor"], of="deliveries")
    before = UUID(after[0]) if after else None
    with request_transaction() as session:
        read_endpoint(session, webhook_id)
        rows = list_deliveries(session, webhook_id, limit=limit + 1, before=before, state=query["state"])
    return page_of(rows, limit=limit, of="deliveries", place=lambda row: [str(row.message_id)], item=delivery_shown)


@staff_webhooks.call(
    "POST",
    f"{ONE}/resend",
    access=MANAGE,
    body=ResendIn,
    gives=SentOut,
    refuses=("not-found",),
    example={"messages": 12},
    asks={"since": "2026-01-17T01:08:01.482Z"},
)
def post_resend(webhook_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Send again, under the old ids: one message, or all that failed since a time."""
    with request_transaction() as session:
        if body["message_id"] is None:
            return {"messages": core.resend_failed(session, webhook_id, since=body["since"], **_by_whom())}
        if not core.resend_one(session, webhook_id, message_id=body["message_id"], **_by_whom()):
            raise UnknownThing("delivery", str(body["message_id"]))
        return {"messages": 1}


def _by_whom() -> dict[str, Any]:
    return {"actor": current_caller().actor, "now": request_now()}
