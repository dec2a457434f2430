"""Style sheets, scripts and the icon: from this host, named with their content's hash so that browsers keep them."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Response, request, send_from_directory, url_for
from werkzeug.exceptions import NotFound

from rewards.pages.colours import SURFACE_DARK, SURFACE_LIGHT, Shades, shades

FOLDER = Path(__file__).parent / "static"
BRAND = "brand.css"
KEEP_S = 31_536_000


def asset_address(filename: str, *, brand: str) -> str:
    """The address of an asset, which changes with its content."""
    return url_for("pages.asset", filename=filename, v=_version(filename, brand=brand))


def send_asset(filename: str, *, brand: str) -> Response:
    """An asset; kept for good where its address names its present content. Raises NotFound."""
    response = _brand_sheet(brand) if filename == BRAND else send_from_directory(FOLDER, filename)
    if request.args.get("v") == _version(filename, brand=brand):
        response.headers["Cache-Control"] = f"public, max-age={KEEP_S}, immutable"
    return response


@cache
def brand_css(brand: str) -> str:
    """The forum's colour as tokens for both modes: a sheet of its own, since no style may be inline."""
    light = _tokens(shades(brand, surface=SURFACE_LIGHT))
    dark = _tokens(shades(brand, surface=SURFACE_DARK))
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def _tokens(found: Shades) -> str:
    tokens = {"ink": found.ink, "soft": found.soft, "fill": found.fill, "on-fill": found.on_fill}
    return " ".join(f"--brand-{name}: {colour};" for name, colour in tokens.items())


def _brand_sheet(brand: str) -> Response:
    return Response(brand_css(brand), mimetype="text/css")


@cache
def _version(filename: str, *, brand: str) -> str:
    path = FOLDER / filename
    if filename == BRAND:
        content = brand_css(brand).encode()
    elif path.is_file() and path.parent == FOLDER:
        content = path.read_bytes()
    else:
        raise NotFound
    return sha256(content).hexdigest()[:12]
