from datetime import timedelta

import pytest
from sqlalchemy import Engine

from rewards.earning.opening import open_balances
from rewards.runtime.database import transaction
from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum, event, problem_of


def test_a_member_shows_profile_points_level_and_ranks(backend: Caller) -> None:
    backend.post("/v1/events", json=event())

    member = backend.get("/v1/members/minji").get_json()

    assert member == {
        "id": "minji",
        "name": None,
        "avatar": None,
        "hidden": False,
        "opted_out": False,
        "suspended": False,
        "suspended_at": None,
        "balance": 20,
        "held": 0,
        "available": 20,
        "lifetime": 20,
        "level": {"name": "새싹", "by_hand": False},
        "ranks": {"season": 1, "month": 1, "all-time": 1, "streak": None},
        "created_at": "2026-03-04T03:00:00.000Z",
    }


def test_an_id_with_a_slash_is_asked_for_by_query(backend: Caller) -> None:
    backend.post("/v1/events", json=event(member_id="team/minji"))

    assert backend.get("/v1/members", query_string={"id": "team/minji"}).get_json()["balance"] == 20
    problem_of(backend.get("/v1/members/team%2Fminji"), 404, "not-found")


def test_what_lapses_when_can_be_asked_for(backend: Caller, engine: Engine, clock: SettableClock) -> None:
    # given: points that lapse on two dates, and some that never do
    dates = [clock() + timedelta(days=days) for days in (1, 9)]
    with transaction(engine) as session:
        for number, points in enumerate((70, 30, 5)):
            lapses = {f"member-{number}": date for date in dates[number : number + 1]}
            open_balances(session, {f"member-{number}": points}, lapses=lapses, now=clock())

    # when
    shown = [backend.get(f"/v1/members/member-{number}/lapsing").get_json() for number in range(3)]

    # then
    first = {"lapses_at": "2026-03-05T03:00:00.000Z", "points": 70}
    assert shown[0] == {"member_id": "member-0", "items": [first], "points": 70}
    assert [one["points"] for one in shown] == [70, 30, 0]

    # when: a second before the date, and at it
    clock.set(dates[0] - timedelta(seconds=1))
    assert backend.get("/v1/members/member-0/lapsing").get_json()["points"] == 70
    clock.set(dates[0])
    assert backend.get("/v1/members/member-0/lapsing").get_json()["points"] == 0


def test_nobody_by_that_id_is_a_404(backend: Caller) -> None:
    problem_of(backend.get("/v1/members/nobody"), 404, "not-found")


def test_a_profile_is_made_then_changed_and_what_is_left_away_stays(backend: Caller) -> None:
    made = backend.put("/v1/members/minji", json={"name": "민지", "hidden": True})
    changed = backend.put("/v1/members/minji", json={"avatar": "/avatars/minji.png"})

    assert (made.status_code, changed.status_code) == (201, 200)
    shown = changed.get_json()
    assert (shown["name"], shown["hidden"], shown["avatar"]) == ("민지", True, "/avatars/minji.png")


@pytest.mark.parametrize("avatar", ["https://elsewhere/a.png", "//elsewhere/a.png", "/\\elsewhere", "a.png"])
def test_an_avatar_from_another_host_is_refused(backend: Caller, avatar: str) -> None:
    refused = backend.put("/v1/members/minji", json={"avatar": avatar})

    assert problem_of(refused, 422, "invalid-fields")["errors"][0]["pointer"] == "/avatar"


@pytest.mark.parametrize("change", [{"hidden": True}, {"opted_out": True}])
def test_whoever_is_hidden_or_opts_out_has_no_rank_but_keeps_the_points(
    backend: Caller, change: dict[str, bool]
) -> None:
    backend.post("/v1/events", json=event())

    shown = backend.put("/v1/members/minji", json=change).get_json()

    assert shown["ranks"] == {"season": None, "month": None, "all-time": None, "streak": None}
    assert shown["balance"] == 20


def test_a_member_may_opt_out_but_change_nothing_else(forum: Forum, backend: Caller) -> None:
    backend.put("/v1/members/minji", json={"hidden": True})
    minji = forum.member("minji")

    opted_out = minji.put("/v1/members/minji", json={"opted_out": True})
    refused = minji.put("/v1/members/minji", json={"hidden": False})

    assert opted_out.get_json()["opted_out"] is True
    problem_of(refused, 403, "scope-missing")


def test_whoever_is_suspended_earns_nothing_until_it_ends(backend: Caller) -> None:
    backend.post("/v1/events", json=event(id="before"))

    suspended = backend.post("/v1/members/minji/suspend", json={"reason": "spam"})
    meanwhile = backend.post("/v1/events", json=event(id="meanwhile"))
    ended = backend.post("/v1/members/minji/suspend", json={"suspended": False})
    after = backend.post("/v1/events", json=event(id="after", occurred_at="2026-03-04T12:00:00+09:00"))

    assert suspended.get_json()["suspended"] is True
    assert suspended.get_json()["ranks"]["season"] is None
    assert (meanwhile.get_json()["outcome"], meanwhile.get_json()["points"]) == ("rejected", 0)
    assert ended.get_json()["suspended"] is False
    assert after.get_json()["points"] == 20


def test_the_balance_of_any_moment_can_be_asked_for(backend: Caller, clock: SettableClock) -> None:
    backend.post("/v1/events", json=event(id="one"))
    clock.advance(hours=1)
    backend.post("/v1/events", json=event(id="two", occurred_at="2026-03-04T13:00:00+09:00"))

    def balance(at: str | None) -> int:
        return backend.get("/v1/members/minji/balance", query_string={"at": at} if at else {}).get_json()["balance"]

    assert balance("2026-03-04T02:59:59Z") == 0
    assert balance("2026-03-04T12:30:00+09:00") == 20
    assert balance(None) == 40


def test_the_statement_pages_newest_first_and_names_the_event(backend: Caller, clock: SettableClock) -> None:
    for number in range(5):
        clock.advance(minutes=2)
        occurred_at = (clock.now - timedelta(seconds=1)).isoformat()
        backend.post("/v1/events", json=event(id=f"post:{number}", subject=f"post:{number}", occurred_at=occurred_at))

    first = backend.get("/v1/members/minji/entries?limit=3").get_json()
    second = backend.get("/v1/members/minji/entries", query_string={"limit": 3, "cursor": first["next"]}).get_json()

    assert [line["seq"] for line in first["items"] + second["items"]] == [5, 4, 3, 2, 1]
    assert second["next"] is None
    newest = first["items"][0]
    assert newest["event"] == {"source": "forum", "id": "post:4", "type": "post.created", "subject": "post:4"}
    assert (newest["points"], newest["kind"], newest["balance_after"]) == (20, "award", 100)


def test_the_statement_as_it_was_pages_from_what_was_recorded_by_then(backend: Caller, clock: SettableClock) -> None:
    for number in range(5):
        clock.advance(minutes=2)
        likes = event(id=f"like:{number}", type="like.received", subject=f"post:{number}")
        backend.post("/v1/events", json=likes | {"occurred_at": clock.now.isoformat()})
    then = {"at": (clock.now - timedelta(minutes=2)).isoformat(), "limit": 3}

    first = backend.get("/v1/members/minji/entries", query_string=then).get_json()
    second = backend.get("/v1/members/minji/entries", query_string={**then, "cursor": first["next"]}).get_json()
    refused = backend.get("/v1/members/minji/entries", query_string={"cursor": first["next"]})

    assert [line["seq"] for line in first["items"] + second["items"]] == [4, 3, 2, 1]
    assert problem_of(refused, 422, "invalid-fields")["errors"][0]["pointer"] == "/cursor"


def test_a_cursor_of_another_list_or_made_up_is_refused(backend: Caller) -> None:
    for member in ("minji", "other"):
        backend.post(
            "/v1/events/batch",
            json=[event(id=f"{member}{n}", member_id=member, type="like.received", subject=f"p:{n}") for n in range(3)],
        )
    cursor = backend.get("/v1/members/minji/entries?limit=1").get_json()["next"]

    for stolen in (cursor[:-1], "x", "%%", cursor):
        refused = backend.get("/v1/members/other/entries", query_string={"cursor": stolen})
        assert problem_of(refused, 422, "invalid-fields")["errors"][0]["pointer"] == "/cursor"


def test_an_erased_member_is_forgotten_and_the_ledger_keeps_the_points(backend: Caller) -> None:
    backend.post("/v1/events", json=event(data={"title": "something private"}))

    erased = backend.delete("/v1/members/minji")
    again = backend.post("/v1/events", json=event(id="post:2:created"))

    assert erased.status_code == 204
    assert again.get_json()["balance"] == 20
    problem_of(backend.delete("/v1/members/nobody"), 404, "not-found")
