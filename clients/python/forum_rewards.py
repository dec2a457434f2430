"""A client of the rewards service: one file, Python 3.9 or newer, nothing else needed.

    from forum_rewards import Rewards

    rewards = Rewards("https://points.example", key="ptk_…")
    rewards.event("post:81231:created", "post.created", member_id="minji", subject="post:81231", board="free")

A call that fails on the way is made again with the same id, so nothing is ever counted twice. For a forum that does
not want to wait, `Sender` collects events and sends them in batches from a thread of its own.
"""

from __future__ import annotations

import json
import queue
import random
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import datetime, timezone
from typing import Any, Callable, Iterable, Mapping

ATTEMPTS = 6
FIRST_WAIT_S, WAIT_MAX_S = 0.5, 30.0
TIMEOUT_S = 15.0
BATCH = 500
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class Refused(Exception):
    """The service has refused a call: `problem` says why, in the words of RFC 9457."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        super().__init__(f"{status} {problem.get('title', '')}: {problem.get('detail', '')}".strip())


class Unreachable(Exception):
    """The service could not be reached, however often it was tried. Calling again later is safe."""


def make_event(
    event_id: str,
    type: str,  # noqa: A002 -- the API's own word
    *,
    member_id: str,
    occurred_at: datetime | None = None,
    subject: str | None = None,
    board: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An event as the API takes it. `occurred_at` must be aware; without one it occurs now."""
    at = occurred_at or datetime.now(timezone.utc)
    if at.tzinfo is None:
        raise ValueError("occurred_at needs a time zone")
    event: dict[str, Any] = {"id": event_id, "type": type, "member_id": member_id, "occurred_at": at.isoformat()}
    optional = {"subject": subject, "board": board, "data": dict(data) if data else None}
    event.update({name: value for name, value in optional.items() if value is not None})
    return event


class Rewards:
    """The service at `url`, asked with an API key. Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        *,
        key: str,
        timeout_s: float = TIMEOUT_S,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._key = key
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._sleep = sleep

    def event(self, event_id: str, type: str, **details: Any) -> dict[str, Any]:  # noqa: A002 -- the same
        """Post one event; answers its decision, the first one however often it is sent. See `make_event`."""
        return self.call("POST", "/v1/events", make_event(event_id, type, **details))

    def events(self, events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Post many events, in order; answers {"status", "decision"} or {"status", "problem"} for each.

        Raises Unreachable, Refused.
        """
        waiting = list(events)
        results: list[dict[str, Any]] = []
        for start in range(0, len(waiting), BATCH):
            results.extend(self._batch(waiting[start : start + BATCH]))
        return results

    def check_in(self, member_id: str, *, greeting: str | None = None, day: str | None = None) -> dict[str, Any]:
        """Check a member in for today. `day` (2026-01-17) keeps a call that is late from checking in tomorrow."""
        return self.call("POST", "/v1/attendance", _given(member_id=member_id, greeting=greeting, day=day))

    def member(self, member_id: str) -> dict[str, Any]:
        """A member: points, level, places."""
        return self.call("GET", f"/v1/members/{urllib.parse.quote(member_id, safe='')}")

    def put_member(self, member_id: str, **changes: Any) -> dict[str, Any]:
        """Change a member: `name`, `avatar`, `hidden`, `opted_out`."""
        return self.call("PUT", f"/v1/members/{urllib.parse.quote(member_id, safe='')}", changes)

    def leaderboard(self, name: str = "season", *, limit: int = 10) -> list[dict[str, Any]]:
        """The top of a leaderboard: `season` (the week), `month`, `all-time`, `streak`."""
        return self.call("GET", f"/v1/leaderboards/{name}?limit={limit}")["items"]

    def redeem(self, member_id: str, product: str, *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Exchange a member's points for a product. Give a key of your own if you may have to ask again later."""
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        body = {"member_id": member_id, "product": product}
        return self.call("POST", "/v1/market/redemptions", body, headers=headers)

    def call(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Any:
        """Any call of the API, again while that may help. Raises Refused, Unreachable."""
        error = ""
        for attempt in range(1, self._attempts + 1):
            asked_s = None
            try:
                return self._once(method, path, body, headers or {})
            except urllib.error.HTTPError as refusal:
                with refusal:
                    problem = _document(refusal.read())
                if refusal.code not in AGAIN:
                    raise Refused(refusal.code, problem) from None
                error = f"{refusal.code} {problem.get('title', '')}"
                asked_s = _seconds(refusal.headers.get("Retry-After"))
            except OSError as failure:  # no connection, a timeout, an answer that broke off
                error = str(failure)
            if attempt < self._attempts:
                self._sleep(_wait_s(attempt, asked_s=asked_s))
        raise Unreachable(f"{method} {path}: {error} ({self._attempts} attempts)")

    def _once(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", f"Bearer {self._key}")
        for name, value in headers.items():
            request.add_header(name, value)
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body, ensure_ascii=False).encode()
        with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:
            return json.loads(answer.read() or b"null")

    def _batch(self, events: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What could not be decided for now is sent again, alone: the rest has its decisions."""
        results: dict[int, dict[str, Any]] = {}
        for attempt in range(1, self._attempts + 1):
            left = [number for number in range(len(events)) if number not in results]
            answers = self.call("POST", "/v1/events/batch", [events[number] for number in left])["results"]
            for number, answer in zip(left, answers):
                if answer.get("status") not in AGAIN or attempt == self._attempts:
                    results[number] = answer
            if len(results) == len(events):
                break
            self._sleep(_wait_s(attempt))
        return [results[number] for number in range(len(events))]


class Sender:
    """Collects events and sends them in batches from a thread, so that nobody waits for them.

    Use it as a context, or `close()` it at the end: both send what is left. `refused` is called with each event that
    will never be taken, and its problem; `lost` with those that could not be sent while closing.
    """

    def __init__(
        self,
        rewards: Rewards,
        *,
        every_s: float = 1.0,
        refused: Callable[[Mapping[str, Any], Mapping[str, Any]], None] = lambda _event, _problem: None,
        lost: Callable[[list[Mapping[str, Any]]], None] = lambda _events: None,
    ) -> None:
        self._rewards = rewards
        self._every_s = every_s
        self._refused = refused
        self._lost = lost
        self._waiting: queue.Queue[Mapping[str, Any] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="rewards", daemon=True)
        self._thread.start()

    def send(self, event_id: str, type: str, **details: Any) -> None:  # noqa: A002 -- the same
        """Take an event; see `make_event`. It leaves within `every_s`, and stays until the service has it."""
        self._waiting.put(make_event(event_id, type, **details))

    def close(self) -> None:
        """Send what is left, and end."""
        self._waiting.put(None)
        self._thread.join()

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        ending = False
        while not ending:
            events, ending = self._collect()
            while events:
                try:
                    self._deliver(events)
                    break
                except (Unreachable, Refused):
                    if ending:
                        self._lost(events)
                        break

    def _collect(self) -> tuple[list[Mapping[str, Any]], bool]:
        first = self._waiting.get()
        events: list[Mapping[str, Any]] = []
        until = time.monotonic() + self._every_s
        while first is not None:
            events.append(first)
            if len(events) == BATCH:
                return events, False
            try:
                first = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return events, False
        return events, True

    def _deliver(self, events: list[Mapping[str, Any]]) -> None:
        for event, answer in zip(events, self._rewards.events(events)):
            if "problem" in answer:
                self._refused(event, answer["problem"])


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(said: str | None) -> float | None:
    return float(said) if said and said.isdigit() else None


def _wait_s(attempt: int, *, asked_s: float | None = None) -> float:
    wait_s = min(WAIT_MAX_S, FIRST_WAIT_S * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)
    return max(wait_s, min(asked_s or 0.0, WAIT_MAX_S))
