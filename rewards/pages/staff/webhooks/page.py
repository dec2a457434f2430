"""Webhooks at the desk: made, tried, replaced, switched off, and their messages sent again."""

from typing import Any
from uuid import UUID

from flask import make_response, render_template, request, url_for
from flask_babel import gettext, ngettext
from marshmallow import ValidationError, fields, validates
from werkzeug.wrappers import Response as AnyResponse

from rewards.http.at_work import keys_at_work
from rewards.http.cursors import cursor_for, place_after
from rewards.http.surroundings import request_now, request_snapshot, request_transaction
from rewards.pages.forms import Filled, Form, go_on, read_form, refuse_aloud, say
from rewards.pages.staff.desk import Desk, at_the_desk
from rewards.pages.staff.webhooks.view import grouped_types, read_webhook_page, read_webhooks
from rewards.staff import webhooks as core
from rewards.webhooks.endpoints import parts_of_url
from rewards.webhooks.messages import TYPES

ONE = "/webhooks/<uuid:webhook_id>"
TICK = "type:"
CURSOR = "staff webhook deliveries"


class WebhookForm(Form):
    """A new webhook; its types are ticked one by one."""

    url = fields.String(required=True, error_messages={"required": "–"})

    @validates("url")
    def calls_the_web(self, value: str, **_: Any) -> None:
        """An address without a password in it."""
        if parts_of_url(value) is None:
            raise ValidationError(gettext("Write an address like https://forum.example/rewards, without a password."))


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    desk.page("/webhooks", view=webhooks, needs="staff:manage")
    desk.form("/webhooks", view=add_webhook, needs="staff:manage")
    desk.page(ONE, view=webhook, needs="staff:manage")
    desk.form(f"{ONE}/test", view=try_webhook, needs="staff:manage")
    desk.form(f"{ONE}/rotate", view=rotate_webhook, needs="staff:manage")
    desk.form(f"{ONE}/switch", view=switch_webhook, needs="staff:manage")
    desk.form(f"{ONE}/delete", view=delete_webhook, needs="staff:manage")
    desk.form(f"{ONE}/resend", view=resend_failed, needs="staff:manage")
    desk.form(f"{ONE}/resend/<uuid:message_id>", view=resend_message, needs="staff:manage")


def webhooks() -> str:
    """All webhooks, and the form for another."""
    return _all(Filled({}))


def add_webhook() -> AnyResponse | tuple[str, int]:
    """Make one; its secret is on this page only."""
    filled = read_form(WebhookForm())
    types = [name for name in TYPES if f"{TICK}{name}" in request.form]
    errors = dict(filled.errors)
    if "url" in errors and not filled.given.get("url"):
        errors["url"] = gettext("Write where to send.")
    if not types:
        errors["types"] = gettext("Choose what to tell.")
    if errors:
        return _all(Filled(filled.given, errors=errors)), 422
    with request_transaction() as session:
        endpoint, secret = core.add_webhook(
            session, url=filled.values["url"], types=types, fernet=keys_at_work().fernet, **_by_whom()
        )
    return _secret(endpoint.endpoint_id, secret, title=gettext("The webhook is there"))


def webhook(webhook_id: UUID) -> str:
    """One webhook and its deliveries, the newest first. Raises UnknownThing."""
    place: list[Any] | None = place_after(request.args.get("cursor"), of=CURSOR)
    with request_snapshot() as session:
        page = read_webhook_page(session, webhook_id, before=UUID(place[0]) if place else None, now=request_now())
    further = cursor_for([str(page.further)] if page.further else None, of=CURSOR)
    return render_template("staff/webhook.html", page=page, next_cursor=further, first_page=place is None)


def try_webhook(webhook_id: UUID) -> AnyResponse:
    """Send a message that says only that somebody tries. Raises UnknownThing."""
    with request_transaction() as session:
        core.try_webhook(session, webhook_id, **_by_whom())
    say(gettext("A test is on its way. Look again in a few seconds."))
    return _back(webhook_id)


def rotate_webhook(webhook_id: UUID) -> AnyResponse:
    """A new secret, on this page only. Raises UnknownThing."""
    with request_transaction() as session:
        _, secret = core.rotate_webhook(session, webhook_id, fernet=keys_at_work().fernet, **_by_whom())
    return _secret(webhook_id, secret, title=gettext("The secret is a new one"))


def switch_webhook(webhook_id: UUID) -> AnyResponse:
    """Switch it off, or on again. Raises UnknownThing."""
    enabled = request.form.get("enabled") == "true"
    with request_transaction() as session:
        core.change_webhook(session, webhook_id, url=None, types=None, enabled=enabled, **_by_whom())
    say(gettext("It is on.") if enabled else gettext("It is off. What it would have been told is kept for 30 days."))
    return _back(webhook_id)


def delete_webhook(webhook_id: UUID) -> AnyResponse:
    """Forget it, with its deliveries. Raises UnknownThing."""
    with request_transaction() as session:
        core.delete_webhook(session, webhook_id, **_by_whom())
    say(gettext("The webhook is gone, with its deliveries."))
    return go_on(url_for("staff.webhooks"))


def resend_failed(webhook_id: UUID) -> AnyResponse:
    """Send again all that failed. Raises UnknownThing."""
    with request_transaction() as session:
        sent = core.resend_failed(session, webhook_id, since=None, **_by_whom())
    say(ngettext("One message is sent again.", "%(num)d messages are sent again.", sent))
    return _back(webhook_id)


def resend_message(webhook_id: UUID, message_id: UUID) -> AnyResponse:
    """Send one again, under its old id. Raises UnknownThing."""
    with request_transaction() as session:
        sent = core.resend_one(session, webhook_id, message_id=message_id, **_by_whom())
    if sent:
        say(gettext("It is sent again."))
    else:
        refuse_aloud(gettext("It waits already. Nothing was changed."))
    return _back(webhook_id)


def _all(filled: Filled) -> str:
    with request_snapshot() as session:
        listed = read_webhooks(session, now=request_now())
    return render_template("staff/webhooks.html", listed=listed, form=filled, groups=grouped_types(), meanings=TYPES)


def _secret(webhook_id: UUID, secret: str, *, title: str) -> AnyResponse:
    text = render_template("staff/webhook_secret.html", webhook_id=webhook_id, secret=secret, title=title)
    response = make_response(text)
    response.headers["Cache-Control"] = "no-store"
    return response


def _back(webhook_id: UUID) -> AnyResponse:
    return go_on(url_for("staff.webhook", webhook_id=webhook_id), page_changes=False)


def _by_whom() -> dict[str, Any]:
    return {"actor": at_the_desk().actor, "now": request_now()}
