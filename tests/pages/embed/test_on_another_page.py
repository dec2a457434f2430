"""The lines of docs/how-to/embed.md, copied into a page of another origin, in a real browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Frame, Page
from sqlalchemy import Engine

from rewards.app import create_app
from rewards.runtime.settings import Settings
from tests.support.accessible import faults_of
from tests.support.browser import Scheme, Visit, listening, visiting
from tests.support.clock import SettableClock
from tests.support.http import Forum
from tests.support.village import NOW, READER
from tests.support.world import World

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs/how-to/embed.md").read_text(encoding="utf-8")
LINES = re.findall(r"<iframe .*</iframe>", GUIDE.partition("## On a PHP board")[0])
SIZES = [
    (int(width), int(height), what)
    for width, height, what in re.findall(r"^\| (\d+) × (\d+) \| (.*) \|$", GUIDE, re.MULTILINE)
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass(frozen=True)
class FrontPage:
    """The forum's front page, on a port of its own, and what it holds."""

    board: Flask
    address: str
    lines: list[str]

    def put(self, service: str, *lines: str) -> None:
        self.lines[:] = [line.replace("https://points.example", service) for line in lines]


@pytest.fixture
def front_page() -> Iterator[FrontPage]:
    """A forum that has nothing to do with the service but the lines that it copied."""
    board, lines = Flask("board"), list[str]()

    def index() -> str:
        style = '<link rel="icon" href="data:,"><style>:root { color-scheme: light dark }</style>'
        return f'<!doctype html><html lang="ko"><title>forum</title>{style}<body>{"".join(lines)}'

    board.add_url_rule("/", view_func=index)
    with listening(board) as address:
        yield FrontPage(board, address, lines)


@contextmanager
def service_for(settings: Settings, *, allowed: tuple[str, ...], clock: SettableClock, engine: Engine) -> Iterator[str]:
    app = create_app(replace(settings, embed_ancestors=allowed), clock=clock, engine=engine)
    with listening(app) as address:
        yield address


@pytest.fixture
def service(
    settings: Settings, lively: World, clock: SettableClock, engine: Engine, front_page: FrontPage
) -> Iterator[str]:
    """The village, which lets that front page show its boxes."""
    with service_for(settings, allowed=(front_page.address,), clock=clock, engine=engine) as address:
        yield address


def frames_of(visit: Visit) -> list[Frame]:
    """The boxes on the page, loaded, wherever they lie on it."""
    page: Page = visit.page
    for number in range(page.locator("iframe").count()):
        page.locator("iframe").nth(number).scroll_into_view_if_needed()
        page.frame_locator("iframe").nth(number).locator("main").wait_for()
    return page.frames[1:]


def overflows(frame: Frame) -> bool:
    """Whether anything would have to be scrolled."""
    return frame.evaluate(
        "(() => { const root = document.documentElement;"
        " return root.scrollHeight > root.clientHeight || root.scrollWidth > root.clientWidth })()"
    )


def test_the_guide_has_lines_to_copy() -> None:
    assert len(LINES) == 4
    assert all('title="' in line and 'loading="lazy"' in line for line in LINES)
    assert len(SIZES) == 3


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_lines_show_the_boxes_and_their_sizes_fit(
    chromium: Browser, front_page: FrontPage, service: str, scheme: Scheme, language: str
) -> None:
    front_page.put(service, *LINES)
    with visiting(chromium, front_page.address, width=1280, scheme=scheme, language=language) as visit:
        visit.open("/")

        frames = frames_of(visit)

        assert len(frames) == len(LINES)
        for frame, line in zip(frames, LINES, strict=True):
            assert not overflows(frame), line
            assert frame.locator("h1").is_visible()
            forced = "rgb(25, 28, 34)" if scheme == "dark" or "scheme=dark" in line else "rgb(255, 255, 255)"
            assert frame.evaluate("getComputedStyle(document.documentElement).backgroundColor") == forced, line
        assert [said for said in visit.complaints if not said.startswith(f"asked another host: {service}/")] == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_sizes_of_the_table_fit_too_and_so_do_240_px(
    chromium: Browser, front_page: FrontPage, service: str, language: str
) -> None:
    lines = [
        f'<iframe src="{path}&amp;lang={language}" width="{narrow}" height="{height}"></iframe>'
        for width, height, what in SIZES
        for path in paths_of(what)
        for narrow in (width, 240)
    ]
    front_page.put(service, *(line.replace('src="', 'src="https://points.example') for line in lines))
    with visiting(chromium, front_page.address, width=1280) as visit:
        visit.open("/")

        frames = frames_of(visit)

        assert len(frames) == 8
        assert [line for frame, line in zip(frames, lines, strict=True) if overflows(frame)] == []


def paths_of(what: str) -> list[str]:
    """The boxes that a line of the table is about."""
    return [
        "/embed/attendance?x" if part.strip() == "today" else f"/embed/ranking?{re.findall(r'top=[0-9]+', part)[0]}"
        for part in what.split("·")
    ]


def test_a_page_that_is_not_named_cannot_show_them(
    chromium: Browser,
    front_page: FrontPage,
    settings: Settings,
    settled: World,
    clock: SettableClock,
    engine: Engine,
) -> None:
    for allowed in ((), ("https://forum.example",), (front_page.address.replace("127.0.0.1", "localhost"),)):
        with service_for(settings, allowed=allowed, clock=clock, engine=engine) as service:
            front_page.put(service, LINES[0].replace(' loading="lazy"', ""))
            with visiting(chromium, front_page.address, width=1280) as visit:
                visit.open("/")

                assert visit.page.frame_locator("iframe").locator(".rows").count() == 0
                assert any("frame-ancestors" in said for said in visit.complaints), visit.complaints


def test_the_button_leads_the_whole_window_to_the_page(chromium: Browser, front_page: FrontPage, service: str) -> None:
    front_page.put(service, LINES[1])
    with visiting(chromium, front_page.address, width=1280) as visit:
        visit.open("/")

        visit.page.frame_locator("iframe").get_by_role("link", name="출석하기").click()

        visit.page.wait_for_url(f"{service}/attendance")
        assert visit.page.get_by_role("heading", name="오늘의 출석").is_visible()


def test_a_member_of_the_same_site_is_known_in_the_box(
    chromium: Browser, front_page: FrontPage, service: str, forum: Forum, lively: World
) -> None:
    # Another port of the same host is another origin, and the same site.
    lively.check_in(READER, now=NOW)
    front_page.put(service, LINES[1])
    with visiting(chromium, front_page.address, width=1280) as visit:
        visit.page.goto(f"{service}/sso?next=/attendance&token={forum.token(READER)}")
        visit.open("/")

        assert visit.page.frame_locator("iframe").get_by_text("오늘 출석했어요").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/embed/ranking?top=10", "/embed/attendance", "/embed/ranking?accent=ffee00"])
def test_the_boxes_are_accessible_in_both_schemes(chromium: Browser, service: str, path: str, scheme: Scheme) -> None:
    for forced in ("", "&scheme=dark", "&scheme=light"):
        with visiting(chromium, service, width=300, scheme=scheme) as visit:
            page = visit.open(f"{path}{'' if '?' in path else '?x'}{forced}")

            assert faults_of(page, rules=RULES) == []
            small = page.evaluate(
                "[...document.querySelectorAll('.button, .further a')]"
                ".filter(one => one.getBoundingClientRect().height < 44).map(one => one.textContent)"
            )
            assert small == []
            assert visit.complaints == []
