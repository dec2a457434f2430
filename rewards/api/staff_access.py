"""API keys and the audit, for managers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, validate, validates

from rewards.access.audit import note, read_audit
from rewards.access.keys import Key, create_key, list_keys, revoke_key
from rewards.access.scopes import SCOPES
from rewards.api.shapes import PageQuery, list_of, page_of
from rewards.earning.events import RESERVED_SOURCES
from rewards.errors import ScopeMissing
from rewards.http.auth import current_caller, needs
from rewards.http.cursors import place_after
from rewards.http.fields import Document, Line, Moment
from rewards.http.resource import Resource
from rewards.http.surroundings import request_now, request_transaction

staff_access = Resource("staff access", __name__, description="API keys of the forum's backend, and who did what.")

_KEY = {
    "id": "019bc9a4-1f6a-7000-8000-000000000004",
    "name": "forum",
    "scopes": ["events:write"],
    "source": "forum",
    "created_at": "2026-01-17T01:08:01.482Z",
    "expires_at": None,
    "revoked_at": None,
    "last_used_on": "2026-01-17",
}


class KeyIn(Document):
    """A new key."""

    name = Line(required=True, longest=100)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES)), required=True, validate=validate.Length(1, len(SCOPES))
    )
    source = Line(load_default="forum")
    expires_at = Moment(load_default=None, allow_none=True)

    @validates("source")
    def not_reserved(self, value: str, **_: Any) -> None:
        """The service's own sources are not for events of the forum."""
        if value in RESERVED_SOURCES:
            raise ValidationError("is a source of the service itself; use another one")


class KeyOut(Document):
    """A key, without its secret."""

    id = fields.String(required=True, metadata={"format": "uuid"})
    name = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    source = fields.String(required=True)
    created_at = Moment(required=True)
    expires_at = Moment(required=True, allow_none=True)
    revoked_at = Moment(required=True, allow_none=True)
    last_used_on = fields.Date(required=True, allow_none=True)


class NewKeyOut(KeyOut):
    """A new key with its secret, which is shown only now."""

    secret = fields.String(required=True)


class AuditQuery(PageQuery):
    """Whose deeds, and of which kind."""

    actor = Line(load_default=None)
    action = Line(load_default=None)


class AuditOut(Document):
    """One line of the audit."""

    id = fields.Integer(required=True)
    actor = fields.String(required=True)
    action = fields.String(required=True)
    about = fields.String(required=True)
    detail = fields.Dict(required=True)
    recorded_at = Moment(required=True)


@staff_access.call(
    "GET",
    "/v1/staff/api-keys",
    access=needs("staff:manage"),
    gives=list_of(KeyOut),
    example={"items": [_KEY], "next": None},
)
def get_keys() -> dict[str, Any]:
    """List all keys, also those that are over. It is one page."""
    with request_transaction() as session:
        return {"items": [_shown(key) for key in list_keys(session)], "next": None}


@staff_access.call(
    "POST",
    "/v1/staff/api-keys",
    access=needs("staff:manage"),
    body=KeyIn,
    gives=NewKeyOut,
    status=201,
    refuses=("already-exists",),
    example={**_KEY, "secret": "ptk_…"},
    asks={"name": "forum", "scopes": ["events:write"]},
)
def post_key(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Make a key. The secret is in this answer only; a key can give no scope that its maker lacks."""
    _check_scopes(body["scopes"])
    with request_transaction() as session:
        key, secret = create_key(session, now=request_now(), **body)
        detail = {"name": key.name, "scopes": list(key.scopes)}
        _note(session, "key.create", key=key, detail=detail)
    return _shown(key) | {"secret": secret}, 201, {"Cache-Control": "no-store"}


@staff_access.call(
    "DELETE",
    "/v1/staff/api-keys/<uuid:key_id>",
    access=needs("staff:manage"),
    gives=KeyOut,
    refuses=("not-found",),
    example={**_KEY, "revoked_at": "2026-01-17T01:08:01.482Z"},
)
def delete_key(key_id: UUID) -> dict[str, Any]:
    """Revoke a key at once."""
    with request_transaction() as session:
        key = revoke_key(session, key_id, now=request_now())
        _note(session, "key.revoke", key=key, detail={"name": key.name})
        return _shown(key)


@staff_access.call(
    "GET",
    "/v1/staff/audit",
    access=needs("staff:manage"),
    query=AuditQuery,
    gives=list_of(AuditOut),
    example={
        "items": [
            {
                "id": 1,
                "actor": "staff:mina",
                "action": "points.adjust",
                "about": "account:019bc9a4-1f6a-7000-8000-000000000005",
                "detail": {"seq": 13, "points": -20},
                "recorded_at": "2026-01-17T01:08:01.482Z",
            }
        ],
        "next": None,
    },
)
def get_audit(query: dict[str, Any]) -> dict[str, Any]:
    """List what staff and keys have done, newest first. Redemptions carry their own history."""
    limit = query["limit"]
    after = place_after(query["cursor"], of="audit")
    with request_transaction() as session:
        rows = read_audit(
            session,
            limit=limit + 1,
            before=after[0] if after else None,
            actor=query["actor"],
            action=query["action"],
        )
    names = ("actor", "action", "about", "detail", "recorded_at")
    return page_of(
        rows,
        limit=limit,
        of="audit",
        place=lambda row: [row.audit_id],
        item=lambda row: {"id": row.audit_id, **{name: getattr(row, name) for name in names}},
    )


def _check_scopes(scopes: list[str]) -> None:
    """An API key makes no key that is more than itself; a manager is trusted with all."""
    caller = current_caller()
    missing = set(scopes) - caller.scopes if caller.kind == "key" else set[str]()
    if missing:
        raise ScopeMissing(", ".join(sorted(missing)))


def _shown(key: Key) -> dict[str, Any]:
    names = ("name", "source", "created_at", "expires_at", "revoked_at", "last_used_on")
    shown: dict[str, str | datetime | None] = {name: getattr(key, name) for name in names}
    return {"id": str(key.key_id), "scopes": list(key.scopes), **shown}


def _note(session: Any, action: str, *, key: Key, detail: dict[str, Any]) -> None:
    actor = current_caller().actor
    note(session, actor=actor, action=action, about=f"key:{key.key_id}", detail=detail, now=request_now())
