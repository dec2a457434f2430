"""Boxes for the forum's own pages: how they look there, who may show them, how long they may be kept."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from flask import Response, make_response, render_template, request
from sqlalchemy.exc import SQLAlchemyError

from rewards.http.auth import SESSION_COOKIE
from rewards.http.outages import is_away
from rewards.http.surroundings import here
from rewards.pages.assets import brand_address
from rewards.pages.colours import colour_of
from rewards.pages.languages import LANGUAGES
from rewards.pages.reader import forget_reader

KEEP_S = 60
"""How long a visitor's box may be shown again without asking, unless what it says ends sooner."""
AGAIN_S = 30


@dataclass(frozen=True, slots=True)
class Look:
    """How the forum wants a box: `scheme` is light, dark or empty (as the reader prefers); `brand` a sheet's address.

    What the address says wrongly is as if it said nothing: a box on somebody's front page never breaks over a typo.
    """

    scheme: str
    brand: str


def present_look() -> Look:
    """The look that the present request asks for."""
    scheme = request.args.get("scheme", "")
    accent = colour_of(request.args.get("accent")) or here().settings.brand_colour
    return Look(scheme=scheme if scheme in ("light", "dark") else "", brand=brand_address(accent))


@dataclass(frozen=True, slots=True)
class Box:
    """A box as its reading made it. `seconds_left`: until what it says is over."""

    html: str
    seconds_left: int


def as_box(view: Callable[[], Box]) -> Callable[[], Response]:
    """A view that answers with a box. Where the database is away it says so quietly, and when to ask again."""

    @wraps(view)
    def answered() -> Response:
        try:
            response = _kept(view())
        except SQLAlchemyError as error:
            if not is_away(error):
                raise
            response = _away()
        response.headers["Content-Security-Policy"] = content_policy(here().settings.embed_ancestors)
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
        return response

    return answered


def content_policy(ancestors: tuple[str, ...]) -> str:
    """A box loads sheets and pictures from here, sends nothing, and stands on these origins' pages only."""
    allowed = " ".join(ancestors) or "'none'"
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none';"
        f" frame-ancestors {allowed}"
    )


def _kept(box: Box) -> Response:
    response = make_response(box.html)
    if request.cookies.get(SESSION_COOKIE):
        response.headers["Cache-Control"] = "private, no-cache"
    else:
        response.headers["Cache-Control"] = f"public, max-age={max(min(KEEP_S, box.seconds_left), 0)}"
    response.vary.add("Cookie")
    if request.args.get("lang") not in LANGUAGES:
        response.vary.add("Accept-Language")
    response.add_etag()
    response.make_conditional(request)
    return response


def _away() -> Response:
    forget_reader()
    response = make_response(render_template("embed/away.html", look=present_look()), 503)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Retry-After"] = str(AGAIN_S)
    return response
