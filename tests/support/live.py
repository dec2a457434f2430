"""The service as real processes, for tests that cut, kill and crowd it."""

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError

import orjson
from sqlalchemy import Engine

from rewards.access.keys import create_key
from rewards.access.scopes import SCOPES
from rewards.commands.migrate import prepare
from rewards.runtime.clock import now_utc
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings

TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Got:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)


def prepared(engine: Engine, settings: Settings) -> str:
    """Do what `rewards migrate` does to the rows, and make a key of all scopes: its secret."""
    with transaction(engine) as session:
        prepare(session, settings)
        return create_key(session, name="test", scopes=SCOPES, now=now_utc())[1]


def send(
    url: str, secret: str, *, body: Any = None, method: str | None = None, headers: Mapping[str, str] | None = None
) -> Got:
    """Ask over HTTP; a refusal is an answer too. Raises OSError where no whole answer came."""
    request = urllib.request.Request(url, method=method or ("GET" if body is None else "POST"))
    request.add_header("Authorization", f"Bearer {secret}")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = orjson.dumps(body)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return Got(answer.status, answer.read(), dict(answer.headers))
    except HTTPError as refused:
        with refused:
            return Got(refused.code, refused.read(), dict(refused.headers))
