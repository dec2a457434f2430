"""Receivers of webhooks, as good and as bad as they come: real servers on this machine."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass
class Received:
    """A request that came in."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        return orjson.loads(self.body)


Behaviour = Callable[[BaseHTTPRequestHandler, int], None]
"""Answers the n-th request, from 1 on."""


@dataclass
class Receiver:
    """What came in, and where."""

    url: str
    received: list[Received] = field(default_factory=list[Received])
    ending: threading.Event = field(default_factory=threading.Event)

    def documents(self, type_: str | None = None) -> list[dict[str, Any]]:
        """The messages, those of a type only if one is given."""
        all_of_them = [one.document for one in self.received]
        return [one for one in all_of_them if type_ in (None, one["type"])]


def saying(*statuses: int, headers: Mapping[str, str] | None = None) -> Behaviour:
    """One status after the other, the last for ever."""

    def answer(handler: BaseHTTPRequestHandler, number: int) -> None:
        handler.send_response(statuses[min(number, len(statuses)) - 1])
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def hanging(receiver: list[Receiver]) -> Behaviour:
    """Takes the request and never answers, until the test is over."""
    return lambda _handler, _number: (receiver[0].ending.wait(60), None)[1]


def dripping(receiver: list[Receiver]) -> Behaviour:
    """Sends a byte of the status line now and then, for ever."""

    def answer(handler: BaseHTTPRequestHandler, _number: int) -> None:
        for byte in b"HTTP/1.1 200 OK" * 100:
            try:
                handler.wfile.write(bytes([byte]))
            except OSError:
                return
            if receiver[0].ending.wait(0.2):
                return

    return answer


@contextmanager
def receiving(behaviour: Behaviour | None = None, *, itself: list[Receiver] | None = None) -> Iterator[Receiver]:
    """A receiver that runs until the block ends; `itself` is where a behaviour finds it."""
    answer = behaviour or saying(204)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.received.append(Received(dict(self.headers.items()), body))
            answer(self, len(receiver.received))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name is the library's
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook?of=forum")
    if itself is not None:
        itself.append(receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.ending.set()
        server.shutdown()
        server.server_close()
