"""Calling the service as its callers do: with a key, as staff, as a member."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import jwt
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from uuid_utils.compat import uuid7
from werkzeug.test import TestResponse

from ledger.outbox import open_generation
from market.products import ensure_prize_products
from rewards.access.keys import create_key
from rewards.access.passwords import hash_password
from rewards.access.scopes import SCOPES, Role
from rewards.access.secrets import STAFF_PREFIX, digest_of, new_secret
from rewards.access.staff_sessions import SESSION_LASTS
from rewards.policy.load import apply_policy
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings
from tests.support.world import default_document

PROBLEM = "application/problem+json"
PASSWORD = "a password of some length"

_STAFF = text(
    "insert into staff (staff_id, name, password_hash, role, created_at)"
    " values (:staff_id, :name, :password_hash, :role, :now)"
)
_STAFF_SESSION = text(
    "insert into staff_session (digest, staff_id, created_at, expires_at)"
    " values (:digest, :staff_id, :now, :expires_at)"
)


@cache
def hashed_password() -> str:
    """PASSWORD as it is kept: hashed once a run, since that is made to be slow."""
    return hash_password(PASSWORD)


@dataclass
class Caller:
    """Somebody who calls, with the headers that say who it is."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.ask("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.ask("POST", path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> TestResponse:
        return self.ask("PUT", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> TestResponse:
        return self.ask("DELETE", path, **kwargs)

    def ask(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        """Send it, with the headers that say who asks; `headers` add to them."""
        headers = {**self.headers, **kwargs.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **kwargs)


@dataclass
class Forum:
    """The service with its policy applied, and everybody who may call it."""

    app: Flask
    settings: Settings
    engine: Engine
    clock: Callable[[], datetime]

    def anybody(self) -> Caller:
        """Somebody without a key."""
        return Caller(self.app.test_client())

    def key(self, *scopes: str, source: str = "forum", expires_at: datetime | None = None) -> Caller:
        """The backend, with a key of these scopes (all, if none are named)."""
        with transaction(self.engine) as session:
            _, secret = create_key(
                session,
                name=f"key {uuid4()}",
                scopes=scopes or SCOPES,
                source=source,
                expires_at=expires_at,
                now=self.clock(),
            )
        return self.bearer(secret)

    def staff(self, role: Role = "manager", name: str | None = None) -> Caller:
        """Somebody of the staff, signed in."""
        name = name or f"{role} {uuid4().hex[:8]}"
        with transaction(self.engine) as session:
            staff_id, token = uuid7(), new_secret(STAFF_PREFIX)
            row = {"staff_id": staff_id, "name": name, "role": role, "now": self.clock()}
            session.execute(_STAFF, {**row, "password_hash": hashed_password()})
            digest, expires_at = digest_of(token), self.clock() + SESSION_LASTS
            session.execute(_STAFF_SESSION, {**row, "digest": digest, "expires_at": expires_at})
        return self.bearer(token)

    def member(self, member_id: str, **claims: Any) -> Caller:
        """A member with the forum's token, good for five minutes."""
        return self.bearer(self.token(member_id, **claims))

    def token(self, member_id: str, **claims: Any) -> str:
        """The forum's token of a member; `claims` replace the usual ones, None leaves one away."""
        now = self.clock()
        usual = {
            "sub": member_id,
            "aud": self.settings.member_jwt_audience,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()),
            "jti": str(uuid4()),
        }
        given = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(given, self.settings.member_jwt_key, algorithm="HS256")

    def bearer(self, secret: str) -> Caller:
        """Whoever holds the secret."""
        return Caller(self.app.test_client(), {"Authorization": f"Bearer {secret}"})

    def prepare(self) -> None:
        """Do what `rewards migrate` does, by the test's clock."""
        with transaction(self.engine) as session:
            open_generation(session)
            ensure_prize_products(session, now=self.clock())
            apply_policy(session, default_document(), by="test", now=self.clock())


def event(id: str = "post:1:created", **fields: Any) -> dict[str, Any]:  # noqa: A002 -- the field's own name
    """An event as the forum sends it."""
    usual = {"type": "post.created", "member_id": "minji", "occurred_at": "2026-03-04T11:59:00+09:00", "board": "free"}
    given = {"id": id, **usual, **fields}
    return {name: value for name, value in given.items() if value is not ...}


def problem_of(response: TestResponse, status: int, slug: str) -> dict[str, Any]:
    """The problem that a response is; it must be that one, in its form."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == PROBLEM
    document = response.get_json()
    assert document["type"] == f"/problems/{slug}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return document
