"""Staff signing in and out."""

from typing import Any

from flask import Response
from marshmallow import fields

from rewards.access.staff_sessions import SignedIn
from rewards.http.auth import PUBLIC, bearer_token, current_caller, needs
from rewards.http.fields import Document, Line, Moment, Prose
from rewards.http.resource import Resource
from rewards.http.staff_sign_in import sign_in_staff
from rewards.http.surroundings import request_now, request_transaction
from rewards.staff.signing_in import let_out

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


@staff_sessions.call("DELETE", "/v1/staff/sessions/current", access=needs("staff:view"), gives=None, status=204)
def delete_session() -> Response:
    """Sign out: the token that makes this call is not good any more."""
    with request_transaction() as session:
        let_out(session, bearer_token() or "", actor=current_caller().actor, now=request_now())
    return Response(status=204)
