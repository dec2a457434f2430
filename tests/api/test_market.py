import threading
from typing import Any

import pytest
from sqlalchemy import text

from rewards.runtime.database import transaction
from tests.support.http import Caller, Forum, problem_of

CODES = "code,expires_on\nGIFT-1,2027-01-31\nGIFT-2,2026-12-31\n"


def product(key: str = "coffee", **fields: Any) -> dict[str, Any]:
    usual = {
        "key": key,
        "name": {"ko": "커피", "en": "Coffee"},
        "face_value": 5000,
        "currency": "KRW",
        "price": 100,
        "for_sale": True,
        "stock": "codes",
    }
    return usual | fields


@pytest.fixture
def manager(forum: Forum) -> Caller:
    return forum.staff("manager", name="mina")


@pytest.fixture
def coffee(manager: Caller) -> dict[str, Any]:
    """A product for 100 points with two codes in stock."""
    made = manager.post("/v1/staff/products", json=product()).get_json()
    done = manager.post(f"/v1/staff/products/{made['id']}/codes", data=CODES, content_type="text/csv")
    assert done.get_json() == {"imported": 2, "refused": [], "dry_run": False}
    return made


@pytest.fixture
def minji(forum: Forum, backend: Caller, manager: Caller) -> Caller:
    """A member with 300 points."""
    give(backend, manager, "minji", 300)
    return forum.member("minji")


def give(backend: Caller, manager: Caller, member_id: str, points: int) -> None:
    backend.put(f"/v1/members/{member_id}", json={})
    body = {"member_id": member_id, "points": points, "reason": "test"}
    assert manager.post("/v1/staff/adjustments", json=body).status_code == 201


def test_products_on_offer_say_what_is_left(minji: Caller, manager: Caller, coffee: dict[str, Any]) -> None:
    manager.post("/v1/staff/products", json=product("hidden", for_sale=False))
    manager.post("/v1/staff/products", json=product("endless", stock="unlimited", position=2))
    manager.post("/v1/staff/products", json=product("gone", stock="number", quantity=0, position=1))

    shown = minji.get("/v1/market/products").get_json()

    assert shown["next"] is None
    assert [(item["key"], item["stock"], item["sold_out"]) for item in shown["items"]] == [
        ("coffee", {"kind": "codes", "left": 2}, False),
        ("gone", {"kind": "number", "left": 0}, True),
        ("endless", {"kind": "unlimited", "left": None}, False),
    ]
    assert "version" not in shown["items"][0]


def test_the_whole_way_of_a_gift_card(minji: Caller, forum: Forum, manager: Caller, coffee: dict[str, Any]) -> None:
    asked = minji.post("/v1/market/redemptions", json={"product": "coffee"})
    redemption = asked.get_json()
    one, queue = f"/v1/market/redemptions/{redemption['id']}", f"/v1/staff/redemptions/{redemption['id']}"

    early = minji.get(f"{one}/code")
    waiting = manager.get("/v1/staff/redemptions").get_json()
    claimed = manager.post(f"{queue}/claim").get_json()
    too_late = minji.post(f"{one}/cancel")
    fulfilled = manager.post(f"{queue}/fulfil", json={}).get_json()
    code = minji.get(f"{one}/code")

    assert (asked.status_code, redemption["state"], redemption["points"]) == (201, "requested", 100)
    assert redemption["member_id"] == "minji"
    problem_of(early, 409, "state-conflict")
    assert [item["id"] for item in waiting["items"]] == [redemption["id"]]
    assert waiting["totals"]["requested"] == 1
    assert (claimed["state"], claimed["claimed_by"]) == ("claimed", "staff:mina")
    problem_of(too_late, 409, "state-conflict")
    assert fulfilled["state"] == "fulfilled"
    assert [step["state"] for step in fulfilled["history"]] == ["requested", "claimed", "fulfilled"]
    assert [step["actor"] for step in fulfilled["history"]] == ["member", "staff:mina", "staff:mina"]
    assert code.get_json() == {"code": "GIFT-2", "expires_on": "2026-12-31"}
    assert code.headers["Cache-Control"] == "no-store"
    balance = minji.get("/v1/members/minji/balance").get_json()
    assert (balance["balance"], balance["held"]) == (200, 0)


def test_a_cancelled_redemption_gives_points_and_stock_back(minji: Caller, coffee: dict[str, Any]) -> None:
    redemption = minji.post("/v1/market/redemptions", json={"product": coffee["id"]}).get_json()
    held = minji.get("/v1/members/minji/balance").get_json()

    cancelled = minji.post(f"/v1/market/redemptions/{redemption['id']}/cancel")

    assert (held["held"], held["available"]) == (100, 200)
    assert cancelled.get_json()["state"] == "cancelled"
    assert minji.get("/v1/members/minji/balance").get_json()["available"] == 300
    assert minji.get("/v1/market/products").get_json()["items"][0]["stock"]["left"] == 2


def test_what_cannot_be_had_says_why(
    forum: Forum, minji: Caller, backend: Caller, manager: Caller, coffee: Any
) -> None:
    manager.post("/v1/staff/products", json=product("dear", price=301))
    manager.post("/v1/staff/products", json=product("gone", stock="number", quantity=0))
    manager.post("/v1/staff/products", json=product("off", for_sale=False))
    manager.post("/v1/staff/products", json=product("once", stock="unlimited", limit={"times": 1, "period": "ever"}))

    def asked(key: str) -> Any:
        return minji.post("/v1/market/redemptions", json={"product": key})

    assert "1 are missing" in problem_of(asked("dear"), 409, "not-enough-points")["detail"]
    problem_of(asked("gone"), 409, "not-available")
    problem_of(asked("off"), 409, "not-available")
    problem_of(asked("nothing"), 404, "not-found")
    assert asked("once").status_code == 201
    problem_of(asked("once"), 409, "not-available")
    backend.post("/v1/members/minji/suspend", json={})
    problem_of(asked("coffee"), 403, "member-suspended")


def test_a_member_sees_the_own_redemptions_only(forum: Forum, minji: Caller, backend: Caller, coffee: Any) -> None:
    backend.put("/v1/members/other", json={})
    other = forum.member("other")
    redemption = minji.post("/v1/market/redemptions", json={"product": "coffee"}).get_json()
    one = f"/v1/market/redemptions/{redemption['id']}"

    problem_of(other.get(one), 404, "not-found")
    problem_of(other.post(f"{one}/cancel"), 404, "not-found")
    problem_of(other.get(f"{one}/code"), 404, "not-found")
    problem_of(other.get("/v1/market/redemptions?member_id=minji"), 403, "not-yours")
    assert other.get("/v1/market/redemptions").get_json() == {"items": [], "next": None}
    assert [item["id"] for item in minji.get("/v1/market/redemptions").get_json()["items"]] == [redemption["id"]]
    assert backend.get(one).get_json()["id"] == redemption["id"]


def test_repeating_with_the_same_key_redeems_once_and_answers_the_same_bytes(minji: Caller, coffee: Any) -> None:
    headers = {"Idempotency-Key": "tap-1"}

    first = minji.post("/v1/market/redemptions", json={"product": "coffee"}, headers=headers)
    again = minji.post("/v1/market/redemptions", json={"product": "coffee"}, headers=headers)
    other = minji.post("/v1/market/redemptions", json={"product": "dear"}, headers=headers)

    assert first.status_code == again.status_code == 201
    assert first.get_data() == again.get_data()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    problem_of(other, 409, "idempotency-conflict")
    assert len(minji.get("/v1/market/redemptions").get_json()["items"]) == 1


def test_the_same_key_of_another_caller_is_another_key(
    forum: Forum, minji: Caller, backend: Caller, manager: Caller, coffee: Any
) -> None:
    give(backend, manager, "other", 300)
    headers = {"Idempotency-Key": "tap-1"}

    minji.post("/v1/market/redemptions", json={"product": "coffee"}, headers=headers)
    other = forum.member("other").post("/v1/market/redemptions", json={"product": "coffee"}, headers=headers)

    assert other.status_code == 201
    assert "Idempotency-Replayed" not in other.headers


def test_a_refusal_keeps_nothing_so_the_key_may_try_again(minji: Caller, manager: Caller, coffee: Any) -> None:
    dear = manager.post("/v1/staff/products", json=product("dear", price=301, stock="unlimited")).get_json()
    headers = {"Idempotency-Key": "tap-1"}

    refused = minji.post("/v1/market/redemptions", json={"product": "dear"}, headers=headers)
    manager.put(f"/v1/staff/products/{dear['id']}", json=change(dear, price=300))
    taken = minji.post("/v1/market/redemptions", json={"product": "dear"}, headers=headers)

    problem_of(refused, 409, "not-enough-points")
    assert taken.status_code == 201


def change(made: dict[str, Any], **fields: Any) -> dict[str, Any]:
    kept = {name: made[name] for name in ("name", "face_value", "currency", "price", "for_sale", "version")}
    return kept | fields


@pytest.mark.parametrize("key", ["", "x" * 256, "키"])
def test_a_key_that_cannot_be_one_is_refused(minji: Caller, coffee: Any, key: str) -> None:
    headers = {"Idempotency-Key": key.encode().decode("latin-1")}

    refused = minji.post("/v1/market/redemptions", json={"product": "coffee"}, headers=headers)

    problem_of(refused, 422, "invalid-fields")


def test_eight_at_once_with_one_key_redeem_once(forum: Forum, minji: Caller, coffee: Any) -> None:
    barrier, answers = threading.Barrier(8), []

    def tap() -> None:
        caller = Caller(forum.app.test_client(), minji.headers)
        barrier.wait()
        answers.append(
            caller.post("/v1/market/redemptions", json={"product": "coffee"}, headers={"Idempotency-Key": "tap"})
        )

    threads = [threading.Thread(target=tap) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_data() for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    with transaction(forum.engine) as session:
        assert session.execute(text("select count(*) from redemption")).scalar() == 1


def test_the_backend_acts_for_a_member_whom_it_names(
    backend: Caller, minji: Caller, manager: Caller, coffee: Any
) -> None:
    unnamed = backend.post("/v1/market/redemptions", json={"product": "coffee"})
    redemption = backend.post("/v1/market/redemptions", json={"product": "coffee", "member_id": "minji"}).get_json()
    bulk = manager.post("/v1/staff/redemptions/fulfil", json={"redemption_ids": [redemption["id"]]}).get_json()
    code = backend.get(f"/v1/market/redemptions/{redemption['id']}/code?member_id=minji")
    wrong = backend.get(f"/v1/market/redemptions/{redemption['id']}/code")

    problem_of(unnamed, 422, "invalid-fields")
    assert redemption["history"][0]["actor"].startswith("key:")
    assert bulk["results"][0]["status"] == 200
    assert code.get_json()["code"] == "GIFT-2"
    problem_of(wrong, 422, "invalid-fields")
