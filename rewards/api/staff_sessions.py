"""Staff signing in and out."""

from typing import Any

from flask import Response
from marshmallow import fields

from rewards.access.staff_sessions import SignedIn, StaffSession, list_sessions
from rewards.api.shapes import list_of
from rewards.http.auth import PUBLIC, bearer_token, current_caller, needs
from rewards.http.fields import Document, Line, Moment, Prose
from rewards.http.resource import Resource
from rewards.http.staff_sign_in import sign_in_staff
from rewards.http.surroundings import request_now, request_transaction
from rewards.staff.signing_in import end_session, let_out, owner_seen_by

staff_sessions = Resource("staff sessions", __name__, description="Staff sign in with a name and a password.")


class SignInIn(Document):
    """Who, and the proof."""

    name = Line(required=True, longest=100)
    password = Prose(required=True, shortest=1, longest=1000)


class StaffOut(Document):
    """Somebody of the staff."""

    name = fields.String(required=True)
    role = fields.String(required=True, metadata={"enum": ["viewer", "fulfiller", "manager"]})


class SignedInOut(Document):
    """A sign-in; the token is shown only now."""

    token = fields.String(required=True)
    expires_at = Moment(required=True)
    staff = fields.Nested(StaffOut, required=True)


class SessionOut(Document):
    """A sign-in that is good now; `present` is the one that asks, `id` names it and opens nothing."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    created_at = Moment(required=True)
    expires_at = Moment(required=True)
    last_used_at = Moment(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    agent = fields.String(required=True, allow_none=True)
    present = fields.Boolean(required=True)


@staff_sessions.call(
    "POST",
    "/v1/staff/sessions",
    access=PUBLIC,
    body=SignInIn,
    gives=SignedInOut,
    status=201,
    refuses=("not-signed-in", "too-many-requests"),
    example={
        "token": "pts_…",
        "expires_at": "2026-01-17T13:08:01.482Z",
        "staff": {"name": "mina", "role": "manager"},
    },
    asks={"name": "mina", "password": "correct horse battery staple"},
)
def post_session(body: dict[str, Any]) -> tuple[SignedIn, int, dict[str, str]]:
    """Sign in: the answer's token is the bearer of the staff's calls, for 12 hours."""
    signed_in = sign_in_staff(name=body["name"], password=body["password"])
    return signed_in, 201, {"Cache-Control": "no-store"}


@staff_sessions.call(
    "GET",
    "/v1/staff/sessions",
    access=needs("staff:view"),
    gives=list_of(SessionOut),
    example={
        "items": [
            {
                "id": "9f2c41d07b3a86e5",
                "name": "mina",
                "created_at": "2026-01-17T01:08:01.482Z",
                "expires_at": "2026-01-17T13:08:01.482Z",
                "last_used_at": "2026-01-17T04:20:12.007Z",
                "address": "192.0.2.7",
                "agent": "Mozilla/5.0 …",
                "present": True,
            }
        ],
        "next": None,
    },
)
def get_sessions() -> dict[str, Any]:
    """List one's own sign-ins that are good now, newest first; with the right to manage everybody's. It is one page."""
    owner, token = owner_seen_by(current_caller()), bearer_token() or ""
    with request_transaction() as session:
        found = list_sessions(session, staff_id=owner, token=token, now=request_now())
    return {"items": [{"id": one.session_id, **_told(one)} for one in found], "next": None}


@staff_sessions.call(
    "DELETE",
    "/v1/staff/sessions/<string:session_id>",
    access=needs("staff:view"),
    gives=None,
    status=204,
    refuses=("not-found",),
)
def delete_one(session_id: str) -> Response:
    """End one of one's own sign-ins, or with the right to manage anybody's: its token is not good any more."""
    caller = current_caller()
    with request_transaction() as session:
        owner = owner_seen_by(caller)
        end_session(session, session_id, staff_id=owner, actor=caller.actor, now=request_now())
    return Response(status=204)


def _told(one: StaffSession) -> dict[str, Any]:
    names = ("name", "created_at", "expires_at", "last_used_at", "address", "agent", "present")
    return {name: getattr(one, name) for name in names}


@staff_sessions.call("DELETE", "/v1/staff/sessions/current", access=needs("staff:view"), gives=None, status=204)
def delete_session() -> Response:
    """Sign out: the token that makes this call is not good any more."""
    with request_transaction() as session:
        let_out(session, bearer_token() or "", actor=current_caller().actor, now=request_now())
    return Response(status=204)
