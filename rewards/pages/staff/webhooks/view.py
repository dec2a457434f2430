"""What the pages of webhooks show."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from urllib.parse import urlsplit
from uuid import UUID

from flask_babel import gettext
from sqlalchemy.orm import Session

from rewards.pages.staff.queue.view import Badge
from rewards.pages.staff.queue.words import actor_name, age
from rewards.webhooks.deliveries import Delivery, count_deliveries, list_deliveries
from rewards.webhooks.endpoints import Endpoint, list_endpoints, read_endpoint
from rewards.webhooks.messages import TYPES

DELIVERIES_SHOWN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookShown:
    """An endpoint as staff see it. `host` is what tells one from another at a glance."""

    endpoint_id: UUID
    url: str
    host: str
    types: list[str]
    badge: Badge
    enabled: bool
    made_by: str
    made: str
    made_at: datetime
    waiting: int
    failed: int
    previous_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryShown:
    """A delivery as staff see it."""

    message_id: UUID
    type: str
    badge: Badge
    said: str
    age: str
    occurred_at: datetime
    again: bool


@dataclass(frozen=True, slots=True)
class WebhookPage:
    """One endpoint with a page of its deliveries; `further` is where the next page begins."""

    webhook: WebhookShown
    deliveries: list[DeliveryShown]
    further: UUID | None


def read_webhooks(session: Session, *, now: datetime) -> list[WebhookShown]:
    """All of them."""
    return [_webhook(session, endpoint, now=now) for endpoint in list_endpoints(session)]


def read_webhook_page(session: Session, endpoint_id: UUID, *, before: UUID | None, now: datetime) -> WebhookPage:
    """One of them. Raises UnknownThing."""
    webhook = _webhook(session, read_endpoint(session, endpoint_id), now=now)
    rows = list_deliveries(session, endpoint_id, limit=DELIVERIES_SHOWN + 1, before=before)
    shown = rows[:DELIVERIES_SHOWN]
    further = shown[-1].message_id if len(rows) > DELIVERIES_SHOWN else None
    return WebhookPage(webhook, [_delivery(row, now=now) for row in shown], further)


def grouped_types() -> list[tuple[str, list[str]]]:
    """The types that one may ask for, those of one subject together."""
    offered = [name for name in TYPES if not name.startswith("webhook.")]
    return [(subject, list(names)) for subject, names in groupby(offered, lambda name: name.partition(".")[0])]


def _webhook(session: Session, endpoint: Endpoint, *, now: datetime) -> WebhookShown:
    counts = count_deliveries(session, endpoint.endpoint_id)
    return WebhookShown(
        endpoint_id=endpoint.endpoint_id,
        url=endpoint.url,
        host=urlsplit(endpoint.url).netloc,
        types=endpoint.types,
        badge=_state(endpoint, now=now),
        enabled=endpoint.disabled_at is None,
        made_by=actor_name(endpoint.created_by),
        made=age(endpoint.created_at, now=now),
        made_at=endpoint.created_at,
        waiting=counts.get("waiting", 0),
        failed=counts.get("failed", 0),
        previous_until=endpoint.previous_until if endpoint.previous_until and endpoint.previous_until > now else None,
    )


def _state(endpoint: Endpoint, *, now: datetime) -> Badge:
    if endpoint.disabled_for == "gone":
        return Badge("bad", gettext("said it is gone"))
    if endpoint.disabled_at is not None:
        return Badge("", gettext("off"))
    if endpoint.paused_until is not None and endpoint.paused_until > now:
        return Badge("bad", gettext("cannot be reached"))
    return Badge("mine", gettext("on"))


def _delivery(row: Delivery, *, now: datetime) -> DeliveryShown:
    badge = {
        "waiting": Badge("warns" if row.attempts else "", gettext("waiting")),
        "delivered": Badge("mine", gettext("delivered")),
        "failed": Badge("bad", gettext("failed")),
    }[row.state]
    return DeliveryShown(
        message_id=row.message_id,
        type=row.type,
        badge=badge,
        said=_said(row),
        age=age(row.occurred_at, now=now),
        occurred_at=row.occurred_at,
        again=row.state != "waiting",
    )


def _said(row: Delivery) -> str:
    """What the receiver said last; nothing before the first attempt."""
    if row.began_at is None:
        return ""
    if row.status is None:
        return gettext("attempt %(number)d: %(error)s", number=row.attempts, error=row.error or "")
    return gettext(
        "attempt %(number)d: %(status)d in %(took)d ms", number=row.attempts, status=row.status, took=row.took_ms or 0
    )
