"""Calls to the service's HTTP API over one connection that is kept open, as a forum's backend makes them."""

import http.client
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

PATIENCE_S = 60
PAUSE_S = 0.2
TIMEOUT_S = 60
LINES = "application/x-ndjson"
WORTH_WAITING = (429, 503)
BROKEN = (http.client.HTTPException, OSError)


class Refused(Exception):
    """The service answered with a problem that sending again would not mend."""

    def __init__(self, *, status: int, document: Mapping[str, Any], call: str) -> None:
        self.status = status
        self.document = document
        super().__init__(f"{call} was answered by {status}: {document.get('title')} {document.get('detail')}")


class Unreachable(Exception):
    """The service did not answer for so many seconds."""

    def __init__(self, *, url: str, why: str) -> None:
        super().__init__(f"{url} has not answered for {PATIENCE_S} s ({why}). Is the service running?")


@dataclass(slots=True)
class Calls:
    """One caller with a bearer token, and one connection; not for several threads.

    Whatever is sent must be harmless twice (an event, a PUT, an Idempotency-Key): after a broken connection, a 503 or
    a 429 it is sent again, until PATIENCE_S have passed.
    """

    url: str
    token: str | None = None
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)

    def get(self, path: str) -> Any:
        """Read a resource."""
        return self._send("GET", path)

    def put(self, path: str, document: Any) -> Any:
        """Put a resource in a state."""
        return self._send("PUT", path, body=orjson.dumps(document))

    def post(self, path: str, document: Any = None, *, key: str | None = None) -> Any:
        """Post a document; `key` is the Idempotency-Key."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self._send("POST", path, body=b"" if document is None else orjson.dumps(document), headers=headers)

    def post_csv(self, path: str, lines: Iterable[str]) -> Any:
        """Post lines of CSV."""
        return self._send("POST", path, body="\n".join(lines).encode(), headers={"Content-Type": "text/csv"})

    def post_picture(self, path: str, *, content: bytes, media_type: str) -> Any:
        """Post a picture."""
        return self._send("POST", path, body=content, headers={"Content-Type": media_type})

    def post_events(self, events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Post a batch of at most 5,000 events as lines; one result an event. Raises Refused if one has a problem."""
        body = b"\n".join(map(orjson.dumps, events))
        deadline = time.monotonic() + PATIENCE_S
        while True:
            results = self._send("POST", "/v1/events/batch", body=body, headers={"Content-Type": LINES})
            bad = [result for result in results if "problem" in result]
            if not bad:
                return results
            # Those that could not be decided for now are decided when all is sent again; nothing else would change.
            if any(result["status"] != 503 for result in bad) or time.monotonic() > deadline:
                raise Refused(status=bad[0]["status"], document=bad[0]["problem"], call="An event of a batch")
            time.sleep(PAUSE_S)

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                status, content_type, answer = self._exchange(method, path, body=body, headers=headers or {})
                why = f"status {status}"
            except BROKEN as error:
                self.close()
                status, content_type, answer, why = 503, "", b"", str(error) or type(error).__name__
            if status < 300:
                return _read(answer, content_type)
            if status not in WORTH_WAITING:
                raise Refused(status=status, document=_read(answer, content_type) or {}, call=f"{method} {path}")
            if time.monotonic() > deadline:
                raise Unreachable(url=self.url, why=why)
            time.sleep(PAUSE_S)

    def _exchange(self, method: str, path: str, *, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        if self._connection is None:
            self._connection = _connect(self.url)
        sent = {"Accept": "application/json"}
        if body:
            sent["Content-Type"] = "application/json"
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        self._connection.request(method, path, body=body or None, headers=sent | dict(headers))
        response = self._connection.getresponse()
        return response.status, response.headers.get_content_type(), response.read()


def _connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT_S)


def _read(answer: bytes, content_type: str) -> Any:
    if not answer:
        return None
    if content_type == LINES:
        return [orjson.loads(line) for line in answer.split(b"\n") if line]
    try:
        return orjson.loads(answer)
    except orjson.JSONDecodeError:
        return {"title": "not JSON", "detail": answer[:200].decode(errors="replace")}
