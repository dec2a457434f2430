"""What is true of every page, whoever reads it. The pages are those of tests.support.tour, as in the pictures."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.test import TestResponse

from rewards.http.auth import STAFF_COOKIE
from tests.support.accessible import faults_of
from tests.support.browser import Visit, visiting
from tests.support.http import Caller
from tests.support.servers import Servers
from tests.support.tour import NOT_PAGES, STOPS, Member, Staff, Stop
from tests.support.tour_scenes import Scenes, Standing, scenes
from tests.support.village_life import staff_token

pytestmark = pytest.mark.browser

BYTES_MAX = 60_000
HTML = {"Accept": "text/html", "Accept-Language": "ko"}
TOO_SMALL = """
[...document.querySelectorAll('nav a, .button, button, .foot a, .purse')]
  .filter(one => one.checkVisibility() && !one.closest('.unseen, .skip'))
  .filter(one => { const box = one.getBoundingClientRect(); return box.height < 44 || box.width < 24 })
  .map(one => one.outerHTML.slice(0, 120))
"""
SCROLLS_SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
ANSWERED_SO = re.compile(r"the server responded with a status of 4\d\d")
"""Chromium's own words for a page that is a refusal; they say nothing that the page does not."""


@pytest.fixture(scope="session")
def tour(servers: Servers, worker_number: int, living_village_template: str) -> Iterator[Scenes]:
    """Where the pages stand: each scene is put up once, when it is first asked for."""
    redis_url = servers.valkey.url(worker_number)
    with scenes(servers, worker=f"{worker_number}_tour", redis_url=redis_url, template=living_village_template) as made:
        yield made


@pytest.fixture(params=STOPS, ids=lambda stop: stop.name)
def stop(request: pytest.FixtureRequest) -> Stop:
    """Each page in turn."""
    return request.param


@pytest.fixture(scope="session")
def phone(chromium: Browser) -> Iterator[Visit]:
    """A small window that speaks Korean: one for all pages, since a new one takes longer than the page in it."""
    with visiting(chromium, "", width=320) as visit:
        yield visit


@pytest.fixture(scope="session")
def plain_phone(chromium: Browser) -> Iterator[Visit]:
    """A small window that speaks English and runs no scripts, for all pages too."""
    with visiting(chromium, "", width=320, scripts=False, language="en") as visit:
        yield visit


def open_stop(visit: Visit, standing: Standing, *, stop: Stop) -> Page:
    """The page, in its state, for somebody who has not been here before; it must answer with its status."""
    visit.start_anew(standing.address)
    standing.come_in(visit.page, stop.who)
    answer = visit.page.goto(standing.address + standing.path_of(stop), wait_until="load")
    assert answer is not None
    assert answer.status == stop.status
    if stop.act is not None:
        stop.act(visit.page)
    return visit.page


def test_it_is_accessible_in_both_schemes_fits_a_small_phone_and_asks_nobody_else(
    phone: Visit, tour: Scenes, stop: Stop
) -> None:
    page = open_stop(phone, tour[stop.scene], stop=stop)

    assert page.locator("html").get_attribute("lang") == "ko"
    assert not page.evaluate(SCROLLS_SIDEWAYS)
    assert page.evaluate(TOO_SMALL) == []
    assert faults_of(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults_of(page) == []
    assert [said for said in phone.complaints if not ANSWERED_SO.search(said)] == []


def test_it_works_without_scripts_in_english(plain_phone: Visit, tour: Scenes, stop: Stop) -> None:
    page = open_stop(plain_phone, tour[stop.scene], stop=stop)

    assert page.locator(stop.says).count() > 0
    assert page.locator("html").get_attribute("lang") == "en"
    assert not page.evaluate(SCROLLS_SIDEWAYS)


def test_it_is_small_strict_and_every_link_on_it_answers(tour: Scenes, stop: Stop) -> None:
    standing = tour[stop.scene]
    caller = come_in(standing, stop=stop)

    response = caller.get(standing.path_of(stop), headers=HTML)

    html = response.get_data(as_text=True)
    assert response.status_code == stop.status
    assert len(response.data) < BYTES_MAX
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|hx-on", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))
    assert_strict(response)
    # A refusal leads to itself in the other language, and a visitor to pages that say how to come in.
    fine = {stop.status} if stop.who else {stop.status, 401}
    answers = {link: caller.get(link, headers=HTML).status_code for link in links_of(html)}
    assert {link: status for link, status in answers.items() if status >= 400 and status not in fine} == {}


def come_in(standing: Standing, *, stop: Stop) -> Caller:
    """Whoever reads the stop, in this process."""
    caller = standing.stage.forum.anybody()
    if isinstance(stop.who, Member):
        token = standing.stage.forum.token(stop.who.member_id)
        assert caller.get(f"/sso?next=/ranking&token={token}").status_code == 303
    elif isinstance(stop.who, Staff):
        caller.client.set_cookie(STAFF_COOKIE, staff_token(stop.who.name))
    return caller


def assert_strict(response: TestResponse) -> None:
    """The page says what it may load: nothing but what is this service's own, and nothing inline."""
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors" in policy
    assert "*" not in policy
    assert "http:" not in policy


def links_of(html: str) -> set[str]:
    """Where the page leads to and what it loads, on this service."""
    found = {unescape(link) for link in re.findall(r'(?:href|src)="(/[^"#]*)', html)}
    return {link for link in found if not link.startswith("//")}


def test_every_page_is_on_the_tour(app: Flask) -> None:
    shown = {stop.endpoint for stop in STOPS}
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in ("pages", "staff") and "GET" in (rule.methods or ())
    }

    assert pages - shown - NOT_PAGES.keys() == set()
    assert shown - pages == {""}, "a stop of a page that is gone"
    assert NOT_PAGES.keys() - pages == set()


def test_every_stop_is_of_the_page_that_it_says(tour: Scenes) -> None:
    wrong: list[str] = []
    for stop in STOPS:
        standing = tour[stop.scene]
        with standing.stage.app.test_request_context(standing.path_of(stop)) as context:
            if (context.request.endpoint or "") != stop.endpoint:
                wrong.append(stop.name)

    assert wrong == []


def test_no_two_pictures_have_one_name() -> None:
    assert len({stop.name for stop in STOPS}) == len(STOPS)
