"""Line 3: 50 callers send the same event id at once; another payload under it. One award, 49 replays; 409."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from rewards.runtime.clock import now_utc
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings
from tests.support.checker import broken_rows
from tests.support.live import Got, prepared, send
from tests.support.processes import Web

CALLERS = 50


@pytest.fixture
def web(environment: dict[str, str], tmp_path: Path) -> Iterator[Web]:
    with Web(environment=environment, log=tmp_path / "web.log") as web:
        yield web


def test_fifty_at_once_get_one_award_and_another_content_a_409(web: Web, engine: Engine, settings: Settings) -> None:
    # given
    secret = prepared(engine, settings)
    occurred_at = now_utc().isoformat()
    event = {"id": "post:1", "type": "post.created", "member_id": "minji", "occurred_at": occurred_at}
    barrier = threading.Barrier(CALLERS)

    def post(_: int) -> Got:
        barrier.wait(timeout=60)
        return send(f"{web.url}/v1/events", secret, body=event)

    # when
    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(post, range(CALLERS)))
    others = [
        send(f"{web.url}/v1/events", secret, body=event | change)
        for change in ({"board": "qna"}, {"member_id": "other"}, {"type": "login"}, {"data": {"a": 1}})
    ]

    # then
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 49}
    assert len({answer.body for answer in answers}) == 1
    assert [(other.status, other.document["type"]) for other in others] == [(409, "/problems/event-conflict")] * 4
    with transaction(engine) as session:
        assert session.execute(text("select count(*), sum(points) from entry")).one() == (1, 20)
        assert session.execute(text("select balance, decisions from account where version > 0")).one() == (20, 1)
    assert broken_rows(engine, now=now_utc()) == []
