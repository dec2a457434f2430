from datetime import date
from typing import Any

import pytest

from rewards.runtime.database import transaction
from rewards.settlement import settle
from tests.api.test_market import give, product
from tests.support.clock import SettableClock
from tests.support.http import PASSWORD, Caller, Forum, event, problem_of


@pytest.fixture
def manager(forum: Forum) -> Caller:
    return forum.staff("manager", name="mina")


def redemption_of(forum: Forum, backend: Caller, manager: Caller, **fields: Any) -> dict[str, Any]:
    """A redemption of minji that waits in the queue."""
    give(backend, manager, "minji", 300)
    assert manager.post("/v1/staff/products", json=product(**fields)).status_code == 201
    return forum.member("minji").post("/v1/market/redemptions", json={"product": "coffee"}).get_json()


def test_staff_sign_in_and_out(forum: Forum, manager: Caller) -> None:
    anybody = forum.anybody()

    signed_in = anybody.post("/v1/staff/sessions", json={"name": "mina", "password": PASSWORD})
    wrong = anybody.post("/v1/staff/sessions", json={"name": "mina", "password": "wrong"})
    nobody = anybody.post("/v1/staff/sessions", json={"name": "nobody", "password": PASSWORD})

    document = signed_in.get_json()
    assert signed_in.status_code == 201
    assert document["staff"] == {"name": "mina", "role": "manager"}
    assert document["expires_at"] == "2026-03-04T15:00:00.000Z"
    assert problem_of(wrong, 401, "not-signed-in")["detail"] == problem_of(nobody, 401, "not-signed-in")["detail"]
    again = forum.bearer(document["token"])
    assert again.delete("/v1/staff/sessions/current").status_code == 204
    problem_of(again.get("/v1/staff/redemptions"), 401, "not-signed-in")


def test_a_sign_in_ends_after_twelve_hours(manager: Caller, clock: SettableClock) -> None:
    clock.advance(hours=12)

    problem_of(manager.get("/v1/staff/redemptions"), 401, "not-signed-in")


def test_a_rejected_redemption_gives_the_points_back_and_says_why(
    forum: Forum, backend: Caller, manager: Caller
) -> None:
    redemption = redemption_of(forum, backend, manager, stock="unlimited")

    rejected = manager.post(f"/v1/staff/redemptions/{redemption['id']}/reject", json={"reason": "two accounts"})

    assert rejected.get_json()["state"] == "rejected"
    assert rejected.get_json()["history"][-1]["reason"] == "two accounts"
    assert backend.get("/v1/members/minji").get_json()["available"] == 300


def test_approval_is_one_persons_and_fulfilling_anothers(forum: Forum, backend: Caller, manager: Caller) -> None:
    redemption = redemption_of(forum, backend, manager, stock="unlimited", needs_approval=True)
    one, other = f"/v1/staff/redemptions/{redemption['id']}", forum.staff("fulfiller", name="jun")

    early = other.post(f"{one}/claim")
    approved = manager.post(f"{one}/approve")
    same = manager.post(f"{one}/claim")
    claimed = other.post(f"{one}/claim")
    typed = other.post(f"{one}/fulfil", json={"code": "TYPED-1"})
    shown = other.post(f"{one}/code", json={"reason": "asked by phone"})

    assert redemption["state"] == "awaiting_approval"
    problem_of(early, 409, "state-conflict")
    assert approved.get_json()["state"] == "requested"
    problem_of(same, 403, "scope-missing")
    assert claimed.get_json()["claimed_by"] == "staff:jun"
    assert typed.get_json()["state"] == "fulfilled"
    assert shown.get_json() == {"code": "TYPED-1", "expires_on": None}


def test_a_claim_can_be_laid_back_by_its_owner_or_a_manager(forum: Forum, backend: Caller, manager: Caller) -> None:
    redemption = redemption_of(forum, backend, manager, stock="unlimited")
    one = f"/v1/staff/redemptions/{redemption['id']}"
    jun, sora = forum.staff("fulfiller", name="jun"), forum.staff("fulfiller", name="sora")
    jun.post(f"{one}/claim")

    problem_of(sora.post(f"{one}/unclaim"), 409, "state-conflict")
    problem_of(sora.post(f"{one}/fulfil", json={}), 409, "state-conflict")
    assert manager.post(f"{one}/unclaim").get_json()["state"] == "requested"


def test_bulk_fulfilling_answers_one_by_one(forum: Forum, backend: Caller, manager: Caller) -> None:
    redemption = redemption_of(forum, backend, manager, stock="number", quantity=1)
    nobody = "00000000-0000-0000-0000-000000000000"

    done = manager.post("/v1/staff/redemptions/fulfil", json={"redemption_ids": [redemption["id"], nobody]}).get_json()

    assert [result["status"] for result in done["results"]] == [409, 404]
    assert done["results"][0]["problem"]["type"] == "/problems/not-available"


def test_the_queue_can_be_narrowed_and_pages(forum: Forum, backend: Caller, manager: Caller) -> None:
    manager.post("/v1/staff/products", json=product(stock="unlimited", price=1))
    for number in range(5):
        give(backend, manager, f"m{number}", 10)
        forum.member(f"m{number}").post("/v1/market/redemptions", json={"product": "coffee"})

    first = manager.get("/v1/staff/redemptions?limit=3").get_json()
    rest = manager.get("/v1/staff/redemptions", query_string={"cursor": first["next"]}).get_json()
    own = manager.get("/v1/staff/redemptions?member_id=m3&state=requested&origin=market").get_json()

    assert [item["member_id"] for item in first["items"] + rest["items"]] == ["m0", "m1", "m2", "m3", "m4"]
    assert [item["member_id"] for item in own["items"]] == ["m3"]
    assert first["totals"]["requested"] == 5


def test_an_adjustment_moves_points_for_a_reason_and_no_leaderboard_counts_it(backend: Caller, manager: Caller) -> None:
    backend.post("/v1/events", json=event())

    given = manager.post("/v1/staff/adjustments", json={"member_id": "minji", "points": 500, "reason": "a contest"})
    too_much = manager.post("/v1/staff/adjustments", json={"member_id": "minji", "points": -521, "reason": "oops"})
    owed = manager.post(
        "/v1/staff/adjustments", json={"member_id": "minji", "points": -521, "reason": "oops", "overdraft": True}
    )

    assert (given.status_code, given.get_json()["kind"], given.get_json()["balance"]) == (201, "adjustment", 520)
    assert "1 are missing" in problem_of(too_much, 409, "not-enough-points")["detail"]
    assert owed.get_json()["balance"] == -1
    assert backend.get("/v1/leaderboards/season").get_json()["items"][0]["points"] == 20
    newest = backend.get("/v1/members/minji/entries").get_json()["items"][0]
    assert (newest["kind"], newest["note"]) == ("adjustment", "oops")


def test_an_adjustment_is_given_once_per_key(backend: Caller, manager: Caller) -> None:
    backend.put("/v1/members/minji", json={})
    body, headers = {"member_id": "minji", "points": 5, "reason": "a contest"}, {"Idempotency-Key": "once"}

    first = manager.post("/v1/staff/adjustments", json=body, headers=headers)
    again = manager.post("/v1/staff/adjustments", json=dict(reversed(body.items())), headers=headers)

    assert first.get_data() == again.get_data()
    assert backend.get("/v1/members/minji").get_json()["balance"] == 5


def test_an_award_is_taken_back_once_in_the_season_in_which_it_counted(backend: Caller, manager: Caller) -> None:
    backend.post("/v1/events", json=event(id="one"))
    backend.post("/v1/events", json=event(id="two", occurred_at="2026-03-04T12:01:00+09:00"))
    body = {"member_id": "minji", "seq": 1, "reason": "not a real post"}

    done = manager.post("/v1/staff/reversals", json=body)
    again = manager.post("/v1/staff/reversals", json=body)
    nothing = manager.post("/v1/staff/reversals", json=body | {"seq": 99})
    no_award = manager.post("/v1/staff/reversals", json=body | {"seq": 3})

    assert (done.status_code, done.get_json()["points"], done.get_json()["balance"]) == (201, -20, 20)
    problem_of(again, 409, "state-conflict")
    problem_of(nothing, 404, "not-found")
    problem_of(no_award, 409, "state-conflict")
    assert backend.get("/v1/leaderboards/season").get_json()["items"][0]["points"] == 20
    assert backend.get("/v1/members/minji").get_json()["lifetime"] == 20


def test_staff_hide_and_suspend(backend: Caller, manager: Caller) -> None:
    backend.post("/v1/events", json=event())

    hidden = manager.post("/v1/staff/members/minji/hide", json={}).get_json()
    shown = manager.post("/v1/staff/members/minji/hide", json={"hidden": False}).get_json()
    suspended = manager.post("/v1/staff/members/minji/suspend", json={}).get_json()

    assert (hidden["hidden"], hidden["ranks"]["season"]) == (True, None)
    assert (shown["hidden"], shown["ranks"]["season"]) == (False, 1)
    assert suspended["suspended"] is True
    assert manager.get("/v1/staff/members/minji").get_json()["suspended"] is True


def test_keys_are_made_shown_once_and_revoked(forum: Forum, manager: Caller) -> None:
    made = manager.post("/v1/staff/api-keys", json={"name": "forum", "scopes": ["events:write"]}).get_json()
    key = forum.bearer(made["secret"])

    used = key.post("/v1/events", json=event())
    listed = manager.get("/v1/staff/api-keys")
    taken = manager.post("/v1/staff/api-keys", json={"name": "forum", "scopes": ["events:write"]})
    revoked = manager.delete(f"/v1/staff/api-keys/{made['id']}")

    assert used.status_code == 201
    assert made["secret"] not in listed.get_data(as_text=True)
    shown = next(item for item in listed.get_json()["items"] if item["id"] == made["id"])
    assert shown["last_used_on"] == "2026-03-04"
    problem_of(taken, 409, "already-exists")
    assert revoked.get_json()["revoked_at"] == "2026-03-04T03:00:00.000Z"
    assert "revoked" in problem_of(key.post("/v1/events", json=event()), 401, "not-signed-in")["detail"]


def test_a_key_makes_no_key_that_is_more_than_itself(forum: Forum) -> None:
    key = forum.key("staff:manage")

    refused = key.post("/v1/staff/api-keys", json={"name": "more", "scopes": ["events:write"]})

    problem_of(refused, 403, "scope-missing")


def test_the_audit_says_who_did_what(backend: Caller, manager: Caller) -> None:
    backend.put("/v1/members/minji", json={})
    manager.post("/v1/staff/adjustments", json={"member_id": "minji", "points": 5, "reason": "private words"})
    manager.post("/v1/staff/members/minji/suspend", json={})

    shown = manager.get("/v1/staff/audit").get_json()["items"]

    assert [(line["actor"], line["action"]) for line in shown] == [
        ("staff:mina", "member.suspend"),
        ("staff:mina", "points.adjust"),
    ]
    assert "minji" not in str(shown)
    assert "private" not in str(shown)


def test_a_season_is_reviewed_before_its_prizes(
    forum: Forum, backend: Caller, manager: Caller, clock: SettableClock
) -> None:
    for place, member in enumerate("abcd"):
        for n in range(4 - place):
            backend.post(
                "/v1/events", json=event(f"{member}{n}", member_id=member, occurred_at=f"2026-03-04T0{n}:00:00Z")
            )
    season = date(2026, 3, 2)
    early = manager.post(f"/v1/staff/seasons/{season}/accept")
    clock.advance(days=5)
    with transaction(forum.engine) as session:
        settle(session, season, review=True, today=season, now=clock.now)

    out = manager_again(forum).post(f"/v1/staff/seasons/{season}/disqualify", json={"member_id": "a", "reason": "bot"})
    provisional = backend.get(f"/v1/seasons/{season}/standings").get_json()
    accepted = manager_again(forum).post(f"/v1/staff/seasons/{season}/accept")
    final = backend.get(f"/v1/seasons/{season}/standings").get_json()
    prizes = manager_again(forum).get("/v1/staff/redemptions?origin=prize").get_json()["items"]

    problem_of(early, 409, "state-conflict")
    assert out.get_json()["changed"] is True
    assert [(line["member"]["id"], line["rank"]) for line in provisional["items"]][:2] == [("a", None), ("b", 1)]
    assert accepted.get_json()["state"] == "final"
    assert [(line["member"]["id"], line["rank"], line["disqualified"]) for line in final["items"]] == [
        ("a", None, True),
        ("b", 1, False),
        ("c", 2, False),
        ("d", 3, False),
    ]
    assert sorted(prize["member_id"] for prize in prizes) == ["b", "c", "d"]


def test_what_comes_too_late_for_a_final_season_is_listed(forum: Forum, backend: Caller, clock: SettableClock) -> None:
    season = "2026-03-02"
    for member, posts in (("a", 2), ("b", 1)):
        for n in range(posts):
            said = {"member_id": member, "subject": f"post:{member}{n}", "occurred_at": f"2026-03-04T0{n}:00:00Z"}
            backend.post("/v1/events", json=event(f"{member}{n}", **said))
    clock.advance(days=5)
    with transaction(forum.engine) as session:
        settle(session, date(2026, 3, 2), review=False, today=date(2026, 3, 9), now=clock.now)
    before = backend.get(f"/v1/seasons/{season}/standings").get_json()
    gone = {"type": "post.deleted", "member_id": "a", "subject": "post:a1", "occurred_at": "2026-03-09T00:00:00Z"}
    backend.post("/v1/events", json=event("gone", **gone))

    late = manager_again(forum).get(f"/v1/staff/seasons/{season}/late-reversals").get_json()["items"]

    assert [(line["member_id"], line["points"], line["would_have_changed_winners"]) for line in late] == [
        ("a", -20, False)
    ]
    assert backend.get(f"/v1/seasons/{season}/standings").get_json() == before
    everywhere = manager_again(forum).get("/v1/staff/late-reversals").get_json()
    assert everywhere == {"items": late, "next": None}
    assert [line["season"] for line in late] == [season]


def manager_again(forum: Forum) -> Caller:
    """A manager who signs in now: five days on, the first one's session is over."""
    return forum.staff("manager")
