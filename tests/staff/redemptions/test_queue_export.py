"""The queue as CSV: the API's call, and that no spreadsheet computes what a member is called."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from rewards.runtime.settings import Settings
from rewards.staff import queue_export
from rewards.staff.queue_export import COLUMNS, harmless
from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum, problem_of
from tests.support.shop import Shop
from tests.support.village import NOW
from tests.support.world import World

CALL = "/v1/staff/redemptions.csv"


@pytest.fixture
def viewer(app: Flask, settings: Settings, engine: Engine, clock: SettableClock, world: World) -> Caller:
    return Forum(app, settings, engine, clock).staff("viewer")


def lines_of(caller: Caller, **query: str) -> list[dict[str, str]]:
    response = caller.get(CALL, query_string=query)
    assert response.status_code == 200, response.get_data(as_text=True)
    return list(csv.DictReader(StringIO(response.get_data(as_text=True))))


@given(st.text())
def test_no_cell_begins_a_formula(cell: str) -> None:
    shown = harmless(cell)

    assert shown.lstrip()[:1] not in tuple("=+-@\t\r＝＋－＠")
    assert shown in (cell, f"'{cell}")


@pytest.mark.parametrize("cell", ["민지", "Mina_K", "a=b", "", "3-4", "'quoted"])
def test_what_is_harmless_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


def test_the_call_gives_what_is_open_oldest_first(shop: Shop, viewer: Caller) -> None:
    shop.world.execute("update member set name = '+82 10, \"민지\"' where member_id = 'minji'")
    oldest = shop.redeem("minji", "card", at=NOW - timedelta(days=1))
    newest = shop.redeem("minji", "card")
    shop.claim(newest)

    response = viewer.get(CALL)
    lines = lines_of(viewer)

    assert response.headers["Content-Disposition"] == 'attachment; filename="redemptions.csv"'
    assert response.headers["Cache-Control"] == "no-store"
    assert tuple(lines[0]) == COLUMNS
    assert [line["id"] for line in lines] == [str(oldest), str(newest)]
    assert lines[1] == {
        "id": str(newest),
        "state": "claimed",
        "requested_at": "2026-11-24T13:18:00+09:00",
        "moved_at": "2026-11-24T13:18:00+09:00",
        "product_key": "card",
        "product": "상품권 card",
        "face_value": "5000",
        "currency": "KRW",
        "member_id": "minji",
        "member": '\'+82 10, "민지"',
        "origin": "market",
        "points": "100",
        "season": "",
        "place": "",
        "claimed_by": "staff:mina",
    }


def test_the_call_is_narrowed_as_the_list_is(shop: Shop, viewer: Caller) -> None:
    shop.redeem("minji", "card", at=NOW - timedelta(days=1))
    today = shop.redeem("minji", "card")

    assert [line["id"] for line in lines_of(viewer, **{"from": "2026-11-24"})] == [str(today)]
    assert lines_of(viewer, to="2026-11-22") == lines_of(viewer, state="fulfilled") == []
    found = viewer.get("/v1/staff/redemptions", query_string={"from": "2026-11-24", "to": "2026-11-24"}).get_json()
    assert [item["id"] for item in found["items"]] == [str(today)]
    problem_of(viewer.get(CALL, query_string={"from": "yesterday"}), 422, "invalid-fields")
    problem_of(viewer.get(CALL, query_string={"member_id": "nobody"}), 404, "not-found")


def test_no_line_is_lost_between_batches(shop: Shop, viewer: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_export, "BATCH", 2)
    shop.offer("plain")
    made = {str(shop.redeem("minji", "plain", at=NOW - timedelta(minutes=n // 2))) for n in range(4)}

    assert {line["id"] for line in lines_of(viewer)} == made
    assert len(lines_of(viewer)) == 4


def test_an_empty_queue_is_a_header_alone(shop: Shop, viewer: Caller) -> None:
    assert viewer.get(CALL).get_data(as_text=True) == ",".join(COLUMNS) + "\r\n"


def test_no_code_is_in_it(shop: Shop, viewer: Caller) -> None:
    shop.fulfil(shop.redeem("minji", "card"))

    assert lines_of(viewer, state="fulfilled")[0]["state"] == "fulfilled"
    assert "CARD-" not in viewer.get(CALL, query_string={"state": "fulfilled"}).get_data(as_text=True)
