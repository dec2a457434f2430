"""A whole service of real processes, seen from outside: over HTTP, and by its ledger in SQL."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from sqlalchemy import Engine, text

from rewards.access.keys import create_key
from rewards.access.scopes import SCOPES
from rewards.runtime.database import transaction
from tests.support.processes import ServiceProcess, Web, rewards
from tests.support.seasons import prepare

LEDGER_ORDER = text(
    "select m.member_id, sum(e.points) as points from entry e join member m using (account_id)"
    " where e.season = (select max(season_id) from season) and e.kind in ('award', 'reversal', 'restore')"
    " group by m.member_id having sum(e.points) > 0"
    " order by 2 desc, max(date_trunc('second', e.occurred_at)), m.member_id collate \"C\" limit 100"
)
Place = tuple[int, str, int]


@dataclass(slots=True)
class Town:
    """Processes and what they are told from outside."""

    web: Web
    key: str
    engine: Engine
    sent: int = 0

    def send(self, member_id: str, event_type: str = "like.received") -> float:
        """Post a new event that is awarded; answers how many seconds it took."""
        self.sent += 1
        event = {
            "id": f"event-{self.sent}",
            "type": event_type,
            "member_id": member_id,
            "occurred_at": datetime.now(UTC).isoformat(),
            "subject": f"post:{self.sent}",
        }
        began_s = time.monotonic()
        with self._open("/v1/events", body=event) as answer:
            assert answer.status == 201, answer.read()
            assert json.load(answer)["outcome"] == "awarded"
        return time.monotonic() - began_s

    def ranking(self) -> list[Place]:
        """The season's first hundred places, as the API answers."""
        with self._open("/v1/leaderboards/season?limit=100") as answer:
            items = json.load(answer)["items"]
        return [(item["rank"], item["member"]["id"], item["points"]) for item in items]

    def ledger(self) -> list[Place]:
        """The same, from entries alone."""
        with self.engine.connect() as connection:
            rows = connection.execute(LEDGER_ORDER).all()
        return [(rank, row.member_id, int(row.points)) for rank, row in enumerate(rows, start=1)]

    def _open(self, path: str, *, body: Mapping[str, Any] | None = None) -> HTTPResponse:
        request = Request(
            f"{self.web.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        return urlopen(request, timeout=20)


def make_key(engine: Engine) -> str:
    """What `rewards migrate` leaves, and a key for everything."""
    with transaction(engine) as session:
        now = datetime.now(UTC)
        prepare(session, now=now)
        return create_key(session, name="town", scopes=SCOPES, now=now)[1]


def scheduler(environment: Mapping[str, str], folder: Path, *, number: int = 1) -> ServiceProcess:
    """`rewards scheduler`, not started yet."""
    return ServiceProcess(rewards("scheduler"), environment=environment, log=folder / f"scheduler-{number}.log")


def worker(environment: Mapping[str, str], folder: Path, *, number: int = 1) -> ServiceProcess:
    """`rewards worker`, not started yet."""
    return ServiceProcess(rewards("worker"), environment=environment, log=folder / f"worker-{number}.log")
