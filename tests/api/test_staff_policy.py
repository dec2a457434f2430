"""The policy over the staff's API."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from rewards.policy.document import DEFAULT_POLICY
from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.http import Forum, event, problem_of

TEXT = DEFAULT_POLICY.read_text()
CHANGED = TEXT.replace("login: {points: 2,", "login: {points: 7,")
BAD = TEXT.replace("login: {points: 2,", "login: {points: two,")
PATH = "/v1/staff/policy"


@pytest.fixture
def forum(app: Flask, settings: Settings, engine: Engine, clock: SettableClock) -> Forum:
    forum = Forum(app, settings, engine, clock)
    forum.prepare()
    return forum


def login(forum: Forum, number: int) -> dict[str, Any]:
    return (
        forum.key()
        .post("/v1/events", json=event(f"login:{number}", type="login", member_id=f"m{number}", board=...))
        .get_json()
    )


def test_a_text_is_checked_compared_and_put_in_force(forum: Forum) -> None:
    staff = forum.staff()

    assert staff.post(f"{PATH}/check", json={"text": CHANGED}).get_json() == {"mistakes": []}
    compared = staff.post(f"{PATH}/diff", json={"text": CHANGED}).get_json()
    before = login(forum, 1)
    applied = staff.post(PATH, json={"text": CHANGED})
    after = login(forum, 2)

    change = {"path": ["rules", "login", "points"], "kind": "changed", "before": 2, "after": 7}
    assert compared == {"version": 1, "differences": [change]}
    assert (applied.status_code, applied.get_json()) == (201, {"version": 2})
    assert [(one["points"], one["rule"]) for one in (before, after)] == [(2, "login@1"), (7, "login@2")]
    assert staff.post(PATH, json={"text": CHANGED}).status_code == 200


def test_a_bad_text_changes_nothing_and_says_where(forum: Forum) -> None:
    staff = forum.staff()

    refused = problem_of(staff.post(PATH, json={"text": BAD}), 422, "invalid-fields")

    assert "line 13" in refused["errors"][0]["message"]
    assert staff.post(f"{PATH}/check", json={"text": BAD}).get_json()["mistakes"][0]["line"] == 13
    assert staff.get(PATH).get_json()["version"] == 1


def test_every_version_stays_and_a_later_one_waits(forum: Forum, clock: SettableClock) -> None:
    staff = forum.staff()
    staff.post(PATH, json={"text": CHANGED, "valid_from": "2026-03-09T00:00:00+09:00"})

    listed = staff.get(f"{PATH}/versions").get_json()["items"]
    assert [one["version"] for one in listed] == [2, 1]
    assert staff.get(PATH).get_json()["version"] == 1
    clock.advance(days=6)
    staff = forum.staff()
    assert staff.get(PATH).get_json()["version"] == 2
    assert staff.get(f"{PATH}/versions/1").get_json()["policy"]["rules"]["login"]["points"] == 2
    problem_of(staff.get(f"{PATH}/versions/99"), 404, "not-found")


def test_what_was_decided_stays_decided(forum: Forum) -> None:
    refused = forum.staff().post(PATH, json={"text": CHANGED, "valid_from": "2026-03-01T00:00:00+09:00"})

    assert problem_of(refused, 422, "invalid-fields")["errors"][0]["pointer"] == "/valid_from"


def test_who_applied_it_is_in_the_audit(forum: Forum) -> None:
    forum.staff(name="mina").post(PATH, json={"text": CHANGED})

    line = forum.staff().get("/v1/staff/audit?action=policy.apply").get_json()["items"][0]
    assert (line["about"], line["detail"]["version"]) == ("policy:2", 2)
    assert line["actor"].endswith("mina")
