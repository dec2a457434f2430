"""A network between a client and the service that fails as the test says: real sockets, cut where it hurts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from flask import Flask

What = Literal["pass", "cut before", "cut after", "503", "slow down"]
"""Whether a request passes, is lost, is done and its answer lost, or is refused for now."""


@dataclass
class Network:
    """Where the service is, and what becomes of the next requests; when nothing is left to become, they pass."""

    url: str
    ahead: list[What] = field(default_factory=list[What])
    seen: list[tuple[What, bytes]] = field(default_factory=list[tuple[What, bytes]])

    def next(self) -> What:
        return self.ahead.pop(0) if self.ahead else "pass"


@contextmanager
def bad_network(app: Flask) -> Iterator[Network]:
    """The service on a port of this machine until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            what = network.next()
            network.seen.append((what, body))
            if what == "cut before":
                self.close_connection = True
                return
            if what in ("503", "slow down"):
                self.answer(503 if what == "503" else 429, b"{}", {"Retry-After": "1"})
                return
            answer = app.test_client().open(
                self.path, method=self.command, headers=list(self.headers.items()), data=body
            )
            if what == "cut after":
                self.close_connection = True
                return
            self.answer(answer.status_code, answer.get_data(), {"Content-Type": answer.content_type or ""})

        do_GET = do_POST = do_PUT = do_any  # noqa: N815 -- the names are the library's

        def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name is the library's
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    network = Network(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield network
    finally:
        server.shutdown()
        server.server_close()
