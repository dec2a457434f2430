"""What staff do with webhooks, with its line in the audit. The caller commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cryptography.fernet import MultiFernet
from sqlalchemy.orm import Session

from rewards.access.audit import note
from rewards.webhooks.deliveries import send_again, send_failed_again
from rewards.webhooks.endpoints import (
    Endpoint,
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    read_endpoint,
    rotate_secret,
)
from rewards.webhooks.fan_out import send_test


def add_webhook(
    session: Session, *, url: str, types: Sequence[str], fernet: MultiFernet, actor: str, now: datetime
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which is shown only now."""
    endpoint, secret = create_endpoint(session, url=url, types=types, fernet=fernet, actor=actor, now=now)
    _note(session, "webhook.create", endpoint=endpoint, actor=actor, now=now)
    return endpoint, secret


def change_webhook(
    session: Session,
    endpoint_id: UUID,
    *,
    url: str | None,
    types: Sequence[str] | None,
    enabled: bool | None,
    actor: str,
    now: datetime,
) -> Endpoint:
    """Change what is given: address, types, whether anything is sent. Raises UnknownThing."""
    endpoint = change_endpoint(session, endpoint_id, url=url, types=types)
    if enabled is not None and enabled == (endpoint.disabled_at is not None):
        endpoint = (
            enable_endpoint(session, endpoint_id)
            if enabled
            else disable_endpoint(session, endpoint_id, why="staff", now=now)
        )
    _note(session, "webhook.change", endpoint=endpoint, actor=actor, now=now)
    return endpoint


def rotate_webhook(
    session: Session, endpoint_id: UUID, *, fernet: MultiFernet, actor: str, now: datetime
) -> tuple[Endpoint, str]:
    """A new secret; the one before it goes on signing for a day. Raises UnknownThing."""
    endpoint, secret = rotate_secret(session, endpoint_id, fernet=fernet, now=now)
    _note(session, "webhook.rotate", endpoint=endpoint, actor=actor, now=now)
    return endpoint, secret


def delete_webhook(session: Session, endpoint_id: UUID, *, actor: str, now: datetime) -> Endpoint:
    """Forget an endpoint and all its deliveries. Raises UnknownThing."""
    endpoint = delete_endpoint(session, endpoint_id)
    _note(session, "webhook.delete", endpoint=endpoint, actor=actor, now=now)
    return endpoint


def try_webhook(session: Session, endpoint_id: UUID, *, actor: str, now: datetime) -> UUID:
    """Send a message that says only that somebody tries; answers its id. Raises UnknownThing."""
    endpoint = read_endpoint(session, endpoint_id)
    message_id = send_test(session, endpoint_id, actor=actor, now=now)
    _note(session, "webhook.test", endpoint=endpoint, actor=actor, now=now)
    return message_id


def resend_one(session: Session, endpoint_id: UUID, *, message_id: UUID, actor: str, now: datetime) -> bool:
    """Send one message again under its old id; False if it waits already or is not there. Raises UnknownThing."""
    endpoint = read_endpoint(session, endpoint_id)
    done = send_again(session, endpoint_id, message_id=message_id, now=now)
    if done:
        _note(session, "webhook.resend", endpoint=endpoint, actor=actor, now=now)
    return done


def resend_failed(session: Session, endpoint_id: UUID, *, since: datetime | None, actor: str, now: datetime) -> int:
    """Send again whatever failed, of what occurred since; answers how many. Raises UnknownThing."""
    endpoint = read_endpoint(session, endpoint_id)
    sent = send_failed_again(session, endpoint_id, since=since, now=now)
    _note(session, "webhook.resend", endpoint=endpoint, actor=actor, now=now)
    return sent


def _note(session: Session, action: str, *, endpoint: Endpoint, actor: str, now: datetime) -> None:
    about = f"webhook:{endpoint.endpoint_id}"
    note(session, actor=actor, action=action, about=about, detail={"types": endpoint.types}, now=now)
