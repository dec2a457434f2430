"""Line 1: PostgreSQL is killed (`-9`) in the middle of batches, and comes back. Callers are told to come again."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from rewards.runtime.clock import now_utc
from rewards.runtime.database import create_engine_from, snapshot
from rewards.runtime.servers.postgres import MIGRATOR
from rewards.runtime.settings import Settings, load_settings
from tests.support.checker import assert_whole
from tests.support.live import Got, prepared, send
from tests.support.processes import Web, wait_for
from tests.support.servers import Servers
from tests.support.settings import environment_of

CALLERS, BATCHES, EVENTS = 4, 12, 20
PATIENCE_S = 60


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Servers]:
    """Durable servers of the test's own."""
    servers = Servers(tmp_path / "servers", durable=True)
    servers.start()
    yield servers
    servers.stop()


@pytest.fixture
def surroundings(mortal: Servers, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a service on them."""
    url = mortal.make_database("mortal")
    for name, value in environment_of(
        mortal.secrets,
        database_url=url,
        migration_url=mortal.postgres.url("mortal", role=MIGRATOR),
        redis_url=mortal.valkey.url(),
    ).items():
        monkeypatch.setenv(name, value)
    return load_settings()


@pytest.fixture
def engine(surroundings: Settings) -> Iterator[Engine]:
    engine = create_engine_from(surroundings.database_url, application_name="tests")
    yield engine
    engine.dispose()


@dataclass
class Callers:
    """They send batches until each is answered; one sends single events and never asks again."""

    url: str
    key: str
    refused: list[Got] = field(default_factory=list[Got])
    answered: dict[str, Any] = field(default_factory=dict[str, Any])
    may_end: threading.Event = field(default_factory=threading.Event)

    def insist(self, number: int) -> None:
        for turn in range(BATCHES):
            batch = [_event(f"{number}-{turn}-{each}", member=f"m{each}") for each in range(EVENTS)]
            wait_for(lambda batch=batch: self._takes(batch), timeout_s=PATIENCE_S, what="an answer")

    def hope(self) -> int:
        sent = 0
        while not self.may_end.is_set():
            sent += 1
            event = _event(f"once-{sent}", member="hopeful")
            got = send(f"{self.url}/v1/events", self.key, body=event)
            if got.status == 201:
                self.answered[event["id"]] = got.document
            else:
                self.refused.append(got)
        return sent

    def _takes(self, batch: list[Any]) -> bool:
        got = send(f"{self.url}/v1/events/batch", self.key, body=batch)
        if got.status != 200:
            self.refused.append(got)
            return False
        results = got.document["results"]
        self.answered.update(zip([event["id"] for event in batch], results, strict=True))
        return all(result["status"] in (200, 201) for result in results)


def _event(event_id: str, *, member: str) -> dict[str, Any]:
    return {"id": event_id, "type": "like.received", "member_id": member, "occurred_at": now_utc().isoformat()}


@pytest.mark.durable
def test_what_was_answered_is_there_once_and_nothing_half(
    mortal: Servers, surroundings: Settings, engine: Engine, tmp_path: Path
) -> None:
    # given: callers in the middle of their batches
    key = prepared(engine, surroundings)
    environment = {**os.environ, "WEB_WORKERS": "1"}
    with Web(environment=environment, log=tmp_path / "web.log") as web, ThreadPoolExecutor(CALLERS + 1) as pool:
        callers = Callers(web.url, key)
        insisting = [pool.submit(callers.insist, number) for number in range(CALLERS)]
        hoping = pool.submit(callers.hope)
        wait_for(lambda: len(callers.answered) > 3 * EVENTS, what="the first answers")

        # when: it is killed, stays away until somebody was refused, and comes back
        mortal.postgres.kill()
        wait_for(lambda: len(callers.refused) > 2, what="a refusal")
        mortal.postgres.start()
        for future in insisting:
            future.result(PATIENCE_S)
        callers.may_end.set()
        sent = hoping.result(PATIENCE_S)

    # then: whoever was refused was told to come again
    assert {(got.status, got.document["type"]) for got in callers.refused} == {(503, "/problems/dependency-away")}
    assert all(int(got.headers["Retry-After"]) >= 1 for got in callers.refused)

    # and what was answered is there exactly once, what was not, once or not at all
    with snapshot(engine) as session:
        stored = set(session.scalars(text("select event_id from event")))
        moved = session.execute(
            text("select count(*) as entries, count(distinct transfer_id) as transfers from entry")
        ).one()
    assert stored >= set(callers.answered)
    assert len(stored) <= CALLERS * BATCHES * EVENTS + sent
    assert len([one for one in stored if not one.startswith("once-")]) == CALLERS * BATCHES * EVENTS
    assert moved.entries == moved.transfers
    assert_whole(engine, now=now_utc())
