"""Which language a page speaks: `?lang=` (kept in a cookie), the cookie, what the browser prefers, or the setting."""

from typing import Literal

from flask import Flask, Request, Response, request
from flask_babel import Babel

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")
COOKIE = "lang"
BOXES = "/embed/"
COOKIE_AGE_S = 365 * 86_400


def speak(app: Flask, *, default: Language, timezone: str) -> None:
    """Give the app its catalogues; English is what the templates say, Korean is `translations/ko`."""
    Babel(
        app,
        default_locale="en",
        default_timezone=timezone,
        default_translation_directories=f"{app.root_path}/pages/translations",
        locale_selector=lambda: language_of(request, default=default),
    )
    app.after_request(_keep_choice)


def language_of(asked: Request, *, default: Language) -> Language:
    """The language to answer in."""
    for wanted in (asked.args.get("lang"), asked.cookies.get(COOKIE)):
        if chosen := _known(wanted):
            return chosen
    return _known(asked.accept_languages.best_match(LANGUAGES)) or default


def other_than(language: Language) -> Language:
    """The other one."""
    return "en" if language == "ko" else "ko"


def _known(wanted: str | None) -> Language | None:
    return next((language for language in LANGUAGES if language == wanted), None)


def _keep_choice(response: Response) -> Response:
    """Not for boxes on the forum's pages: there the forum chose, and may choose otherwise on the next page."""
    chosen = _known(request.args.get("lang"))
    if chosen and not request.path.startswith(BOXES):
        response.set_cookie(
            COOKIE, chosen, max_age=COOKIE_AGE_S, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return response
