"""The staff's sign-in page: who comes in, where they go, who is kept waiting."""

from datetime import timedelta

import pytest

from rewards.http.auth import STAFF_COOKIE
from tests.pages.staff.access.signing_in import browser_at, proof_on, try_it
from tests.support.clock import SettableClock
from tests.support.http import PASSWORD, Forum

SLOW = "여러 번"


def test_the_right_password_opens_the_desk(forum: Forum) -> None:
    forum.staff("fulfiller", name="mina")
    client = browser_at(forum)

    answer = try_it(client, "mina")

    cookie = client.get_cookie(STAFF_COOKIE)
    assert (answer.status_code, answer.location) == (303, "/staff/")
    assert cookie
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert cookie.path == "/"
    assert client.get("/staff/").status_code == 200


def test_the_cookie_is_for_https_only_where_the_service_is_reached_by_it(forum: Forum) -> None:
    forum.staff(name="mina")
    client, secured = browser_at(forum), {"base_url": "https://localhost"}
    proof = proof_on(client.get("/staff/sign-in", **secured))

    answer = client.post("/staff/sign-in", data={"csrf": proof, "name": "mina", "password": PASSWORD}, **secured)

    assert {cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie") if "Secure" in cookie} == {
        STAFF_COOKIE
    }


@pytest.mark.parametrize("name,password", [("mina", "not the password"), ("nobody", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_get_the_same_words(forum: Forum, name: str, password: str) -> None:
    forum.staff(name="mina")

    answer = try_it(browser_at(forum), name, password)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert "이름이나 비밀번호가 맞지 않아요." in page
    assert password not in page
    assert f'value="{name}"' in page


@pytest.mark.parametrize(
    "wanted,goes_to",
    [
        ("/staff/audit?who=mina", "/staff/audit?who=mina"),
        ("https://elsewhere.example/staff/", "/staff/"),
        ("//elsewhere.example/staff/", "/staff/"),
        ("/\\elsewhere.example/", "/staff/"),
        ("/ranking", "/staff/"),
        ("/staff/sign-in?next=/staff/", "/staff/"),
        ("", "/staff/"),
    ],
)
def test_signing_in_goes_on_to_where_one_wanted_on_the_desk_only(forum: Forum, wanted: str, goes_to: str) -> None:
    forum.staff(name="mina")

    assert try_it(browser_at(forum), "mina", next=wanted).location == goes_to


def test_a_page_of_the_desk_asks_to_sign_in_and_comes_back(forum: Forum) -> None:
    forum.staff(name="mina")
    client = browser_at(forum)

    sent = client.get("/staff/?lang=en")
    form = client.get(sent.location)

    assert sent.location == "/staff/sign-in?next=/staff/?lang%3Den"
    assert 'name="next" value="/staff/?lang=en"' in form.get_data(as_text=True)


def test_another_site_cannot_sign_somebody_in_as_somebody_else(forum: Forum) -> None:
    forum.staff(name="mina")
    victim, attacker = browser_at(forum), browser_at(forum)
    stolen = proof_on(attacker.get("/staff/sign-in"))
    victim.get("/staff/sign-in")
    right = proof_on(victim.get("/staff/sign-in"))

    for proof, site in (("", "same-origin"), (stolen, "same-origin"), (right, "cross-site"), (right, "same-site")):
        form = {"csrf": proof, "name": "mina", "password": PASSWORD}
        answer = victim.post("/staff/sign-in", data=form, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403, (proof, site)

    assert victim.get_cookie(STAFF_COOKIE) is None


def test_each_sign_in_has_a_token_of_its_own_and_the_former_is_over(forum: Forum) -> None:
    forum.staff(name="mina")
    client, thief = browser_at(forum), browser_at(forum, "203.0.113.9")
    try_it(client, "mina")
    first = client.get_cookie(STAFF_COOKIE)
    assert first
    client.delete_cookie(STAFF_COOKIE)
    proof = proof_on(client.get("/staff/sign-in"))
    client.set_cookie(STAFF_COOKIE, first.value)

    client.post("/staff/sign-in", data={"csrf": proof, "name": "mina", "password": PASSWORD})

    second = client.get_cookie(STAFF_COOKIE)
    thief.set_cookie(STAFF_COOKIE, first.value)
    assert second
    assert second.value != first.value
    assert client.get("/staff/").status_code == 200
    assert thief.get("/staff/").status_code == 303


def test_a_token_is_worth_nothing_after_signing_out(forum: Forum) -> None:
    forum.staff(name="mina")
    client, thief = browser_at(forum), browser_at(forum)
    try_it(client, "mina")
    cookie = client.get_cookie(STAFF_COOKIE)
    assert cookie

    answer = client.post("/staff/sign-out", data={"csrf": proof_on(client.get("/staff/"))})

    thief.set_cookie(STAFF_COOKIE, cookie.value)
    assert (answer.status_code, answer.location) == (303, "/staff/sign-in")
    assert client.get_cookie(STAFF_COOKIE) is None
    assert thief.get("/staff/").status_code == 303
    assert forum.bearer(cookie.value).get("/v1/staff/redemptions").status_code == 401


def test_another_site_cannot_sign_somebody_out(forum: Forum) -> None:
    forum.staff(name="mina")
    client = browser_at(forum)
    try_it(client, "mina")
    proof = proof_on(client.get("/staff/"))

    for form, site in (({}, "same-origin"), ({"csrf": "0" * 64}, "same-origin"), ({"csrf": proof}, "cross-site")):
        answer = client.post("/staff/sign-out", data=form, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403

    assert client.get("/staff/").status_code == 200


def test_guessing_is_slowed_and_the_wait_ends(forum: Forum, clock: SettableClock) -> None:
    forum.staff(name="mina")
    client = browser_at(forum)
    for _ in range(5):
        assert try_it(client, "mina", "a guess").status_code == 401

    right = try_it(client, "mina")
    clock.advance(seconds=2)
    again = try_it(client, "mina")

    assert right.status_code == 429
    assert right.headers["Retry-After"] == "2"
    assert SLOW in right.get_data(as_text=True)
    assert again.status_code == 303


def test_a_strangers_guesses_slow_nobody_elsewhere(forum: Forum) -> None:
    forum.staff(name="mina")
    stranger = browser_at(forum, "203.0.113.9")

    answers = [try_it(stranger, "mina", "a guess").status_code for _ in range(6)]

    assert answers == [401] * 5 + [429]
    assert try_it(browser_at(forum), "mina").status_code == 303


def test_the_api_slows_guesses_down_too(forum: Forum) -> None:
    forum.staff(name="mina")
    for _ in range(5):
        wrong = forum.anybody().post("/v1/staff/sessions", json={"name": "mina", "password": "a guess"})
        assert wrong.status_code == 401

    slowed = forum.anybody().post("/v1/staff/sessions", json={"name": "mina", "password": PASSWORD})

    assert slowed.status_code == 429
    assert slowed.headers["Retry-After"] == "2"
    assert slowed.get_json()["type"] == "/problems/too-many-requests"


def test_a_sign_in_ends_by_itself(forum: Forum, clock: SettableClock) -> None:
    forum.staff(name="mina")
    client = browser_at(forum)
    try_it(client, "mina")

    clock.set(clock.now + timedelta(hours=12))

    assert client.get("/staff/").status_code == 303
