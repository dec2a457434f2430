"""The document describes the service, whole, and cannot drift from it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from flask import Flask
from schemathesis.specs.openapi.definitions import OPENAPI_31

from rewards.access.scopes import SCOPES
from rewards.api.document import openapi_of, written
from rewards.http.catalogue import problem_kinds
from rewards.http.metrics import DECISIONS, EVENTS_REFUSED, REQUEST_SECONDS, REQUESTS

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.json"


@pytest.fixture
def served(app: Flask) -> dict[str, Any]:
    return app.test_client().get("/openapi.json").get_json()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in ("get", "post", "put", "delete"):
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def test_the_committed_document_is_the_served_one(app: Flask, served: dict[str, Any]) -> None:
    assert orjson.loads(COMMITTED.read_bytes()) == served, "run tools/write_openapi.py"
    assert written(openapi_of(app)) == COMMITTED.read_bytes()


def test_the_document_is_valid_openapi_3_1(served: dict[str, Any]) -> None:
    assert served["openapi"] == "3.1.0"
    assert [error.message for error in jsonschema_rs.validator_for(OPENAPI_31).iter_errors(served)] == []


def test_every_call_says_who_may_what_it_answers_and_how_it_refuses(served: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in operations(served)]
    assert len(ids) == len(set(ids))
    for call, operation in operations(served):
        assert operation["summary"], call
        assert "security" in operation, call
        assert {"500", "503", "429"} <= operation["responses"].keys(), call
        if operation["security"]:
            assert {"401", "403"} <= operation["responses"].keys(), call
        for status, response in operation["responses"].items():
            if status >= "400" and "$ref" not in response:
                assert "application/problem+json" in response["content"], (call, status)


def test_every_call_of_the_api_is_documented(app: Flask, served: dict[str, Any]) -> None:
    documented = {call for call, _ in operations(served)}
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/v1/")]

    assert len(documented) == len(rules) + 3  # and /healthz, /readyz, /metrics
    assert all(not path.endswith("/") for path in served["paths"])


def test_every_answer_has_an_example_that_its_schema_takes(served: dict[str, Any]) -> None:
    for call, operation in operations(served):
        good = next(response for status, response in sorted(operation["responses"].items()) if status < "300")
        for content in good.get("content", {}).values():
            if content["schema"] == {"type": "string"}:
                continue
            assert "example" in content, call
            assert errors_of(served, content["schema"], content["example"]) == [], call


def test_every_body_has_an_example_that_its_schema_takes(served: dict[str, Any]) -> None:
    for call, operation in operations(served):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            assert "example" in content, (call, kind)
            assert errors_of(served, content["schema"], content["example"]) == [], (call, kind)


def errors_of(document: dict[str, Any], schema: dict[str, Any], example: Any) -> list[str]:
    whole = {**schema, "components": document["components"]}
    return [
        f"{error.instance_path}: {error.message}" for error in jsonschema_rs.validator_for(whole).iter_errors(example)
    ]


def test_the_document_is_readable_as_a_page_without_another_host(app: Flask, served: dict[str, Any]) -> None:
    page = app.test_client().get("/docs")

    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in text
    assert " style=" not in text
    for _, operation in operations(served):
        assert f'id="{operation["operationId"]}"' in text
    assert 'src="http' not in text
    assert 'href="http' not in text


def test_the_reference_lists_every_problem_scope_and_metric() -> None:
    reference = (COMMITTED.parent / "http.md").read_text()

    problems = {f"| `{kind.type}` | {kind.status} | {kind.title} |" for kind in problem_kinds()}
    metrics = {
        f"| `{next(iter(metric.describe())).name}" for metric in (REQUESTS, REQUEST_SECONDS, DECISIONS, EVENTS_REFUSED)
    }
    missing = {line for line in problems | metrics | {f"| `{scope}` |" for scope in SCOPES} if line not in reference}
    assert missing == set()
    assert reference.count("`/problems/") == len(problems)
