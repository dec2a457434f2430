"""Line 20: random bytes, deep JSON, huge numbers, NUL, lone surrogates, 10 MB bodies: a problem, never a 500."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from rewards.app import create_app
from rewards.runtime.database import create_engine_from
from rewards.runtime.redis import connect_redis
from rewards.runtime.settings import DEFAULTS, load_settings
from tests.support.clock import SettableClock
from tests.support.database import copied_database
from tests.support.http import PROBLEM, Caller, Forum, event
from tests.support.servers import Servers
from tests.support.settings import environment_of

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.json"
CALLS = [
    f"{method} {path}"
    for path, item in orjson.loads(DOCUMENT.read_bytes())["paths"].items()
    for method in sorted(item)
    if method in ("get", "post", "put", "delete")
]
UNTOUCHED = event(member_id="untouched")
"""What was recorded before, about somebody whom no call of this file names."""
SLOW = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
    HealthCheck.function_scoped_fixture,
]
"""What does not matter here: how quickly cases are found."""
EXAMPLES = 12
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
NOBODY = "00000000-0000-0000-0000-000000000000"
BODY_BYTES = 10 * 1024 * 1024
NASTY = [
    "\x00",
    "a\x00b",
    "\x7f",
    "\u202e",
    "'; drop table entry; --",
    "{{7*7}}",
    "../../etc/passwd",
    "🦊" * 300,
    "%00",
    "\ufeff",
    "",
]


@pytest.fixture(scope="module")
def forum(servers: Servers, worker_number: int) -> Iterator[Forum]:
    """One service for all of this file: nothing that is sent may harm it."""
    with copied_database(servers, worker=f"bad_{worker_number}") as database, pytest.MonkeyPatch.context() as patch:
        redis_url = servers.valkey.url(worker_number)
        urls = {"database_url": database.service_url, "migration_url": database.migrator_url, "redis_url": redis_url}
        for name in DEFAULTS:
            patch.delenv(name, raising=False)
        for name, value in environment_of(servers.secrets, **urls).items():
            patch.setenv(name, value)
        service, clock = load_settings(), SettableClock()
        engine = create_engine_from(database.service_url)
        with connect_redis(redis_url) as client:
            forum = Forum(create_app(service, clock=clock, engine=engine, redis=client), service, engine, clock)
            forum.prepare()
            forum.key().post("/v1/events", json=UNTOUCHED)
            yield forum
        engine.dispose()


@pytest.fixture(scope="module")
def everything(forum: Forum) -> Caller:
    """Somebody who may do everything, so that nothing is refused for who asks."""
    return forum.key()


@pytest.fixture(scope="module")
def described(forum: Forum) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", forum.app)


@pytest.mark.parametrize("call", CALLS)
def test_every_documented_call_answers_as_it_is_documented(described: Any, everything: Caller, call: str) -> None:
    method, _, path = call.partition(" ")

    @seed(20)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=SLOW,
    )
    @given(case=described[path][method].as_strategy())
    def answers(case: Any) -> None:
        case.call_and_validate(headers=everything.headers, checks=CHECKS)

    answers()


def calls_of(app: Flask) -> list[tuple[str, str]]:
    values = {"name": "season", "day": "2026-03-04", "season": "2026-03-02", "member_id": "minji"}
    found = []
    for path, item in app.test_client().get("/openapi.json").get_json()["paths"].items():
        names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
        filled = path.format(**{name: values.get(name, NOBODY) for name in names})
        found += [(method.upper(), filled) for method in ("get", "post", "put", "delete") if method in item]
    return sorted(found)


def check(response: Any, about: Any) -> None:
    assert response.status_code < 500, (about, response.get_data(as_text=True)[:500])
    if response.status_code >= 400:
        assert response.content_type == PROBLEM, about
        assert response.get_json()["type"].startswith("/problems/"), about


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-ndjson", "text/csv", "application/cloudevents+json"]
)
def test_random_bytes_are_a_problem_for_every_call(forum: Forum, everything: Caller, content_type: str) -> None:
    chance = random.Random(20)
    for method, path in calls_of(forum.app):
        for length in (1, 40, 3000):
            body = chance.randbytes(length)
            answer = everything.ask(method, path, data=body, content_type=content_type)
            check(answer, (method, path, body))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"points": 1' + b"0" * 5000 + b"}",
        b'{"points": 1e400}',
        b'{"points": -9223372036854775809, "price": 18446744073709551616, "by": 1e308}',
        b'{"member_id": "a\\u0000b", "id": "\\u0000", "name": "\\ud800", "reason": "\\udfff"}',
        b'{"member_id": "a\\u0000b", "id": "\\u0000", "name": "\\u0000", "reason": "\\u0000"}',
        b"\xed\xa0\x80",
        b'{"member_id": "\xed\xa0\x80"}',
        b" " * BODY_BYTES,
        b'"' + b"x" * 8_000_000 + b'"',
        b'{"__proto__": {}, "constructor": {"prototype": {}}}',
    ],
    ids=range(12),
)
def test_what_breaks_parsers_is_a_problem_for_every_call(forum: Forum, everything: Caller, body: bytes) -> None:
    for method, path in calls_of(forum.app):
        check(everything.ask(method, path, data=body, content_type="application/json"), (method, path))


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nasty_words_in_paths_and_queries_are_no_fault(forum: Forum, everything: Caller, nasty: str) -> None:
    for method, path in calls_of(forum.app):
        if "minji" in path:
            check(everything.ask(method, path.replace("minji", nasty.replace("/", ""))), (method, path))
    for method, path, name in parameters_of(forum.app):
        check(everything.ask(method, path, query_string={name: nasty}), (method, path, name))


def parameters_of(app: Flask) -> list[tuple[str, str, str]]:
    document = app.test_client().get("/openapi.json").get_json()
    filled = {name: "season" if name == "name" else "2026-03-02" for name in ("name", "day", "season")}
    known = defaultdict(lambda: NOBODY, {"member_id": "minji", **filled})
    return [
        (method.upper(), path.format_map(known), parameter["name"])
        for path, item in document["paths"].items()
        for method in item.keys() & {"get", "post"}
        for parameter in item[method].get("parameters", [])
        if parameter["in"] == "query"
    ]


@pytest.mark.parametrize(
    "header", ["Authorization", "Idempotency-Key", "X-Request-Id", "If-None-Match", "Content-Length", "Accept"]
)
def test_nasty_headers_are_no_fault(everything: Caller, header: str) -> None:
    for value in ("", "x" * 5000, "é", "Bearer ", "Bearer ptk_é", "Bearer a.b.c", "-1", '"', "*", ",,,;;;"):
        for path in ("/v1/seasons", "/v1/market/products", "/healthz", "/"):
            check(everything.get(path, headers={header: value}), (header, value, path))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    [
        "id",
        "type",
        "member_id",
        "occurred_at",
        "source",
        "subject",
        "board",
        "data",
        "product",
        "points",
        "reason",
        "key",
    ]
)


@seed(20)
@settings(max_examples=60, deadline=None, database=None, suppress_health_check=SLOW)
@given(
    body=json_values | st.dictionaries(names, json_values, max_size=8) | st.lists(st.dictionaries(names, json_values))
)
def test_random_json_is_no_fault(everything: Caller, body: Any) -> None:
    written = _json(body)
    for path in ("/v1/events", "/v1/events/batch", "/v1/attendance", "/v1/market/redemptions", "/v1/staff/adjustments"):
        check(everything.post(path, data=written, content_type="application/json"), (path, body))


def _json(value: Any) -> bytes:
    """By the library that writes whole numbers of any size, which orjson does not."""
    return json.dumps(value).encode()


def test_the_service_is_unharmed_after_all_of_it(everything: Caller) -> None:
    again = everything.post("/v1/events", json=UNTOUCHED)

    assert again.status_code == 200
    assert again.get_json()["points"] == 20
    assert orjson.loads(again.get_data())["outcome"] == "awarded"
