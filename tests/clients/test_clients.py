"""The clients over a network that fails: whatever is lost on the way, everything is counted once."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from rewards.runtime.settings import Settings
from tests.support.bad_network import Network, What, bad_network
from tests.support.clock import SettableClock
from tests.support.http import Forum

CLIENTS = Path(__file__).resolve().parents[2] / "clients"
AT = "2026-03-04T02:59:00+00:00"
PYTHON = """
import json, sys
from datetime import datetime
sys.path.insert(0, {folder!r})
from forum_rewards import Refused, Rewards, Sender, Unreachable
at = datetime.fromisoformat({at!r})
rewards = Rewards({url!r}, key={key!r}, sleep=lambda _s: None)
told = []
try:
{body}
except (Refused, Unreachable) as failure:
    told.append(type(failure).__name__ + " " + str(getattr(failure, "status", "")))
print(json.dumps(told))
"""
NODE = """
import {{ Refused, Rewards, Sender, Unreachable }} from {module!r};
const at = new Date({at!r});
const rewards = new Rewards({url!r}, {{ key: {key!r}, sleep: async () => {{}} }});
const told = [];
try {{
{body}
}} catch (failure) {{
  told.push(`${{failure.name}} ${{failure.status ?? ""}}`);
}}
console.log(JSON.stringify(told));
"""
ONE = {
    "python": '    told.append(rewards.event("c1", "comment.created", member_id="minji", occurred_at=at)["points"])',
    "node": """
  const decision = await rewards.event("c1", "comment.created", { memberId: "minji", occurredAt: at });
  told.push(decision.points);
""",
}
MANY = {
    "python": """
    from datetime import timedelta
    from forum_rewards import make_event
    events = [make_event(f"c{n}", "comment.created", member_id=f"m{n}", occurred_at=at) for n in range(1100)]
    events.append({"id": "bad"})
    told.extend(answer["status"] for answer in rewards.events(events))
""",
    "node": """
  const events = [...Array(1100).keys()].map((n) => ({
    id: `c${n}`, type: "comment.created", member_id: `m${n}`, occurred_at: at.toISOString(),
  }));
  events.push({ id: "bad" });
  told.push(...(await rewards.events(events)).map((answer) => answer.status));
""",
}
SENDER = {
    "python": """
    with Sender(rewards, every_s=0.05, refused=lambda event, problem: told.append(problem["status"])) as sender:
        for n in range(20):
            sender.send(f"c{n}", "comment.created", member_id=f"m{n}", occurred_at=at)
        sender.send("c21", "not a type", member_id="m1", occurred_at=at)
""",
    "node": """
  const sender = new Sender(rewards, { everyMs: 50, refused: (event, problem) => told.push(problem.status) });
  for (let n = 0; n < 20; n++) sender.send(`c${n}`, "comment.created", { memberId: `m${n}`, occurredAt: at });
  sender.send("c21", "not a type", { memberId: "m1", occurredAt: at });
  await sender.close();
""",
}
CALLS = {
    "python": """
    told.append(rewards.check_in("minji", greeting="안녕")["streak"])
    told.append(rewards.put_member("minji", name="민지")["name"])
    told.append(rewards.member("minji")["balance"])
    told.append(rewards.leaderboard()[0]["member"]["id"])
    rewards.redeem("minji", "nothing")
""",
    "node": """
  told.push((await rewards.checkIn("minji", { greeting: "안녕" })).streak);
  told.push((await rewards.putMember("minji", { name: "민지" })).name);
  told.push((await rewards.member("minji")).balance);
  told.push((await rewards.leaderboard())[0].member.id);
  await rewards.redeem("minji", "nothing");
""",
}

Run = Callable[[dict[str, str]], list[Any]]


@pytest.fixture
def forum(app: Flask, settings: Settings, engine: Engine, clock: SettableClock) -> Forum:
    forum = Forum(app, settings, engine, clock)
    forum.prepare()
    return forum


@pytest.fixture
def network(app: Flask, forum: Forum) -> Iterator[Network]:
    assert forum.app is app
    with bad_network(app) as network:
        yield network


@pytest.fixture(params=["python", "node"])
def run(request: pytest.FixtureRequest, forum: Forum, network: Network, tmp_path: Path) -> Run:
    """Runs a piece of code of the client's own language; answers what it has told."""
    language: str = request.param
    key = forum.key().headers["Authorization"].removeprefix("Bearer ")
    given = {"url": network.url, "key": key, "at": AT}

    def run_it(bodies: dict[str, str]) -> list[Any]:
        if language == "python":
            script, command = tmp_path / "try.py", sys.executable
            script.write_text(PYTHON.format(body=bodies[language], folder=str(CLIENTS / "python"), **given))
        else:
            script, command = tmp_path / "try.mjs", "node"
            module = (CLIENTS / "javascript" / "forum-rewards.mjs").as_uri()
            script.write_text(NODE.format(body=bodies[language], module=module, **given))
        done = subprocess.run([command, str(script)], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run_it


def decided(engine: Engine) -> int:
    """How many events were decided."""
    with engine.connect() as connection:
        return connection.exec_driver_sql("select count(*) from event where source = 'forum'").scalar_one()


@pytest.mark.parametrize("lost", [["cut after"], ["cut before"], ["503", "slow down"], ["cut after"] * 3])
def test_an_event_that_is_lost_on_the_way_counts_once(
    run: Run, network: Network, engine: Engine, lost: list[What]
) -> None:
    network.ahead = [*lost]

    assert run(ONE) == [10]

    assert decided(engine) == 1
    assert len({body for _, body in network.seen}) == 1, "the same event every time"


def test_what_stays_unreachable_is_said(run: Run, network: Network) -> None:
    network.ahead = ["cut before"] * 6

    assert run(ONE) == ["Unreachable "]
    assert len(network.seen) == 6


def test_many_are_sent_in_parts_and_the_bad_one_alone_is_refused(run: Run, network: Network, engine: Engine) -> None:
    network.ahead = ["pass", "cut after", "503"]

    statuses = run(MANY)

    assert statuses[-1] == 422
    assert set(statuses[:-1]) <= {200, 201}
    assert decided(engine) == 1100


def test_a_sender_loses_nothing_and_says_what_is_never_taken(run: Run, network: Network, engine: Engine) -> None:
    network.ahead = ["503", "cut after"]

    assert run(SENDER) == [422]

    assert decided(engine) == 20


def test_the_calls_of_a_forum(run: Run) -> None:
    assert run(CALLS) == [1, "민지", 100, "minji", "Refused 404"]
