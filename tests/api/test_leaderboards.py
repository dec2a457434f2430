from datetime import date
from hashlib import sha256

import pytest

from rewards.runtime.database import transaction
from rewards.settlement import settle
from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum, event, problem_of

SEASON = date(2026, 3, 2)


@pytest.fixture
def ranked(backend: Caller) -> Caller:
    """A backend after six members have earned 120, 100, 80, 60, 40 and 20 points."""
    items = [
        event(id=f"{member}:{n}", member_id=member, occurred_at=f"2026-03-04T{n + 1:02}:00:00+09:00")
        for place, member in enumerate("abcdef")
        for n in range(6 - place)
    ]
    results = backend.post("/v1/events/batch", json=items).get_json()["results"]
    assert {result["decision"]["outcome"] for result in results} == {"awarded"}
    return backend


def test_the_top_pages_in_order_with_prizes_beside_the_first_three(ranked: Caller) -> None:
    first = ranked.get("/v1/leaderboards/season?limit=4").get_json()
    rest = ranked.get("/v1/leaderboards/season", query_string={"limit": 4, "cursor": first["next"]}).get_json()

    lines = first["items"] + rest["items"]
    assert (first["leaderboard"], first["period"], first["total"]) == ("season", "2026-03-02", 6)
    assert [(line["rank"], line["member"]["id"], line["points"]) for line in lines] == [
        (1, "a", 120),
        (2, "b", 100),
        (3, "c", 80),
        (4, "d", 60),
        (5, "e", 40),
        (6, "f", 20),
    ]
    assert [line["prize"] and line["prize"]["value"] for line in lines] == [4000, 3000, 2000, None, None, None]
    assert lines[0]["reached_at"] == "2026-03-03T21:00:00.000Z"
    assert lines[0]["change"] is None
    assert rest["next"] is None


@pytest.mark.parametrize("name", ["season", "month", "all-time"])
def test_every_leaderboard_has_the_same_order(ranked: Caller, name: str) -> None:
    items = ranked.get(f"/v1/leaderboards/{name}").get_json()["items"]

    assert [line["member"]["id"] for line in items] == list("abcdef")


def test_the_streak_leaderboard_counts_days(backend: Caller, clock: SettableClock) -> None:
    backend.post("/v1/attendance", json={"member_id": "long"})
    clock.advance(days=1)
    for member in ("new", "long"):
        backend.post("/v1/attendance", json={"member_id": member})

    items = backend.get("/v1/leaderboards/streak").get_json()["items"]

    assert [(line["member"]["id"], line["points"]) for line in items] == [("long", 2), ("new", 1)]


def test_around_a_member_are_the_places_beside_and_what_the_next_is_worth(ranked: Caller) -> None:
    shown = ranked.get("/v1/leaderboards/season/members/c?around=1").get_json()

    assert [line["member"]["id"] for line in shown["items"]] == ["b", "c", "d"]
    assert (shown["own"]["rank"], shown["points"], shown["gap"], shown["total"]) == (3, 80, 21, 6)


def test_whoever_is_kept_off_still_sees_their_own_points(ranked: Caller) -> None:
    ranked.put("/v1/members/c", json={"hidden": True})

    shown = ranked.get("/v1/leaderboards/season/members/c").get_json()

    assert (shown["own"], shown["points"], shown["items"]) == (None, 80, [])
    top = ranked.get("/v1/leaderboards/season").get_json()
    assert [line["member"]["id"] for line in top["items"]] == list("abdef")


def test_whoever_is_kept_off_is_nobody_to_other_members(ranked: Caller, forum: Forum) -> None:
    ranked.put("/v1/members/c", json={"opted_out": True})

    own = forum.member("c").get("/v1/leaderboards/season/members/c")
    other = forum.member("a").get("/v1/leaderboards/season/members/c")

    assert own.get_json()["points"] == 80
    problem_of(other, 404, "not-found")


def test_an_unchanged_ranking_is_not_sent_again(ranked: Caller) -> None:
    first = ranked.get("/v1/leaderboards/season")
    same = ranked.get("/v1/leaderboards/season", headers={"If-None-Match": first.headers["ETag"]})
    ranked.post("/v1/events", json=event(id="more", member_id="f"))
    changed = ranked.get("/v1/leaderboards/season", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "private, max-age=2"
    assert (same.status_code, same.get_data()) == (304, b"")
    assert changed.status_code == 200


def test_a_new_week_is_empty_at_its_first_second_though_nobody_has_written(
    ranked: Caller, clock: SettableClock
) -> None:
    clock.advance(days=4, hours=12)

    shown = ranked.get("/v1/leaderboards/season").get_json()
    season = ranked.get("/v1/seasons/current").get_json()

    assert (shown["period"], shown["items"]) == ("2026-03-09", [])
    assert (season["id"], season["state"], season["seconds_left"]) == ("2026-03-09", "open", 7 * 86400)
    assert [prize["value"] for prize in season["prizes"]] == [4000, 3000, 2000]
    assert (season["starts_at"], season["ends_at"]) == ("2026-03-08T15:00:00.000Z", "2026-03-15T15:00:00.000Z")


def test_a_settled_season_has_a_standing_with_winners_and_a_hash(
    ranked: Caller, forum: Forum, clock: SettableClock
) -> None:
    early = ranked.get("/v1/seasons/2026-03-02/standings")
    clock.advance(days=5)
    with transaction(forum.engine) as session:
        settle(session, SEASON, review=False, today=SEASON, now=clock.now)

    shown = ranked.get("/v1/seasons/2026-03-02/standings?limit=2").get_json()

    problem_of(early, 409, "state-conflict")
    assert (shown["state"], len(shown["hash"])) == ("final", 64)
    winner = shown["items"][0]
    assert (winner["rank"], winner["member"]["id"], winner["season"]) == (1, "a", "2026-03-02")
    assert (winner["disqualified"], winner["prize"]["value"]) == (False, 4000)
    assert winner["redemption_id"]
    assert shown["next"]
    listed = ranked.get("/v1/seasons").get_json()["items"]
    assert [(season["id"], season["state"]) for season in listed] == [("2026-03-09", "open"), ("2026-03-02", "final")]


def test_anybody_recomputes_the_hash_from_the_answers_alone(ranked: Caller, forum: Forum, clock: SettableClock) -> None:
    clock.advance(days=5)
    with transaction(forum.engine) as session:
        settle(session, SEASON, review=False, today=SEASON, now=clock.now)

    shown = ranked.get("/v1/seasons/2026-03-02/standings?limit=100").get_json()

    text = "standings 1 2026-03-02\n"
    for line in shown["items"]:
        place = "-" if line["rank"] is None else line["rank"]
        reached_at = line["reached_at"].replace(".000Z", "Z")
        text += f"{line['position']} {place} {line['account_id']} {line['points']} {reached_at}\n"
    assert sha256(text.encode()).hexdigest() == shown["hash"]


def test_a_leaderboard_or_season_that_does_not_exist_is_a_404(backend: Caller) -> None:
    problem_of(backend.get("/v1/leaderboards/weekly"), 404, "not-found")
    problem_of(backend.get("/v1/leaderboards/season?season=2020-01-06"), 404, "not-found")
    problem_of(backend.get("/v1/seasons/2020-01-06"), 404, "not-found")
    problem_of(backend.get("/v1/leaderboards/season/members/nobody"), 404, "not-found")
    problem_of(backend.get("/v1/leaderboards/month?season=2026-03-02"), 422, "invalid-fields")
