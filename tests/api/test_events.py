from typing import Any

import orjson
import pytest

from tests.support.http import Caller, Forum, event, problem_of


def test_an_event_is_decided_and_the_repeat_gets_the_same_bytes(backend: Caller) -> None:
    first = backend.post("/v1/events", json=event())
    again = backend.post("/v1/events", json=event(occurred_at="2026-03-04T02:59:00Z"))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_data() == again.get_data()
    decision = first.get_json()
    assert decision["event"] == {"source": "forum", "id": "post:1:created"}
    assert (decision["outcome"], decision["points"], decision["balance"], decision["available"]) == (
        "awarded",
        20,
        20,
        20,
    )
    assert decision["rule"] == "post.created@1"
    assert decision["season"] == {"id": "2026-03-02", "points": 20}
    assert decision["level"] == {"name": "새싹", "up": False}
    assert decision["recorded_at"] == "2026-03-04T03:00:00.000Z"


def test_a_decision_can_be_read_again_by_source_and_id(backend: Caller) -> None:
    posted = backend.post("/v1/events", json=event(id="a/b?c"))

    found = backend.get("/v1/events", query_string={"source": "forum", "id": "a/b?c"})

    assert found.status_code == 200
    assert found.get_json() == posted.get_json()
    problem_of(backend.get("/v1/events?id=other"), 404, "not-found")


def test_the_same_id_with_other_content_is_a_conflict_that_names_the_first_use(backend: Caller) -> None:
    backend.post("/v1/events", json=event())

    refused = backend.post("/v1/events", json=event(board="qna"))

    assert "2026-03-04T03:00:00Z" in problem_of(refused, 409, "event-conflict")["detail"]


def test_a_dry_run_says_what_would_be_decided_and_writes_nothing(backend: Caller) -> None:
    told = backend.post("/v1/events?dry_run=true", json=event())
    found = backend.get("/v1/events?id=post:1:created")
    real = backend.post("/v1/events", json=event())

    assert told.status_code == 200
    assert (told.get_json()["outcome"], told.get_json()["points"]) == ("awarded", 20)
    assert found.status_code == 404
    assert real.status_code == 201


def test_an_event_more_than_five_minutes_ahead_is_refused_and_may_be_sent_again(backend: Caller) -> None:
    refused = backend.post("/v1/events", json=event(occurred_at="2026-03-04T12:05:01+09:00"))
    taken = backend.post("/v1/events", json=event(occurred_at="2026-03-04T12:05:00+09:00"))

    assert problem_of(refused, 422, "event-in-future")["errors"][0]["pointer"] == "/occurred_at"
    assert taken.status_code == 201


@pytest.mark.parametrize(
    "wrong, pointer",
    [
        ({"colour": "red"}, "/colour"),
        ({"id": ""}, "/id"),
        ({"id": 5}, "/id"),
        ({"id": "x" * 256}, "/id"),
        ({"id": "a\nb"}, "/id"),
        ({"id": ...}, "/id"),
        ({"member_id": "x" * 65}, "/member_id"),
        ({"member_id": "a\x00b"}, "/member_id"),
        ({"member_id": None}, "/member_id"),
        ({"occurred_at": "2026-03-04T11:59:00"}, "/occurred_at"),
        ({"occurred_at": "2026-03-04"}, "/occurred_at"),
        ({"occurred_at": 1772593140}, "/occurred_at"),
        ({"occurred_at": "2026-02-30T11:59:00Z"}, "/occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+09:00"}, "/occurred_at"),
        ({"type": "Post Created"}, "/type"),
        ({"source": "attendance"}, "/source"),
        ({"source": "import"}, "/source"),
        ({"data": [1]}, "/data"),
        ({"data": {"text": "a\x00b"}}, "/data"),
        ({"data": {"text": "x" * 20_000}}, "/data"),
        ({"subject": ""}, "/subject"),
    ],
)
def test_a_field_that_is_not_as_it_must_be_is_named(backend: Caller, wrong: dict[str, Any], pointer: str) -> None:
    refused = backend.post("/v1/events", json=event(**wrong))

    assert pointer in {error["pointer"] for error in problem_of(refused, 422, "invalid-fields")["errors"]}


def test_data_may_hold_a_backslash_before_u0000(backend: Caller) -> None:
    assert backend.post("/v1/events", json=event(data={"path": "c:\\u0000"})).status_code == 201


def test_the_source_is_the_events_or_else_the_keys(forum: Forum) -> None:
    shop = forum.key("events:write", source="shop")

    own = shop.post("/v1/events", json=event())
    named = shop.post("/v1/events", json=event(source="other"))

    assert own.get_json()["event"]["source"] == "shop"
    assert named.get_json()["event"]["source"] == "other"


def test_a_batch_answers_item_by_item_and_a_bad_one_stops_no_other(backend: Caller) -> None:
    backend.post("/v1/events", json=event(id="old"))
    items = [
        event(id="new"),
        event(id="old"),
        event(id="old", board="qna"),
        event(id="bad", occurred_at="yesterday"),
        event(id="late", occurred_at="2027-01-01T00:00:00Z"),
        7,
        event(id="after", member_id="other"),
    ]

    answer = backend.post("/v1/events/batch", json=items)

    assert answer.status_code == 200
    results = answer.get_json()["results"]
    assert [result["status"] for result in results] == [201, 200, 409, 422, 422, 422, 201]
    assert results[0]["decision"]["event"]["id"] == "new"
    assert results[3]["problem"]["errors"][0]["pointer"] == "/occurred_at"
    assert results[6]["decision"]["points"] == 20


def test_lines_in_give_lines_out_and_a_line_that_is_no_json_stops_no_other(backend: Caller) -> None:
    lines = b"\n".join([orjson.dumps(event(id="one")), b"{nonsense", b"", orjson.dumps(event(id="two", member_id="b"))])

    answer = backend.post("/v1/events/batch", data=lines, content_type="application/x-ndjson")

    assert answer.content_type == "application/x-ndjson"
    results = [orjson.loads(line) for line in answer.get_data().splitlines()]
    assert [result["status"] for result in results] == [201, 400, 201]


def test_a_batch_of_more_than_5000_is_refused_whole(backend: Caller) -> None:
    refused = backend.post("/v1/events/batch", json=[event(id=str(number)) for number in range(5001)])

    assert "5001" in problem_of(refused, 422, "invalid-fields")["detail"]


def test_a_batch_over_several_micro_batches_keeps_the_order_of_the_items(backend: Caller) -> None:
    items = [event(id=f"login:{number}", type="login", member_id=f"m{number % 7}") for number in range(600)]

    results = backend.post("/v1/events/batch", json=items).get_json()["results"]

    assert [result["decision"]["event"]["id"] for result in results] == [item["id"] for item in items]
    assert sum(result["decision"]["points"] for result in results) == 7 * 2


def test_an_empty_batch_is_answered_with_nothing(backend: Caller) -> None:
    assert backend.post("/v1/events/batch", json=[]).get_json() == {"results": []}
