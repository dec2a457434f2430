"""One's own sign-ins, everybody's for managers, and ending them."""

import re

import pytest
from flask.testing import FlaskClient

from rewards.access.scopes import Role
from rewards.pages.agents import agent_words
from tests.pages.staff.access.signing_in import browser_at, proof_on, try_it
from tests.support.clock import SettableClock
from tests.support.http import Forum, problem_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
END = re.compile(r'action="(/staff/sessions/\w+/end)"')


def employ(forum: Forum, role: Role, *, name: str) -> None:
    """Somebody of the staff who is signed in nowhere."""
    forum.staff(role, name=name).delete("/v1/staff/sessions/current")


def signed_in(forum: Forum, name: str = "mina", *, address: str = "192.0.2.7", agent: str = FIREFOX) -> FlaskClient:
    """A browser in which somebody has signed in."""
    client = browser_at(forum, address)
    client.environ_base["HTTP_USER_AGENT"] = agent
    assert try_it(client, name).status_code == 303
    return client


def page(client: FlaskClient) -> str:
    return client.get("/staff/sessions").get_data(as_text=True)


def post(client: FlaskClient, path: str) -> int:
    return client.post(path, data={"csrf": proof_on(client.get("/staff/sessions"))}).status_code


@pytest.mark.parametrize(
    "agent,words",
    [
        (FIREFOX, "Firefox · Linux"),
        (CHROME, "Chrome · Windows"),
        (CHROME + " Edg/140.0", "Edge · Windows"),
        (CHROME + " Whale/4.0", "Whale · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile SamsungBrowser/27.0", "Samsung Internet · Android"),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.32 (x)", "python-requests"),
        ("/", ""),
        ("", ""),
        (None, ""),
        ("x" * 300, "x" * 30),
    ],
)
def test_a_browser_is_told_in_two_words(agent: str | None, words: str) -> None:
    assert agent_words(agent) == words


def test_the_page_tells_where_when_and_with_what_one_signed_in(forum: Forum, clock: SettableClock) -> None:
    employ(forum, "viewer", name="mina")
    signed_in(forum, address="203.0.113.9", agent=CHROME)
    clock.advance(minutes=12)

    shown = page(signed_in(forum))

    assert "Firefox · Linux" in shown
    assert "Chrome · Windows" in shown
    assert "203.0.113.9" in shown
    assert "12분 전" in shown
    assert shown.count("지금 이 브라우저") == 1
    assert len(END.findall(shown)) == 1


def test_ending_a_sign_in_ends_it_at_its_next_click(forum: Forum) -> None:
    employ(forum, "viewer", name="mina")
    other, own = signed_in(forum, agent=CHROME), signed_in(forum)
    (end,) = END.findall(page(own))

    assert post(own, end) == 303

    assert other.get("/staff/").location.startswith("/staff/sign-in")
    assert "로그인을 끝냈어요." in page(own)
    assert post(own, end) == 303
    assert "이미 끝난 로그인" in page(own)


def test_a_page_that_changes_in_place_is_loaded_anew_when_the_sign_in_is_over(forum: Forum) -> None:
    answer = forum.anybody().get("/staff/audit?who=mina", headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/staff/sign-in?next=/staff/audit?who%3Dmina"


def test_all_others_of_ones_own_end_at_once(forum: Forum) -> None:
    employ(forum, "viewer", name="mina")
    employ(forum, "viewer", name="jun")
    others, stranger, own = [signed_in(forum) for _ in range(3)], signed_in(forum, "jun"), signed_in(forum)

    assert post(own, "/staff/sessions/end-others") == 303

    assert {client.get("/staff/").status_code for client in others} == {303}
    assert [client.get("/staff/").status_code for client in (own, stranger)] == [200, 200]


def test_only_managers_see_and_end_other_peoples_sign_ins(forum: Forum) -> None:
    employ(forum, "manager", name="mina")
    employ(forum, "fulfiller", name="jun")
    jun, mina = signed_in(forum, "jun", agent=CHROME), signed_in(forum)
    listed = forum.key("staff:manage").get("/v1/staff/sessions").get_json()["items"]
    ids = {one["name"]: one["id"] for one in listed}

    assert "Firefox" not in page(jun)
    assert post(jun, f"/staff/sessions/{ids['mina']}/end") == 303
    assert mina.get("/staff/").status_code == 200
    assert END.findall(page(mina)) == [f"/staff/sessions/{ids['jun']}/end"]
    assert post(mina, f"/staff/sessions/{ids['jun']}/end") == 303
    assert jun.get("/staff/").status_code == 303


def test_the_page_stays_small_however_many_sign_ins_there_are(forum: Forum) -> None:
    employ(forum, "manager", name="mina")
    for _ in range(300):
        forum.staff("viewer")

    assert len(page(signed_in(forum)).encode()) < 60_000


def test_the_api_lists_and_ends_sign_ins_and_never_tells_the_token(forum: Forum) -> None:
    jun = forum.staff("viewer", name="jun")
    mina = forum.staff("manager", name="mina")
    token = jun.headers["Authorization"].removeprefix("Bearer ")

    (own,) = jun.get("/v1/staff/sessions").get_json()["items"]
    everybodys = mina.get("/v1/staff/sessions").get_json()["items"]

    assert (own["name"], own["present"]) == ("jun", True)
    assert token not in str(everybodys)
    assert {one["name"]: one["present"] for one in everybodys} == {"jun": False, "mina": True}
    minas = next(one["id"] for one in everybodys if one["name"] == "mina")
    problem_of(jun.delete(f"/v1/staff/sessions/{minas}"), 404, "not-found")
    assert mina.delete(f"/v1/staff/sessions/{own['id']}").status_code == 204
    problem_of(jun.get("/v1/staff/sessions"), 401, "not-signed-in")
    assert [line["action"] for line in mina.get("/v1/staff/audit").get_json()["items"]] == ["staff.end-sign-in"]


def test_a_key_has_no_sign_ins_of_its_own(forum: Forum) -> None:
    forum.staff("viewer", name="jun")

    assert forum.key("staff:view").get("/v1/staff/sessions").get_json()["items"] == []
    assert len(forum.key("staff:manage").get("/v1/staff/sessions").get_json()["items"]) == 1


def test_the_last_use_is_noted_once_a_minute(forum: Forum, clock: SettableClock) -> None:
    caller = forum.staff("viewer", name="jun")

    def last_used() -> str:
        return caller.get("/v1/staff/sessions").get_json()["items"][0]["last_used_at"]

    first = last_used()
    clock.advance(seconds=59)
    second = last_used()
    clock.advance(seconds=1)

    assert first == second
    assert last_used() > second
