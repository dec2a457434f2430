"""Take the pictures of docs/pictures: the ranking and the start page, as members see them.

python tools/pictures.py                              # of a village made up for it, on servers of its own
python tools/pictures.py --url http://127.0.0.1:8000  # of a service that runs, without anybody signed in
"""

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import structlog
from playwright.sync_api import Browser, sync_playwright

from rewards.app import create_app
from rewards.runtime.database import create_engine_from
from rewards.runtime.settings import load_settings
from tests.support import village
from tests.support.browser import Scheme, launch, listening, visiting
from tests.support.clock import SettableClock
from tests.support.database import copied_database
from tests.support.http import Forum
from tests.support.servers import Servers, folder_of_run
from tests.support.settings import environment_of
from tests.support.world import open_world

FOLDER = ROOT / "docs/pictures"
PAGES: Mapping[str, str] = {"ranking": "/ranking", "start": "/"}
WIDTHS = (360, 1280)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
LANGUAGES = ("ko", "en")
BYTES_MAX = 150_000


class Stage(NamedTuple):
    """What is photographed: the service's address, and where to sign in first, if anywhere."""

    address: str
    signing_in: Mapping[str, str]


@contextmanager
def village_stage() -> Iterator[Stage]:
    """The made-up village, served at its own moment."""
    servers = Servers(folder_of_run())
    try:
        servers.start()
        with copied_database(servers, worker="pictures") as database:
            environment = environment_of(
                servers.secrets,
                database_url=database.service_url,
                migration_url=database.migrator_url,
                redis_url=servers.valkey.url(0),
            )
            os.environ.update(environment)
            settings, clock = load_settings(), SettableClock(village.NOW)
            engine = create_engine_from(settings.database_url)
            village.settle_village(open_world(engine, at=village.NOW))
            app = create_app(settings, clock=clock)
            forum = Forum(app, settings, engine, clock)
            with listening(app) as address:
                yield Stage(address, _Tokens(forum))
            engine.dispose()
    finally:
        servers.stop()


class _Tokens(dict[str, str]):
    """A new sign-in for each picture: a token is good once."""

    def __init__(self, forum: Forum) -> None:
        self._forum = forum

    def __missing__(self, path: str) -> str:
        return f"/sso?next={path}&token={self._forum.token(village.READER)}"


def take(browser: Browser, stage: Stage, *, name: str, width: int, scheme: Scheme, language: str) -> Path:
    """One picture: a whole page on a phone, the first screen on a desk."""
    file = FOLDER / f"{name}-{width}-{scheme}-{language}.png"
    height = 1180 if width < 860 else 800
    with visiting(browser, stage.address, width=width, height=height, scheme=scheme, language=language) as visit:
        path = PAGES[name]
        page = visit.open(stage.signing_in[path] if name == "ranking" else path)
        page.screenshot(path=file)
        if visit.complaints:
            print(f"{file.name}: {visit.complaints}")
    return file


def main() -> int:
    """Take them all; 1 if one is too large."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a service that runs already")
    parser.add_argument("--only", choices=tuple(PAGES), help="one page alone")
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, _stage(given.url) as stage:
        browser = launch(playwright)
        files = [
            take(browser, stage, name=name, width=width, scheme=scheme, language=language)
            for name, width, scheme, language in product(
                [given.only] if given.only else PAGES, WIDTHS, SCHEMES, LANGUAGES
            )
        ]
        browser.close()
    large = [file.name for file in files if file.stat().st_size > BYTES_MAX]
    print(
        f"{len(files)} pictures in {FOLDER.relative_to(ROOT)}" + (f"; too large: {', '.join(large)}" if large else "")
    )
    return 1 if large else 0


@contextmanager
def _stage(url: str | None) -> Iterator[Stage]:
    if url:
        yield Stage(url.rstrip("/"), {path: path for path in PAGES.values()})
    else:
        with village_stage() as stage:
            yield stage


if __name__ == "__main__":
    sys.exit(main())
