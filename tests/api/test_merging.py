"""Merging two members over the API: once, clearly refused, and whoever asks for the old id is told the new one."""

import pytest

from tests.support.http import Caller, Forum, event, problem_of


@pytest.fixture
def manager(forum: Forum) -> Caller:
    return forum.staff("manager", name="mina")


@pytest.fixture
def merged(backend: Caller, manager: Caller) -> Caller:
    """The backend, after `old` with 20 points became `new` with 10."""
    backend.post("/v1/events", json=event(id="1", type="post.created", member_id="old", subject="post:1"))
    backend.post("/v1/events", json=event(id="2", type="comment.created", member_id="new", subject="comment:1"))
    answer = manager.post("/v1/staff/members/old/merge", json={"into": "new"})
    assert answer.status_code == 200
    document = answer.get_json()
    assert (document["id"], document["balance"], document["lifetime"]) == ("new", 30, 30)
    return backend


def test_the_old_id_answers_with_the_new_one(merged: Caller) -> None:
    for path, named in (("", "id"), ("/balance", "member_id"), ("/attendance", "member_id"), ("/lapsing", "member_id")):
        assert merged.get(f"/v1/members/old{path}").get_json()[named] == "new"
    posted = merged.post("/v1/events", json=event(id="3", type="login", member_id="old")).get_json()
    assert posted["balance"] == 32
    entries = merged.get("/v1/members/old/entries").get_json()["items"]
    assert next((line["member_id"], line["points"], line["balance_after"]) for line in entries) == ("new", 2, 32)
    assert {(line["member_id"], line["points"]) for line in entries} == {("old", 20), ("new", 10), ("new", 2)}


def test_an_event_of_before_is_answered_as_then(merged: Caller) -> None:
    again = merged.post("/v1/events", json=event(id="1", type="post.created", member_id="old", subject="post:1"))

    assert again.status_code == 200
    assert again.get_json()["balance"] == 20


def test_a_token_of_either_id_reads_the_one_member(forum: Forum, merged: Caller) -> None:
    for token, asked in (("old", "old"), ("old", "new"), ("new", "old")):
        assert forum.member(token).get(f"/v1/members/{asked}/balance").get_json()["balance"] == 30
    problem_of(forum.member("other").get("/v1/members/old/balance"), 403, "not-yours")


def test_it_is_done_once_and_refused_clearly(merged: Caller, manager: Caller) -> None:
    for gone, into in (("old", "new"), ("new", "new"), ("new", "old")):
        problem_of(manager.post(f"/v1/staff/members/{gone}/merge", json={"into": into}), 409, "state-conflict")
    problem_of(manager.post("/v1/staff/members/new/merge", json={"into": "nobody"}), 404, "not-found")
    problem_of(manager.post("/v1/staff/members/nobody/merge", json={"into": "new"}), 404, "not-found")
    assert merged.get("/v1/members/new/balance").get_json()["balance"] == 30
