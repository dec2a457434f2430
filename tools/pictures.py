"""Take the pictures of docs/pictures: every page narrow and wide, light and dark, Korean and English.

Further states of a page that is shown already get four of these eight, so that each is there.

python tools/pictures.py                      # all of them, of a village made up for it, on servers of its own
python tools/pictures.py --only market        # one page
python tools/pictures.py --only staff --whole --into /tmp/shots   # pages that begin so, to their ends, to look at
python tools/pictures.py --weigh              # no pictures: bytes and requests of each page
"""

import argparse
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import structlog
from PIL import Image
from playwright.sync_api import Browser, Page, Response, sync_playwright

from rewards.pages.colours import SURFACE_DARK, SURFACE_LIGHT, channels, shades
from tests.support.browser import Scheme, launch, visiting
from tests.support.host_page import hosting
from tests.support.servers import Servers, folder_of_run
from tests.support.tour import STOPS, Member, Staff, Stop
from tests.support.tour_scenes import Scenes, scenes
from tests.support.village_stage import living_template

FOLDER = ROOT / "docs/pictures"
WIDTHS = {360: 900, 1280: 720}
"""Each with the height that is shown of a page."""
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
LANGUAGES = ("ko", "en")
COLOURS = 64
"""So few that a picture stays small, and enough for the smooth edges of letters."""
BRAND = "#2f6fed"
GROUNDS = (
    *("#f5f6f8", "#ffffff", "#f3f5f8", "#e4e7ec", "#fdeceb", "#15181d", "#59616d"),
    *("#0f1115", "#191c22", "#22262e", "#2c313a", "#3a2120", "#eef0f3", "#a5adb9"),
    *(shades(BRAND, surface=SURFACE_LIGHT).soft, shades(BRAND, surface=SURFACE_DARK).soft),
)
SAYING = (
    *GROUNDS,
    *("#f4c64f", "#d3dae3", "#e6ad82", "#e9b93c", "#bcc5d1", "#d69a6d", "#c92f28", "#ff8078", "#1d5fd0", "#7eb0ff"),
    *(shades(BRAND, surface=SURFACE_LIGHT).ink, shades(BRAND, surface=SURFACE_LIGHT).fill),
    shades(BRAND, surface=SURFACE_DARK).ink,
)
"""Colours that say something, as the style sheets have them: a picture keeps them however rare they are."""
BYTES_MAX = 50_000
REQUEST_ID = "8c1f4e2ab7d94d0f9a53c6e1f0b2d784"
"""What pages of errors show: the same each time."""
FOLDER_BYTES_MAX = 10_000_000


LOOKS: Mapping[str, tuple[int, Scheme]] = {
    f"{width}-{scheme}": (width, scheme) for width, scheme in product(WIDTHS, SCHEMES)
}


FEWER = ("360-light-ko", "360-dark-en", "1280-light-en", "1280-dark-ko")
"""What is taken of a further state of a page."""


def looks_of(stop: Stop) -> list[tuple[str, str]]:
    """The looks and languages in which a stop is taken: all for the first stop of a page, fewer for further ones."""
    first = next(one for one in STOPS if one.endpoint == stop.endpoint)
    every = [(look, language) for look, language in product(LOOKS, LANGUAGES)]
    return every if stop is first else [one for one in every if "-".join(one) in FEWER]


class Camera(NamedTuple):
    """What pictures are taken with and kept in."""

    browser: Browser
    scenes: Scenes
    forum: str
    folder: Path
    whole: bool


@contextmanager
def set_up(folder: Path, *, whole: bool) -> Iterator[Camera]:
    """Servers, the village and a browser."""
    servers = Servers(folder_of_run())
    try:
        servers.start()
        redis_url = servers.valkey.url(0)
        with (
            hosting() as forum,
            living_template(servers, worker="pictures_living", redis_url=redis_url) as template,
            scenes(servers, worker="pictures", redis_url=redis_url, template=template, embed_ancestors=forum) as stand,
            sync_playwright() as playwright,
        ):
            browser = launch(playwright)
            yield Camera(browser, stand, forum, folder, whole)
            browser.close()
    finally:
        servers.stop()


@contextmanager
def opened(camera: Camera, stop: Stop, *, language: str) -> Iterator[Page]:
    """The page of a stop, in its state, on a phone."""
    standing = camera.scenes[stop.scene]
    with visiting(camera.browser, standing.address, language=language) as visit:
        visit.page.clock.set_fixed_time(standing.stage.clock())
        visit.page.set_extra_http_headers({"X-Request-Id": REQUEST_ID})
        standing.come_in(visit.page, stop.who)
        path = standing.path_of(stop)
        if stop.inside_forum:
            visit.page.goto(f"{camera.forum}/?box={quote(standing.address + path, safe='')}")
        else:
            visit.open(path)
        if stop.act is not None:
            stop.act(visit.page)
        yield visit.page


def take(camera: Camera, stop: Stop, *, language: str, looks: Sequence[str]) -> list[Path]:
    """The pictures of a page in one language: of its first screen, or all of it."""
    files: list[Path] = []
    with opened(camera, stop, language=language) as page:
        for look in looks:
            width, scheme = LOOKS[look]
            page.set_viewport_size({"width": width, "height": WIDTHS[width]})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            settle_down(page)
            shot = page.screenshot(full_page=camera.whole, animations="disabled", caret="hide")
            file = camera.folder / f"{stop.name}-{look}-{language}.png"
            small_picture(shot).save(file, optimize=True)
            files.append(file)
    return files


def small_picture(shot: bytes) -> Image.Image:
    """The screenshot with few colours."""
    picture = Image.open(BytesIO(shot)).convert("RGB")
    usual = picture.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(usual[: 3 * COLOURS] + [part for colour in SAYING for part in channels(colour)])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def settle_down(page: Page) -> None:
    """Wait until all pictures of products are there, also those that come only when they are scrolled to."""
    page.evaluate(
        "Promise.all([...document.images].map(one => { one.loading = 'eager'; return one.decode().catch(() => 0) }))"
    )


def weigh(camera: Camera, stop: Stop) -> str:
    """A line of the table: bytes of HTML, and of all that a first visit asks for."""
    got: list[Response] = []
    standing = camera.scenes[stop.scene]
    with opened(camera, stop, language="ko") as page:
        # The sign-in and whatever came before are not the page's own: read it once more, with nothing kept.
        page.goto("about:blank")
        page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        page.on("response", lambda response: got.append(response))  # noqa: PLW0108 -- it marks what it is given
        page.goto(standing.address + standing.path_of(stop), wait_until="networkidle")
        sizes = [len(response.body()) for response in got]
    return f"| {stop.name} | {sizes[0]:,} | {len(sizes)} | {sum(sizes):,} |"


def list_pictures(stops: Sequence[Stop]) -> str:
    """The page that names all pictures."""
    lines = [
        "# Pictures of every page",
        "",
        "Taken by `make pictures` of a village that is made up for it, at one fixed moment: a Tuesday, 13:18 in Seoul.",
        "The tests of all pages (`tests/pages/test_everywhere.py`) open the same list (`tests/support/tour.py`).",
        "",
        "Further states of a page are there in four looks of the eight.",
        "",
        "| page | address | read by | pictures: width, scheme, language |",
        "|---|---|---|---|",
    ]
    for stop in stops:
        links = [
            f"[{look.replace('-', ' ')} {language}]({stop.name}-{look}-{language}.png)"
            for look, language in looks_of(stop)
        ]
        lines.append(f"| {stop.name} | `{stop.path}` | {reader_of(stop)} | {' · '.join(links)} |")
    return "\n".join(lines) + "\n"


def reader_of(stop: Stop) -> str:
    """Who reads the page, in words."""
    match stop.who:
        case Member(member_id):
            who = f"member `{member_id}`"
        case Staff(name):
            who = f"staff `{name}`"
        case _:
            who = "a visitor"
    where = {"village": "", "empty": ", nothing has happened yet"}.get(stop.scene, f", {stop.scene}")
    return f"{who}{where}{', on the forum’s page' if stop.inside_forum else ''}"


def main() -> int:
    """Take them; 1 if a page failed or a picture is too large."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="PAGE", help="pages whose names begin so")
    parser.add_argument("--whole", action="store_true", help="each page to its end")
    parser.add_argument("--into", type=Path, default=FOLDER, help="another folder")
    parser.add_argument("--look", choices=tuple(LOOKS), help="only this look")
    parser.add_argument("--language", choices=LANGUAGES, help="only this language")
    parser.add_argument("--weigh", action="store_true", help="print bytes and requests instead")
    given = parser.parse_args()
    stops = [stop for stop in STOPS if stop.name.startswith(given.only or "")]
    if not stops:
        parser.error(f"no page begins with {given.only}; there are {', '.join(stop.name for stop in STOPS)}")
    given.into.mkdir(parents=True, exist_ok=True)
    with set_up(given.into, whole=given.whole) as camera:
        if given.weigh:
            return weigh_all(camera, stops)
        looks, languages = (
            [given.look] if given.look else list(LOOKS),
            [given.language] if given.language else LANGUAGES,
        )
        return take_all(camera, stops, looks=looks, languages=languages)


def weigh_all(camera: Camera, stops: Sequence[Stop]) -> int:
    """Print the table."""
    print("| page | HTML, bytes | requests | bytes in all |\n|---|---:|---:|---:|")
    for stop in stops:
        print(weigh(camera, stop), flush=True)
    return 0


def take_all(camera: Camera, stops: Sequence[Stop], *, looks: Sequence[str], languages: Sequence[str]) -> int:
    """All pictures, and the page that lists them where all were taken."""
    failed: list[str] = []
    files: list[Path] = []
    for number, stop in enumerate(stops, start=1):
        taken: list[Path] = []
        for language in languages:
            try:
                wanted = [look for look, spoken in looks_of(stop) if spoken == language and look in looks]
                taken += take(camera, stop, language=language, looks=wanted)
            except Exception as error:  # noqa: BLE001 -- a page that fails is named, and the others are still taken
                failed.append(f"{stop.name} in {language}: {str(error).splitlines()[0]}")
        files += taken
        print(f"{number}/{len(stops)} {stop.name}: {len(taken)} pictures, {bytes_of(taken):,} bytes", flush=True)
    large = [file.name for file in files if file.stat().st_size > BYTES_MAX] if not camera.whole else []
    total = bytes_of(files)
    if camera.folder == FOLDER and len(stops) == len(STOPS) and not failed:
        (FOLDER / "README.md").write_text(list_pictures(stops), encoding="utf-8")
    for line in (*(f"failed: {one}" for one in failed), *(f"too large: {one}" for one in large)):
        print(line)
    print(f"{total:,} bytes in {camera.folder}")
    return 1 if failed or large or total > FOLDER_BYTES_MAX else 0


def bytes_of(files: Sequence[Path]) -> int:
    """How large they are together."""
    return sum(file.stat().st_size for file in files)


if __name__ == "__main__":
    sys.exit(main())
