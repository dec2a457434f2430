import re
from datetime import timedelta

import pytest

from tests.support.clock import SettableClock
from tests.support.http import Caller, Forum
from tests.support.village import READER

HTML = {"Accept": "text/html", "Accept-Language": "ko"}


def page(caller: Caller) -> str:
    return caller.get("/ranking", headers=HTML).get_data(as_text=True)


def test_the_forum_signs_a_member_in_and_on_to_where_they_were_going(forum: Forum) -> None:
    caller = forum.anybody()

    response = caller.get(f"/sso?token={forum.token(READER)}&next=/ranking/month%3Flang=ko")

    cookie = response.headers["Set-Cookie"]
    assert response.status_code == 303
    assert response.headers["Location"] == "/ranking/month?lang=ko"
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "내 순위" in page(caller)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "/a\\..\\\\elsewhere.example",
        "javascript:alert(1)",
        "ranking",
        "/%0d%0aSet-Cookie:%20a=b",
        "/%09/elsewhere.example",
        "",
    ],
)
def test_signing_in_leads_nowhere_else(forum: Forum, elsewhere: str) -> None:
    response = forum.anybody().get(f"/sso?token={forum.token(READER)}&next={elsewhere}")

    assert response.status_code == 303
    assert response.headers["Location"] == "/ranking"


def test_a_token_is_good_once(forum: Forum) -> None:
    token = forum.token(READER)
    first = forum.anybody().get(f"/sso?token={token}")

    second = forum.anybody().get(f"/sso?token={token}", headers=HTML)

    assert first.status_code == 303
    assert second.status_code == 401
    assert "Set-Cookie" not in second.headers
    assert "로그인하지 못했어요" in second.get_data(as_text=True)
    assert token not in second.get_data(as_text=True)
    assert second.headers["Referrer-Policy"] == "no-referrer"


def test_a_token_of_more_than_a_minute_ago_is_too_old(forum: Forum, clock: SettableClock) -> None:
    token = forum.token(READER)
    clock.advance(seconds=61)

    assert forum.anybody().get(f"/sso?token={token}").status_code == 401


def test_no_token_and_nonsense_sign_nobody_in(forum: Forum) -> None:
    for query in ("", "?token=", "?token=abc.def.ghi"):
        assert forum.anybody().get(f"/sso{query}").status_code == 401


def test_signing_out_ends_the_session_itself(forum: Forum) -> None:
    caller = forum.anybody()
    caller.get(f"/sso?token={forum.token(READER)}")
    cookie = caller.client.get_cookie("rewards_member")
    proof = re.search(r'name="csrf" value="(\w+)"', page(caller))
    assert cookie
    assert proof

    response = caller.post("/sign-out", data={"csrf": proof[1]})

    stolen = forum.anybody()
    stolen.client.set_cookie("rewards_member", cookie.value)
    assert response.status_code == 303
    assert "내 순위" not in page(caller)
    assert "내 순위" not in page(stolen)


def test_another_site_cannot_sign_a_member_out(forum: Forum) -> None:
    caller = forum.anybody()
    caller.get(f"/sso?token={forum.token(READER)}")

    for form in ({}, {"csrf": "0" * 64}):
        assert caller.post("/sign-out", data=form, headers=HTML).status_code == 403

    assert "내 순위" in page(caller)


def test_a_session_ends_by_itself(forum: Forum, clock: SettableClock) -> None:
    caller = forum.anybody()
    caller.get(f"/sso?token={forum.token(READER)}")

    clock.set(clock.now + timedelta(hours=9))

    assert "내 순위" not in page(caller)
