"""The pages' blueprint, put together: addresses, words for the templates, and what stands around every page."""

from typing import Any

from flask import Blueprint, Flask, Response, request

from rewards.http.surroundings import here
from rewards.pages import (
    attendance,
    embed,
    failures,
    market,
    me,
    pictures,
    points,
    problems,
    ranking,
    sign_in,
    start,
    words,
)
from rewards.pages.assets import asset_address, send_asset
from rewards.pages.colours import colour_of
from rewards.pages.frame import code, iso, phrases, present_frame
from rewards.pages.languages import speak
from rewards.pages.staff.blueprint import staff_blueprint


def register_pages(app: Flask) -> None:
    """Add the pages to the app."""
    settings = here_of(app).settings
    speak(app, default=settings.default_locale, timezone=settings.community_timezone.key)
    app.jinja_env.filters.update(number=words.number, iso=iso, code=code)
    app.config.update(
        SESSION_COOKIE_NAME="rewards_said",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https:"),
    )
    app.register_blueprint(_pages())
    app.register_blueprint(staff_blueprint())
    failures.register_failures(app)


def here_of(app: Flask) -> Any:
    """The app's surroundings, before any request."""
    with app.app_context():
        return here()


def _pages() -> Blueprint:
    pages = Blueprint("pages", __name__, template_folder="templates")
    pages.app_context_processor(_around)
    pages.after_app_request(_headers)
    pages.add_url_rule("/static/<path:filename>", "asset", _asset)
    for part in (start, ranking, attendance, market, me, points, embed, pictures, problems, sign_in):
        part.add_to(pages)
    return pages


def _asset(filename: str) -> Response:
    return send_asset(filename, brand=colour_of(request.args.get("colour")) or here().settings.brand_colour)


def _around() -> dict[str, Any]:
    """What every template may ask for."""
    frame = present_frame()
    brand = here().settings.brand_colour
    return {
        "frame": frame,
        "asset": lambda filename: asset_address(filename, brand=brand),
        "countdown": words.countdown,
        **phrases(frame),
    }


def _headers(response: Response) -> Response:
    """A page is the reader's own, and asked for anew each time; the browser may still keep it for going back.

    Whatever says by itself how long it may be kept says what it varies by, too.
    """
    if request.blueprint in ("pages", "staff") and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private, no-cache"
        response.vary.update(("Cookie", "Accept-Language"))
    return response
