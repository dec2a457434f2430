"""Finding members over the API: the same search, page by page."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum, problem_of

SEARCH = "/v1/staff/members"


@pytest.fixture
def viewer(app: Flask, settings: Settings, engine: Engine, clock: SettableClock) -> Caller:
    """Somebody who may look; five members are known."""
    forum = Forum(app, settings, engine, clock)
    forum.prepare()
    backend = forum.key()
    for member_id, name in (("minji", "민지"), ("a-minji", "달빛"), ("MINJI2", None), ("z-1", "Ömer"), ("other", "남")):
        assert backend.put("/v1/members/" + member_id, json={"name": name}).status_code == 201
    backend.post("/v1/members/other/suspend", json={})
    return forum.staff("viewer")


def found(answer: Any) -> list[str]:
    return [item["id"] for item in answer.get_json()["items"]]


def all_found(viewer: Caller, limit: int, **asked: str) -> list[str]:
    """All pages together."""
    ids: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": limit, **asked, **({"cursor": cursor} if cursor else {})}
        document = viewer.get(SEARCH, query_string=query).get_json()
        ids += [item["id"] for item in document["items"]]
        cursor = document["next"]
        if cursor is None:
            return ids


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_pages_hold_everybody_once_whoever_has_just_this_id_first(viewer: Caller, limit: int) -> None:
    assert all_found(viewer, limit, q="minji") == ["minji", "MINJI2", "a-minji"]
    assert all_found(viewer, limit) == ["MINJI2", "a-minji", "minji", "other", "z-1"]


def test_a_search_can_be_narrowed_to_a_state(viewer: Caller) -> None:
    assert found(viewer.get(SEARCH, query_string={"state": "suspended"})) == ["other"]
    problem_of(viewer.get(SEARCH, query_string={"state": "lost"}), 422, "invalid-fields")


def test_a_member_is_found_with_what_staff_need_to_know(viewer: Caller) -> None:
    (item,) = viewer.get(SEARCH, query_string={"q": "ÖMER"}).get_json()["items"]

    assert (item["id"], item["name"], item["balance"], item["available"]) == ("z-1", "Ömer", 0, 0)
    assert (item["suspended"], item["suspended_at"], item["level"]) == (False, None, {"name": "새싹", "by_hand": False})
    assert item["active_at"] == "2026-03-04T03:00:00.000Z"


def test_a_cursor_belongs_to_its_search(viewer: Caller) -> None:
    cursor = viewer.get(SEARCH, query_string={"q": "minji", "limit": 1}).get_json()["next"]

    problem_of(viewer.get(SEARCH, query_string={"q": "other", "cursor": cursor}), 422, "invalid-fields")
