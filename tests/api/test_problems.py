"""Whatever goes wrong is a problem document that says what to do; no secret, and no fault, shows."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine

from rewards.app import create_app
from rewards.http.catalogue import problem_kinds
from rewards.runtime.database import create_engine_from
from rewards.runtime.redis import connect_redis
from rewards.runtime.settings import Settings, load_settings
from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum, event, problem_of

NOWHERE = "127.0.0.1:9"


def test_an_unknown_address_is_a_problem(backend: Caller) -> None:
    problem_of(backend.get("/v1/nothing"), 404, "not-found")
    problem_of(backend.get("/v1/members/a%00b"), 404, "not-found")
    problem_of(backend.get("/v1/members/" + "x" * 65), 404, "not-found")
    problem_of(backend.get("/v1//seasons"), 404, "not-found")


def test_another_method_is_a_problem_that_lists_the_right_ones(backend: Caller) -> None:
    refused = backend.delete("/v1/events")

    problem_of(refused, 405, "method-not-allowed")
    assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_another_content_type_is_a_problem(backend: Caller, content_type: str | None) -> None:
    problem_of(backend.post("/v1/events", data=b"{}", content_type=content_type), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"NaN", b"\xff\xfe", b'{"id": "\\ud800"}', b"[" * 100_000, b'{"a":' * 33 + b"1" + b"}" * 33, b"1e999"],
)
def test_a_body_that_is_no_json_is_a_problem(backend: Caller, body: bytes) -> None:
    problem_of(backend.post("/v1/events", data=body, content_type="application/json"), 400, "malformed-body")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"5", b"true"])
def test_json_that_is_no_object_is_a_problem(backend: Caller, body: bytes) -> None:
    problem_of(backend.post("/v1/events", data=body, content_type="application/json"), 422, "invalid-fields")


def test_a_body_that_is_too_large_is_a_problem(backend: Caller) -> None:
    large = b" " * (10 * 1024 * 1024)

    problem_of(backend.post("/v1/events", data=large, content_type="application/json"), 413, "body-too-large")
    problem_of(backend.post("/v1/events/batch", data=large, content_type="application/x-ndjson"), 413, "body-too-large")


def test_a_parameter_that_is_unknown_or_wrong_is_named(backend: Caller) -> None:
    for query, pointer in (
        ("colour=red", "/colour"),
        ("limit=0", "/limit"),
        ("limit=x", "/limit"),
        ("limit=1&limit=2", "/limit"),
    ):
        refused = backend.get(f"/v1/seasons?{query}")
        assert problem_of(refused, 422, "invalid-fields")["errors"][0]["pointer"] == pointer


def test_every_problem_has_a_page_that_explains_it(app: Flask) -> None:
    client = app.test_client()

    for kind in problem_kinds():
        page = client.get(kind.type)
        assert page.status_code == 200
        assert kind.title.split("'")[0] in page.get_data(as_text=True)


def test_a_fault_of_ours_shows_nothing_but_its_request_id(settings: Settings, clock: SettableClock) -> None:
    def fail() -> str:
        raise RuntimeError("the secret inside")

    app = create_app(settings, clock=clock)
    app.add_url_rule("/fail", view_func=fail)

    broken = app.test_client().get("/fail", headers={"X-Request-Id": "abc-123"})

    assert problem_of(broken, 500, "unexpected")["request_id"] == "abc-123"
    assert "secret" not in broken.get_data(as_text=True)


def test_a_request_keeps_its_id_and_an_odd_one_is_replaced(backend: Caller) -> None:
    assert backend.get("/healthz", headers={"X-Request-Id": "forum-7"}).headers["X-Request-Id"] == "forum-7"
    for odd in ("a b", "x" * 129, '"><script>'):
        replaced = backend.get("/healthz", headers={"X-Request-Id": odd}).headers["X-Request-Id"]
        assert len(replaced) == 32


def test_every_answer_carries_the_headers_that_protect(backend: Caller) -> None:
    for path in ("/v1/seasons", "/v1/nothing", "/healthz"):
        headers = backend.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "same-origin"


def test_no_secret_is_in_any_log_line(forum: Forum, backend: Caller, capfd: pytest.CaptureFixture[str]) -> None:
    token = forum.token("minji")
    staff = forum.staff("manager", name="mina")

    backend.post("/v1/events", json=event(data={"private": "words-of-minji"}))
    forum.bearer(token).get("/v1/members/minji")
    forum.anybody().get("/sso", query_string={"token": token})
    forum.anybody().post("/v1/staff/sessions", json={"name": "mina", "password": "hunter2-hunter2"})
    staff.get("/v1/staff/audit")

    written = "".join(capfd.readouterr())
    assert "/v1/events" in written
    secrets = [token, "words-of-minji", "hunter2-hunter2"]
    secrets += [caller.headers["Authorization"].split()[1] for caller in (backend, staff)]
    assert [secret for secret in secrets if secret in written] == []


@pytest.fixture
def without_database(settings: Settings, clock: SettableClock) -> Iterator[Caller]:
    engine = create_engine_from(f"postgresql://rewards:x@{NOWHERE}/rewards")
    app = create_app(settings, clock=clock, engine=engine)
    yield Caller(app.test_client(), {"Authorization": "Bearer ptk_x"})
    engine.dispose()


def test_without_the_database_everything_is_a_503_that_says_when_to_come_again(without_database: Caller) -> None:
    for answer in (
        without_database.get("/v1/seasons"),
        without_database.post("/v1/events", json=event()),
        without_database.post("/v1/events/batch", json=[event()]),
    ):
        problem_of(answer, 503, "dependency-away")
        assert answer.headers["Retry-After"] == "1"


def test_readiness_names_what_is_away_and_what_still_works(
    without_database: Caller, settings: Settings, engine: Engine
) -> None:
    alive = without_database.get("/healthz")
    away = without_database.get("/readyz")
    with connect_redis(f"redis://{NOWHERE}/0") as client:
        degraded = create_app(settings, engine=engine, redis=client).test_client().get("/readyz")

    assert alive.get_json() == {"status": "alive"}
    document = problem_of(away, 503, "dependency-away")
    assert document["dependencies"]["database"]["state"] == "away"
    assert document["dependencies"]["database"]["still_works"]
    assert degraded.status_code == 200
    assert degraded.get_json()["status"] == "degraded"
    assert degraded.get_json()["dependencies"]["redis"]["state"] == "away"


def test_a_ready_service_says_so_and_counts_its_requests(backend: Caller) -> None:
    backend.post("/v1/events", json=event())

    assert backend.get("/readyz").get_json()["status"] == "ready"
    metrics = backend.get("/metrics").get_data(as_text=True)
    assert 'rewards_requests_total{endpoint="events.post_event",method="POST",status="201"}' in metrics
    assert 'rewards_decisions_total{outcome="awarded"}' in metrics


def test_too_many_requests_are_told_to_wait_and_pass_when_redis_is_away(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], engine: Engine, clock: SettableClock
) -> None:
    assert environment
    monkeypatch.setenv("RATE_LIMIT", "3 per minute")
    limited = Caller(create_app(load_settings(), clock=clock, engine=engine).test_client())
    monkeypatch.setenv("REDIS_URL", f"redis://{NOWHERE}/0")
    unlimited = Caller(create_app(load_settings(), clock=clock, engine=engine).test_client())

    answers = [limited.get("/v1/seasons") for _ in range(4)]
    passed = [unlimited.get("/v1/seasons").status_code for _ in range(4)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    problem_of(answers[-1], 429, "too-many-requests")
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[0].headers["RateLimit-Limit"] == "3"
    assert answers[-1].headers["RateLimit-Remaining"] == "0"
    assert limited.get("/healthz").status_code == 200
    assert passed == [401] * 4


def test_a_problem_document_is_json_whoever_asks(backend: Caller) -> None:
    answer = backend.get("/v1/nothing", headers={"Accept": "text/html"})

    assert json.loads(answer.get_data())["type"] == "/problems/not-found"
