"""The demo's feed against a service in this process that is reached over real HTTP, at a time that the test sets."""

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Thread

from flask import Flask
from sqlalchemy import Engine
from werkzeug.serving import WSGIRequestHandler, make_server

from rewards.commands.context import Context, calendar_of
from rewards.commands.demo import connections, feed
from rewards.demo.messages import FILE, Message, moved, read_messages, shift_weeks_for
from rewards.runtime.settings import Settings
from tests.independent import calculation
from tests.independent.calculation import Result, calculate
from tests.independent.outcome import differences
from tests.support.clock import SettableClock
from tests.support.http import Forum

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
"""A Tuesday evening in Seoul, an hour after the last message: 28 weeks are over, one goes on."""
SLICE_FROM = datetime(2004, 5, 9, 15, tzinfo=UTC)
SLICE_UNTIL = datetime(2004, 5, 25, 9, tzinfo=UTC)
SLICE_MEMBERS = 45


class Quiet(WSGIRequestHandler):
    """Says nothing of each request, and keeps the connection open as gunicorn does."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 -- werkzeug's name
        """Be quiet."""


@dataclass(frozen=True)
class Stage:
    """The service at `url`, an operator's context on the same database, and the time at which both stand."""

    context: Context
    url: str

    def feed(self, messages: list[Message]) -> None:
        """Feed messages as `rewards demo` does."""
        with connections(self.context, url=self.url) as calls:
            feed(self.context, calls=calls, messages=messages, tell=lambda _: None)

    def differences(self, expected: Result) -> list[str]:
        """Every difference between the service and the calculation."""
        context = self.context
        return differences(context.engine, expected, calendar=context.calendar, now=context.clock())

    def expected(self, numbers: AbstractSet[int] | None = None) -> Result:
        """What must come of the messages (of those numbers)."""
        now = self.context.clock()
        messages = calculation.read_messages(FILE, now=now, numbers=numbers)
        return calculate(messages, timezone=self.context.settings.community_timezone, now=now)


@contextmanager
def served(
    app: Flask, settings: Settings, *, engine: Engine, clock: SettableClock, now: datetime = NOW
) -> Iterator[Stage]:
    """The service with its policy applied, reached over HTTP, at `now`."""
    clock.set(now)
    Forum(app, settings, engine, clock).prepare()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    context = Context(settings=settings, engine=engine, calendar=calendar_of(settings), clock=clock)
    yield Stage(context, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


def all_messages() -> list[Message]:
    """The demo's messages, as it sends them at NOW."""
    return as_of_now(read_messages())


def some_of_the_messages() -> list[Message]:
    """What the busiest of two busy weeks and two days wrote to each other: every rule of the demo is touched."""
    busy = [message for message in read_messages() if SLICE_FROM <= message.sent_at < SLICE_UNTIL]
    written = Counter(message.sender for message in busy)
    busiest = {member for member, _ in written.most_common(SLICE_MEMBERS)}
    return as_of_now([message for message in busy if {message.sender, message.recipient} <= busiest])


def as_of_now(read: list[Message], *, now: datetime = NOW) -> list[Message]:
    """Messages moved as the demo moves them at `now`."""
    return moved(read, weeks=shift_weeks_for(read, now=now))
