"""A real browser, and the service listening for it: Chromium of the system, the app in a thread of this process."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request
from werkzeug.serving import make_server

from tests.support.http import Forum

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ANSWER_TIMEOUT_S = 30
Scheme = Literal["light", "dark"]


def launch(playwright: Playwright) -> Browser:
    """Start the system's Chromium."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))


class _Answering:
    """The app, until the listening ends: tests share it, so no request of one may be answered in the next."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._open = 0
        self._is_over = False
        self._changed = threading.Condition()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with self._changed:
            if self._is_over:
                start_response("503 Service Unavailable", [])
                return []
            self._open += 1
        try:
            return self._app(environ, start_response)
        finally:
            with self._changed:
                self._open -= 1
                self._changed.notify_all()

    def end(self) -> None:
        """Answer nothing more, once what was asked is answered."""
        with self._changed:
            self._is_over = True
            assert self._changed.wait_for(lambda: self._open == 0, timeout=ANSWER_TIMEOUT_S)


@contextmanager
def listening(app: Flask) -> Iterator[str]:
    """Let the app answer on a free port of this machine; its address."""
    answering = _Answering(app)
    server = make_server("127.0.0.1", 0, answering, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        answering.end()


@dataclass(frozen=True, slots=True)
class StandingVillage:
    """A service that is only looked at: where it listens, and who may call it."""

    address: str
    forum: Forum


@dataclass
class Visit:
    """One browser window at the service, and what went wrong in it."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list[str])

    def open(self, path: str) -> Page:
        """Go to a page of the service and wait until it has loaded."""
        self.page.goto(self.address + path, wait_until="load")
        return self.page

    def start_anew(self, address: str) -> None:
        """Forget who was here, what they kept and what was said, and look at another service in the light."""
        if self.page.url.startswith("http"):
            self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
        self.address = address
        self.complaints.clear()
        self.page.context.clear_cookies()
        self.page.emulate_media(color_scheme="light")

    def watch(self) -> None:
        """Note every error in the console, every failed request and every request to another host."""
        self.page.on("console", lambda said: self._note(said.text) if said.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on("request", self._note_foreign)

    def _note_foreign(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self._note(f"asked another host: {request.url}")

    def _note(self, complaint: str) -> None:
        self.complaints.append(complaint)


@contextmanager
def visiting(
    browser: Browser,
    address: str,
    *,
    width: int = 360,
    height: int = 800,
    scheme: Scheme = "light",
    language: str = "ko",
    scripts: bool = True,
) -> Iterator[Visit]:
    """Open a window of that width, in that colour scheme and language; it is watched."""
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        locale={"ko": "ko-KR", "en": "en-US"}[language],
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    try:
        visit = Visit(context.new_page(), address)
        visit.watch()
        yield visit
    finally:
        context.close()
