"""Corrections over the API: large adjustments by two of the staff, the day's cap, an award given again."""

from typing import Any

import pytest

from tests.support.http import Caller, Forum, event, problem_of

ADJUSTMENTS = "/v1/staff/adjustments"
LARGE = {"member_id": "minji", "points": 8_000, "reason": "won the contest"}


@pytest.fixture
def mina(forum: Forum, backend: Caller) -> Caller:
    """A manager; minji has a post of 20 points."""
    assert backend.post("/v1/events", json=event()).status_code == 201
    return forum.staff("manager", name="mina")


@pytest.fixture
def sora(forum: Forum) -> Caller:
    return forum.staff("manager", name="sora")


def ask(mina: Caller, **fields: Any) -> str:
    """The address of an adjustment that waits."""
    asked = mina.post(ADJUSTMENTS, json=LARGE | fields)
    assert asked.status_code == 202, asked.get_data(as_text=True)
    return f"{ADJUSTMENTS}/{asked.get_json()['id']}"


def test_a_large_adjustment_waits_and_is_approved_by_another(backend: Caller, mina: Caller, sora: Caller) -> None:
    asked = mina.post(ADJUSTMENTS, json=LARGE, headers={"Idempotency-Key": "a"})
    again = mina.post(ADJUSTMENTS, json=LARGE, headers={"Idempotency-Key": "a"})
    one = f"{ADJUSTMENTS}/{asked.get_json()['id']}"
    before = backend.get("/v1/members/minji/balance").get_json()["balance"]

    own = mina.post(f"{one}/approve")
    approved = sora.post(f"{one}/approve")
    twice = sora.post(f"{one}/approve")

    assert (asked.status_code, asked.get_json()["state"], before) == (202, "waiting", 20)
    assert (again.status_code, again.get_json()) == (202, asked.get_json())
    assert "somebody else of the staff" in problem_of(own, 403, "scope-missing")["detail"]
    assert (approved.get_json()["state"], approved.get_json()["seq"]) == ("approved", 2)
    assert [(step["state"], step["actor"], step["reason"]) for step in approved.get_json()["history"]] == [
        ("waiting", "staff:mina", "won the contest"),
        ("approved", "staff:sora", None),
    ]
    problem_of(twice, 409, "state-conflict")
    assert backend.get("/v1/members/minji/balance").get_json()["balance"] == 8_020
    assert mina.get(one).get_json() == approved.get_json()


def test_it_is_refused_for_a_reason_or_withdrawn(mina: Caller, sora: Caller) -> None:
    refused, withdrawn = ask(mina), ask(mina)

    problem_of(sora.post(f"{refused}/refuse", json={}), 422, "invalid-fields")
    declined = sora.post(f"{refused}/refuse", json={"reason": "too early"}).get_json()
    problem_of(sora.post(f"{withdrawn}/withdraw"), 403, "scope-missing")
    taken = mina.post(f"{withdrawn}/withdraw").get_json()

    assert (declined["state"], declined["history"][1]["reason"]) == ("refused", "too early")
    assert taken["state"] == "withdrawn"
    problem_of(mina.get(f"{ADJUSTMENTS}/00000000-0000-0000-0000-000000000000"), 404, "not-found")


def test_they_are_listed_by_state_and_page(mina: Caller, sora: Caller) -> None:
    addresses = [ask(mina, points=points) for points in (5_001, 5_002, 5_003)]
    sora.post(f"{addresses[1]}/approve")

    def points(query: str) -> list[int]:
        answer = mina.get(f"{ADJUSTMENTS}?{query}").get_json()
        assert answer["next"] is None
        return [item["points"] for item in answer["items"]]

    first = mina.get(f"{ADJUSTMENTS}?limit=2").get_json()
    rest = mina.get(ADJUSTMENTS, query_string={"cursor": first["next"]}).get_json()

    assert points("state=waiting") == [5_001, 5_003]
    assert points("state=approved") == [5_002]
    assert [item["points"] for item in first["items"] + rest["items"]] == [5_003, 5_002, 5_001]
    problem_of(mina.get(f"{ADJUSTMENTS}?state=unknown"), 422, "invalid-fields")


def test_the_days_cap_is_told(mina: Caller, sora: Caller, forum: Forum) -> None:
    ask(mina, points=15_000)

    over = mina.post(ADJUSTMENTS, json=LARGE | {"points": 5_001})
    rest = mina.post(ADJUSTMENTS, json=LARGE | {"points": 5_000})
    key = forum.key("staff:manage").post(ADJUSTMENTS, json=LARGE | {"points": 20_001})

    assert "Of 20000 points" in problem_of(over, 409, "adjustment-cap-reached")["detail"]
    assert "5000 are left" in problem_of(over, 409, "adjustment-cap-reached")["detail"]
    assert rest.status_code == 201
    problem_of(key, 409, "adjustment-cap-reached")
    assert sora.post(ADJUSTMENTS, json=LARGE | {"points": 10}).status_code == 201


def test_a_key_that_a_manager_made_cannot_be_her_second(forum: Forum, mina: Caller) -> None:
    made = mina.post("/v1/staff/api-keys", json={"name": "second", "scopes": ["staff:manage"]}).get_json()
    second = forum.bearer(made["secret"])

    problem_of(second.post(f"{ask(mina)}/approve"), 403, "scope-missing")
    ask(second)
    problem_of(second.post(ADJUSTMENTS, json=LARGE), 409, "adjustment-cap-reached")


def test_a_viewer_sees_and_does_not_decide(forum: Forum, mina: Caller) -> None:
    viewer = forum.staff("viewer")
    one = ask(mina)

    assert viewer.get(one).status_code == 200
    problem_of(viewer.post(f"{one}/approve"), 403, "scope-missing")


def test_an_award_is_given_again_once(backend: Caller, mina: Caller) -> None:
    mina.post("/v1/staff/reversals", json={"member_id": "minji", "seq": 1, "reason": "not a post"})
    body = {"member_id": "minji", "seq": 2, "reason": "a post after all"}

    done = mina.post("/v1/staff/restores", json=body)
    again = mina.post("/v1/staff/restores", json=body)
    no_reversal = mina.post("/v1/staff/restores", json=body | {"seq": 1})
    nothing = mina.post("/v1/staff/restores", json=body | {"seq": 9})

    assert (done.status_code, done.get_json()["kind"], done.get_json()["balance"]) == (201, "restore", 20)
    problem_of(again, 409, "state-conflict")
    problem_of(no_reversal, 409, "state-conflict")
    problem_of(nothing, 404, "not-found")
    assert backend.get("/v1/leaderboards/season").get_json()["items"][0]["points"] == 20
