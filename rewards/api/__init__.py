"""The HTTP API: one resource, one module; a call declares access, input, output and refusals above its body."""

from flask import Flask

from rewards.api.attendance import attendance
from rewards.api.document import register_document
from rewards.api.event_batches import event_batches
from rewards.api.events import events
from rewards.api.integrations import integrations
from rewards.api.late_reversals import late_reversals
from rewards.api.leaderboards import leaderboards
from rewards.api.ledger import ledger
from rewards.api.market import market
from rewards.api.members import members
from rewards.api.seasons import seasons
from rewards.api.staff_access import staff_access
from rewards.api.staff_adjustments import staff_adjustments
from rewards.api.staff_bulk import staff_bulk
from rewards.api.staff_members import staff_members
from rewards.api.staff_points import staff_points
from rewards.api.staff_policy import staff_policy
from rewards.api.staff_products import staff_products
from rewards.api.staff_redemptions import staff_redemptions
from rewards.api.staff_sessions import staff_sessions
from rewards.api.staff_webhooks import staff_webhooks
from rewards.http.health import health

RESOURCES = (
    events,
    event_batches,
    integrations,
    members,
    attendance,
    leaderboards,
    seasons,
    ledger,
    market,
    staff_sessions,
    staff_redemptions,
    staff_bulk,
    staff_products,
    staff_points,
    staff_adjustments,
    staff_members,
    late_reversals,
    staff_access,
    staff_policy,
    staff_webhooks,
    health,
)


def register_api(app: Flask) -> None:
    """Add every resource to the app, and the document that describes them."""
    api = register_document(app)
    for resource in RESOURCES:
        api.register_blueprint(resource)
