from html import unescape

import pytest

from rewards.app import create_app
from rewards.http.catalogue import problem_kinds
from rewards.runtime.settings import Settings
from tests.support.clock import SettableClock
from tests.support.http import PROBLEM, Caller, Forum

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "ko"}


@pytest.mark.parametrize("path", ["/nowhere", "/ranking/fame", "/problems/none", "/ranking/seasons/1999-01-04"])
def test_a_browser_is_told_in_words_that_a_page_is_missing(forum: Forum, path: str) -> None:
    response = forum.anybody().get(path, headers=HTML)

    text = response.get_data(as_text=True)
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert "없는 페이지예요" in text
    assert response.headers["X-Request-Id"] in text


@pytest.mark.parametrize(
    "path,accept", [("/nowhere", "*/*"), ("/nowhere", "application/json"), ("/v1/nowhere", "text/html")]
)
def test_a_program_gets_the_problem_document(forum: Forum, path: str, accept: str) -> None:
    response = forum.anybody().get(path, headers={"Accept": accept})

    assert response.status_code == 404
    assert response.content_type == PROBLEM


def test_with_the_database_away_a_reader_is_asked_to_come_back(
    settings: Settings, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rewards.runtime.settings import load_settings  # noqa: PLC0415 -- after the environment is changed

    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    away = create_app(load_settings(), clock=clock)
    caller = Caller(away.test_client())
    caller.client.set_cookie("rewards_member", "ptm_x")

    response = caller.get("/ranking", headers=HTML)

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "곧 돌아올게요" in response.get_data(as_text=True)
    assert "포인트는 사라지지 않았어요" in response.get_data(as_text=True)


def test_a_fault_of_ours_says_so_without_its_trace(settings: Settings, clock: SettableClock) -> None:
    def broken() -> str:
        raise ZeroDivisionError("secret detail")

    app = create_app(settings, clock=clock)
    app.view_functions["pages.start"] = broken

    response = app.test_client().get("/", headers=HTML)

    assert response.status_code == 500
    assert "문제가 생겼어요" in response.get_data(as_text=True)
    assert "secret detail" not in response.get_data(as_text=True)


def test_every_problem_has_its_page(forum: Forum) -> None:
    catalogue = forum.anybody().get("/problems/").get_data(as_text=True)

    for kind in problem_kinds():
        response = forum.anybody().get(kind.type)
        assert response.status_code == 200
        assert kind.title in unescape(response.get_data(as_text=True))
        assert f'href="{kind.type}"' in catalogue
