"""Style sheets, scripts and the icon: from this host, named with their content's hash so that browsers keep them."""

from functools import cache, lru_cache
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path

from flask import Response, request, url_for
from werkzeug.exceptions import NotFound

from rewards.pages.colours import SURFACE_DARK, SURFACE_LIGHT, Shades, shades

FOLDER = Path(__file__).parent / "static"
BRAND = "brand.css"
KEEP_S = 31_536_000
COLOURS_KEPT = 256
"""Anybody may ask for any colour: those that are in use stay in memory."""


def asset_address(filename: str, *, brand: str) -> str:
    """The address of an asset, which changes with its content."""
    return url_for("pages.asset", filename=filename, v=_version(filename, brand=brand))


def brand_address(colour: str) -> str:
    """The address of the brand's sheet in another colour, for boxes on the forum's own pages."""
    return url_for("pages.asset", filename=BRAND, colour=colour.removeprefix("#"), v=_version(BRAND, brand=colour))


def send_asset(filename: str, *, brand: str) -> Response:
    """An asset; kept for good where its address names its present content. Raises NotFound."""
    response = Response(_content(filename, brand=brand), mimetype=guess_type(filename)[0])
    if request.args.get("v") == _version(filename, brand=brand):
        response.headers["Cache-Control"] = f"public, max-age={KEEP_S}, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def brand_css(brand: str) -> str:
    """The forum's colour as tokens for both modes: a sheet of its own, since no style may be inline.

    The reader's preference decides, unless the page's root has the class `light` or `dark`.
    """
    light = _tokens(shades(brand, surface=SURFACE_LIGHT))
    dark = _tokens(shades(brand, surface=SURFACE_DARK))
    preferred = f"@media (prefers-color-scheme: dark) {{ :root:not(.light) {{ {dark} }} }}"
    return f":root {{ {light} }}\n{preferred}\n:root.dark {{ {dark} }}\n"


def _tokens(found: Shades) -> str:
    tokens = {"ink": found.ink, "soft": found.soft, "fill": found.fill, "on-fill": found.on_fill}
    return " ".join(f"--brand-{name}: {colour};" for name, colour in tokens.items())


def _content(filename: str, *, brand: str) -> bytes:
    """What an asset holds: a few kilobytes, kept in memory. Raises NotFound for what is none."""
    if filename == BRAND:
        return _brand_sheet(brand)
    if filename not in _files():
        raise NotFound
    return _files()[filename]


@lru_cache(maxsize=COLOURS_KEPT)
def _version(filename: str, *, brand: str) -> str:
    return sha256(_content(filename, brand=brand)).hexdigest()[:12]


@lru_cache(maxsize=COLOURS_KEPT)
def _brand_sheet(brand: str) -> bytes:
    return brand_css(brand).encode()


@cache
def _files() -> dict[str, bytes]:
    """All of the folder, read once: a name that is asked for never becomes a path."""
    return {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
