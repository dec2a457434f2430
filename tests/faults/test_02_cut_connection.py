"""Line 2: the connection is cut between COMMIT and the answer; the caller retries. One award, the first decision."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from rewards.runtime.clock import now_utc
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings
from tests.support.checker import broken_rows
from tests.support.live import prepared, send
from tests.support.processes import Web


@pytest.fixture
def web(environment: dict[str, str], tmp_path: Path) -> Iterator[Web]:
    with Web(environment=environment, log=tmp_path / "web.log") as web:
        yield web


@contextmanager
def cutter(port: int) -> Iterator[int]:
    """A port before the service that passes requests on, waits for the answer's first bytes, and hangs up instead."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with caller, socket.create_connection(("127.0.0.1", port)) as service:
                service.sendall(whole_request(caller))
                assert service.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def whole_request(caller: socket.socket) -> bytes:
    """A request with its body."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += caller.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0]):
        body += caller.recv(65536)
    return head + b"\r\n\r\n" + body


def event(number: int) -> dict[str, Any]:
    occurred_at = now_utc().isoformat()
    return {"id": f"post:{number}", "type": "post.created", "member_id": f"m{number}", "occurred_at": occurred_at}


def test_who_never_got_the_answer_gets_it_on_the_retry(web: Web, engine: Engine, settings: Settings) -> None:
    # given
    secret = prepared(engine, settings)
    events = [event(number) for number in range(5)]
    batch = [event(number) for number in range(100, 130)]

    # when
    with cutter(web.port) as port:
        for body, path in [*((each, "/v1/events") for each in events), (batch, "/v1/events/batch")]:
            with pytest.raises((OSError, HTTPException)):
                send(f"http://127.0.0.1:{port}{path}", secret, body=body)
    retried = [send(f"{web.url}/v1/events", secret, body=each) for each in events]
    again = send(f"{web.url}/v1/events/batch", secret, body=batch)

    # then
    assert [got.status for got in retried] == [200] * 5
    assert {got.document["points"] for got in retried} == {20}
    assert [result["status"] for result in again.document["results"]] == [200] * 30
    with transaction(engine) as session:
        assert session.execute(text("select count(*), sum(points) from entry")).one() == (35, 35 * 20)
        assert session.execute(text("select count(*) from event")).scalar_one() == 35
    assert broken_rows(engine, now=now_utc()) == []


def test_points_are_not_given_twice_under_one_key(web: Web, engine: Engine, settings: Settings) -> None:
    # given
    secret = prepared(engine, settings)
    send(f"{web.url}/v1/members/minji", secret, body={}, method="PUT")
    adjustment = {"member_id": "minji", "points": 50, "reason": "a contest"}
    headers = {"Idempotency-Key": "once"}

    # when
    with cutter(web.port) as port, pytest.raises((OSError, HTTPException)):
        send(f"http://127.0.0.1:{port}/v1/staff/adjustments", secret, body=adjustment, headers=headers)
    retried = send(f"{web.url}/v1/staff/adjustments", secret, body=adjustment, headers=headers)

    # then
    assert (retried.status, retried.headers["Idempotency-Replayed"]) == (201, "true")
    assert retried.document["balance"] == 50
    assert send(f"{web.url}/v1/members/minji/balance", secret).document["balance"] == 50
    assert broken_rows(engine, now=now_utc()) == []
