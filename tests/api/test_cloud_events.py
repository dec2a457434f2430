"""CloudEvents 1.0 in their three forms are the same events as ours."""

from typing import Any

import orjson
import pytest

from rewards.api.cloud_events import BATCHED, STRUCTURED
from tests.support.http import Caller, event, problem_of


def cloud_event(**attributes: Any) -> dict[str, Any]:
    """The event of tests.support.http in an envelope."""
    ours = event()
    envelope = {
        "specversion": "1.0",
        "id": ours["id"],
        "source": "forum",
        "type": ours["type"],
        "time": ours["occurred_at"],
        "memberid": ours["member_id"],
        **{name: ours[name] for name in ("subject", "board", "data") if name in ours},
    }
    return {name: value for name, value in {**envelope, **attributes}.items() if value is not None}


def test_a_structured_one_is_the_event_that_it_wraps(backend: Caller) -> None:
    ours = backend.post("/v1/events", json=event())

    wrapped = backend.post("/v1/events", data=orjson.dumps(cloud_event(traceparent="00-1")), content_type=STRUCTURED)

    assert (ours.status_code, wrapped.status_code) == (201, 200)
    assert wrapped.get_data() == ours.get_data()


def test_a_binary_one_has_its_attributes_in_headers(backend: Caller) -> None:
    attributes = cloud_event(memberid="%EB%AF%BC%EC%A7%80")
    data = attributes.pop("data", None)
    headers = {f"ce-{name}": value for name, value in attributes.items()}

    sent = backend.post("/v1/events", headers=headers, **({} if data is None else {"json": data}))

    assert sent.status_code == 201, sent.get_data()
    assert sent.get_json()["outcome"] == "awarded"
    assert backend.get("/v1/members/민지").get_json()["balance"] == sent.get_json()["points"]


def test_a_batch_is_answered_one_by_one(backend: Caller) -> None:
    envelopes = [cloud_event(), cloud_event(specversion="0.3"), cloud_event(id="other", memberid=None), "no event"]

    sent = backend.post("/v1/events/batch", data=orjson.dumps(envelopes), content_type=BATCHED)

    results = sent.get_json()["results"]
    assert [result["status"] for result in results] == [201, 422, 422, 422]
    pointers = [result["problem"]["errors"][0]["pointer"] for result in results[1:]]
    assert pointers == ["/specversion", "/memberid", ""]


@pytest.mark.parametrize(
    "wrong, pointer",
    [
        ({"time": None}, "/time"),
        ({"time": "yesterday"}, "/occurred_at"),
        ({"datacontenttype": "text/xml"}, "/datacontenttype"),
        ({"source": "attendance"}, "/source"),
        ({"data": [1]}, "/data"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(backend: Caller, wrong: dict[str, Any], pointer: str) -> None:
    refused = backend.post("/v1/events", data=orjson.dumps(cloud_event(**wrong)), content_type=STRUCTURED)

    assert problem_of(refused, 422, "invalid-fields")["errors"][0]["pointer"] == pointer
    assert backend.get("/v1/events?id=post:1:created").status_code == 404
