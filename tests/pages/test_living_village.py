"""The village at work is what the pages' tests and pictures say that it is."""

from collections import Counter

from tests.support.http import Forum
from tests.support.village import READER
from tests.support.village_life import STAFF, staff_token
from tests.support.world import World


def test_redemptions_are_in_every_state_that_members_and_staff_see(lively: World) -> None:
    found = Counter(tuple(row) for row in lively.rows("select origin, state from redemption"))

    assert {state for _, state in found} == {
        "requested",
        "awaiting_approval",
        "claimed",
        "fulfilled",
        "rejected",
        "cancelled",
    }
    assert found["prize", "requested"] == 2


def test_the_reader_has_what_the_other_tests_of_pages_say(lively: World, forum: Forum) -> None:
    balance = forum.member(READER).get(f"/v1/members/{READER}/balance").get_json()
    place = forum.key().get(f"/v1/leaderboards/season/members/{READER}").get_json()

    assert (balance["balance"], balance["held"], balance["available"]) == (1840, 500, 1340)
    assert (place["own"]["rank"], place["points"]) == (14, 260)


def test_everybody_of_the_staff_is_signed_in(lively: World, forum: Forum) -> None:
    for name, _ in STAFF:
        assert forum.bearer(staff_token(name)).get("/v1/staff/redemptions").status_code == 200


def test_stock_is_there_sold_out_unlimited_and_planned(lively: World, forum: Forum) -> None:
    products = forum.bearer(staff_token("sora")).get("/v1/staff/products").get_json()["items"]

    left = {product["key"]: product["stock"]["left"] for product in products}
    assert left["fried-chicken-20000"] == 0
    assert left["animal-shelter-1000"] is None or left["animal-shelter-1000"] == "unlimited"
    assert left["coffee-3000"] > 0
    shown = forum.member(READER).get("/v1/market/products").get_json()["items"]
    assert "cake-30000" not in {product["key"] for product in shown}
