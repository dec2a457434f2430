"""The demo as a newcomer runs it: it goes on wherever it was stopped, and leaves a lively service behind."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Engine, text

from rewards.access.keys import list_keys
from rewards.cli import cli
from rewards.commands.demo import run_demo
from rewards.demo import history
from rewards.demo.calls import Calls
from rewards.demo.messages import Message, read_messages
from rewards.demo.record import RunsAlready, alone, read_demo
from rewards.runtime.clock import now_utc
from rewards.runtime.database import transaction
from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.demo import NOW, Stage
from tests.support.http import Forum

SMALL = 200


def original(messages: list[Message]) -> list[Message]:
    """The same messages at their own time, as the demo reads them."""
    numbers = {message.number for message in messages}
    return [message for message in read_messages() if message.number in numbers]


def rows(stage: Stage, query: str) -> list[Any]:
    with transaction(stage.context.engine) as session:
        return [tuple(row) for row in session.execute(text(query))]


class Stopped(Exception):
    """What a test lets happen in the middle."""


def stop_after(number: int, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the call of that name be the last thing that happens: its effect is there, its answer is not."""
    real: Callable[..., Any] = getattr(Calls, name)
    left = [number]

    def call(calls: Calls, *arguments: Any, **named: Any) -> Any:
        answer = real(calls, *arguments, **named)
        left[0] -= 1
        if left[0] <= 0:
            raise Stopped
        return answer

    monkeypatch.setattr(Calls, name, call)


def test_stopped_between_any_two_batches_it_comes_to_the_same(
    stage: Stage, some_messages: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "BATCH", SMALL)
    for number in (1, 4, 9):
        with monkeypatch.context() as patch:
            stop_after(number, "post_events", patch)
            with pytest.raises(Stopped):
                stage.feed(some_messages)

    stage.feed(some_messages)

    assert stage.differences(stage.expected({message.number for message in some_messages}))[:20] == []


def test_the_whole_demo_leaves_a_market_at_work_and_a_day_that_lives(
    stage: Stage, some_messages: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = original(some_messages)
    for number in (4, 12, 14):  # in the middle of the catalogue, then of the redemptions
        with monkeypatch.context() as patch:
            stop_after(number, "post", patch)
            with pytest.raises(Stopped):
                run_demo(stage.context, url=stage.url, messages=messages)

    run_demo(stage.context, url=stage.url, messages=messages)

    states = Counter(rows(stage, "select origin, state from redemption"))
    assert states == {
        ("market", "fulfilled"): 3,
        ("market", "rejected"): 1,
        ("market", "cancelled"): 1,
        ("prize", "requested"): 6,
    }
    today = rows(
        stage,
        "select count(*), count(g.greeting) from attendance a left join greeting g using (account_id, day)"
        " where a.day = '2026-03-03' and a.origin = 'check-in'",
    )
    assert today[0][0] > 0
    assert today[0][1] > 0
    assert rows(stage, "select count(*) from midnight_rank where leaderboard = 'season'")[0][0] > 0


def test_a_finished_demo_asks_nobody_anything(stage: Stage, some_messages: list[Message], clock: SettableClock) -> None:
    messages = original(some_messages)[:20]
    run_demo(stage.context, url=stage.url, messages=messages)
    before = rows(stage, "select count(*), max(recorded_at) from event")
    clock.advance(days=30)

    run_demo(stage.context, url="http://127.0.0.1:9", messages=messages)

    assert rows(stage, "select count(*), max(recorded_at) from event") == before


def test_stopped_and_gone_on_with_a_day_later_it_sends_the_same_events(
    stage: Stage, some_messages: list[Message], clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = original(some_messages)[:60]
    with monkeypatch.context() as patch:
        stop_after(1, "post_events", patch)
        with pytest.raises(Stopped):
            run_demo(stage.context, url=stage.url, messages=messages)
    shift = read_shift(stage)
    clock.advance(days=8)

    run_demo(stage.context, url=stage.url, messages=messages)

    assert read_shift(stage) == shift
    assert rows(stage, "select count(*) from event where event_id like 'message:%' and type = 'comment.created'") == [
        (60,)
    ]


def read_shift(stage: Stage) -> int:
    with transaction(stage.context.engine) as session:
        row = read_demo(session)
    assert row is not None
    return row.shift_weeks


def test_its_key_ends_with_it_also_where_it_was_killed(
    stage: Stage, some_messages: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        run_demo(stage.context, url=stage.url, messages=original(some_messages)[:5])

    with transaction(stage.context.engine) as session:
        assert all(key.revoked_at is not None for key in list_keys(session))


def test_two_at_once_are_one_too_many(stage: Stage, some_messages: list[Message]) -> None:
    messages = original(some_messages)[:5]

    with alone(stage.context.engine), pytest.raises(RunsAlready):
        run_demo(stage.context, url=stage.url, messages=messages)

    run_demo(stage.context, url=stage.url, messages=messages)


def test_it_refuses_a_database_that_a_forum_uses(
    app: Flask, stage: Stage, some_messages: list[Message], capsys: pytest.CaptureFixture[str]
) -> None:
    forum = Forum(app, stage.context.settings, stage.context.engine, stage.context.clock)
    event = {"id": "1", "type": "login", "member_id": "minji", "occurred_at": NOW.isoformat()}
    assert forum.key("events:write").post("/v1/events", json=event).status_code == 201

    with pytest.raises(SystemExit) as ended:
        run_demo(stage.context, url=stage.url, messages=some_messages)

    assert ended.value.code == 1
    assert "needs one of its own" in capsys.readouterr().err
    assert rows(stage, "select count(*) from demo") == [(0,)]


def test_a_sign_in_link_signs_a_browser_in_once(
    app: Flask, settings: Settings, engine: Engine, clock: SettableClock
) -> None:
    clock.set(now_utc())
    Forum(app, settings, engine, clock).prepare()

    printed = CliRunner().invoke(cli, ["demo", "--url", "http://here.example", "sign-in", "member-1"])

    address = printed.stdout.strip().removeprefix("http://here.example")
    assert app.test_client().get(address).status_code == 303
    assert app.test_client().get(address).status_code == 401
