from typing import Any

import pytest

from tests.api.test_market import CODES, change, product
from tests.support.http import Caller, Forum, problem_of


@pytest.fixture
def manager(forum: Forum) -> Caller:
    return forum.staff("manager")


def test_a_product_is_changed_over_the_version_that_was_read(manager: Caller) -> None:
    made = manager.post("/v1/staff/products", json=product()).get_json()
    one = f"/v1/staff/products/{made['id']}"

    changed = manager.put(one, json=change(made, price=50))
    stale = manager.put(one, json=change(made, price=70))

    assert (changed.get_json()["price"], changed.get_json()["version"]) == (50, 2)
    problem_of(stale, 409, "state-conflict")
    problem_of(manager.post("/v1/staff/products", json=product()), 409, "already-exists")
    assert manager.get(one).get_json()["price"] == 50
    assert "coffee" in {item["key"] for item in manager.get("/v1/staff/products").get_json()["items"]}


@pytest.mark.parametrize(
    "wrong, pointer",
    [
        ({"price": 0}, "/price"),
        ({"price": -1}, "/price"),
        ({"price": 1.5}, "/price"),
        ({"price": "5"}, "/price"),
        ({"price": 2**62}, "/price"),
        ({"currency": "won"}, "/currency"),
        ({"key": "Not A Key"}, "/key"),
        ({"key": "redemptions"}, "/key"),
        ({"stock": "number"}, "/quantity"),
        ({"quantity": 3}, "/quantity"),
        ({"picture": "https://elsewhere/p.png"}, "/picture"),
        ({"limit": {"times": 0, "period": "day"}}, "/limit/times"),
        ({"limit": {"times": 1, "period": "hour"}}, "/limit/period"),
        ({"name": {"ko": "커피"}}, "/name/en"),
        ({"secret": 1}, "/secret"),
    ],
)
def test_a_product_that_cannot_be_is_refused_by_field(manager: Caller, wrong: dict[str, Any], pointer: str) -> None:
    refused = manager.post("/v1/staff/products", json=product(**wrong))

    assert pointer in {error["pointer"] for error in problem_of(refused, 422, "invalid-fields")["errors"]}


def test_a_stock_is_counted_up_and_down(manager: Caller) -> None:
    made = manager.post("/v1/staff/products", json=product(stock="number", quantity=2)).get_json()
    one = f"/v1/staff/products/{made['id']}/quantity"

    assert manager.post(one, json={"by": 3}).get_json()["stock"]["left"] == 5
    problem_of(manager.post(one, json={"by": -6}), 409, "state-conflict")


def test_codes_are_imported_bad_lines_named_and_a_dry_run_stores_nothing(manager: Caller) -> None:
    made = manager.post("/v1/staff/products", json=product()).get_json()
    one = f"/v1/staff/products/{made['id']}/codes"
    lines = CODES + "GIFT-1\n,\nGIFT-3,yesterday\n"

    tried = manager.post(f"{one}?dry_run=true", data=lines, content_type="text/csv").get_json()
    left = manager.get(f"/v1/staff/products/{made['id']}").get_json()["stock"]["left"]
    done = manager.post(one, data=lines, content_type="text/csv")
    again = manager.post(one, data=CODES, content_type="text/csv").get_json()

    assert (tried["imported"], tried["dry_run"], left) == (2, True, 0)
    assert done.get_json()["refused"] == [
        {"line": 4, "problem": "doubled"},
        {"line": 5, "problem": "empty"},
        {"line": 6, "problem": "bad_date"},
    ]
    assert "GIFT" not in done.get_data(as_text=True)
    assert (again["imported"], len(again["refused"])) == (0, 2)
    problem_of(manager.post(one, json=[]), 415, "unsupported-media-type")
    problem_of(manager.post(one, data=b"\xff\xfe", content_type="text/csv"), 400, "malformed-body")
