from datetime import UTC, datetime

from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum, problem_of


def test_a_check_in_earns_its_parts_and_the_second_answers_with_the_first(backend: Caller) -> None:
    first = backend.post("/v1/attendance", json={"member_id": "minji", "greeting": "안녕!", "day": "2026-03-04"})
    again = backend.post("/v1/attendance", json={"member_id": "minji", "greeting": "again"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_data() == again.get_data()
    shown = first.get_json()
    assert shown["parts"] == [{"rule": "attendance.base", "points": 20}, {"rule": "attendance.place.1", "points": 80}]
    assert (shown["place"], shown["points"], shown["streak"], shown["greeting"]) == (1, 100, 1, "안녕!")


def test_another_day_than_today_is_refused_and_stores_nothing(backend: Caller, clock: SettableClock) -> None:
    clock.set(datetime(2026, 3, 4, 15, 0, 1, tzinfo=UTC))

    refused = backend.post("/v1/attendance", json={"member_id": "minji", "day": "2026-03-04"})

    assert "2026-03-05" in problem_of(refused, 409, "not-today")["detail"]
    assert backend.get("/v1/attendance/2026-03-05").get_json()["total"] == 0


def test_a_member_checks_in_with_the_own_token_and_nobody_else(forum: Forum) -> None:
    minji = forum.member("minji")

    own = minji.post("/v1/attendance", json={})
    other = minji.post("/v1/attendance", json={"member_id": "other"})

    assert own.get_json()["member_id"] == "minji"
    problem_of(other, 403, "not-yours")


def test_a_key_must_say_who_checks_in(backend: Caller) -> None:
    refused = backend.post("/v1/attendance", json={})

    assert problem_of(refused, 422, "invalid-fields")["errors"][0]["pointer"] == "/member_id"


def test_the_days_board_is_in_order_of_arrival_and_pages(backend: Caller) -> None:
    for number in range(5):
        backend.post("/v1/attendance", json={"member_id": f"m{number}"})

    first = backend.get("/v1/attendance/2026-03-04?limit=3").get_json()
    rest = backend.get("/v1/attendance/2026-03-04", query_string={"cursor": first["next"]}).get_json()

    assert first["total"] == 5
    assert [line["member"]["id"] for line in first["items"] + rest["items"]] == ["m0", "m1", "m2", "m3", "m4"]
    assert [line["place"] for line in rest["items"]] == [4, 5]
    assert rest["next"] is None


def test_a_members_month_shows_days_and_streaks(backend: Caller, clock: SettableClock) -> None:
    backend.post("/v1/attendance", json={"member_id": "minji"})
    clock.advance(days=1)
    backend.post("/v1/attendance", json={"member_id": "minji"})

    shown = backend.get("/v1/members/minji/attendance").get_json()
    other = backend.get("/v1/members/minji/attendance?month=2026-02").get_json()

    assert shown == {
        "member_id": "minji",
        "month": "2026-03",
        "days": ["2026-03-04", "2026-03-05"],
        "current_streak": 2,
        "longest_streak": 2,
        "here_today": True,
    }
    assert other["days"] == []


def test_a_greeting_is_one_line_of_at_most_100_characters(backend: Caller) -> None:
    for greeting in ("x" * 101, "a\nb", ""):
        refused = backend.post("/v1/attendance", json={"member_id": "minji", "greeting": greeting})
        assert problem_of(refused, 422, "invalid-fields")["errors"][0]["pointer"] == "/greeting"


def test_a_day_that_does_not_exist_is_a_404(backend: Caller) -> None:
    problem_of(backend.get("/v1/attendance/2026-02-30"), 404, "not-found")
