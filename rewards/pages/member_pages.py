"""Pages that need a member: whoever is not signed in is told how to come in; forms are proven."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, request

from rewards.errors import NotSignedIn
from rewards.http.auth import SESSION_COOKIE
from rewards.pages.forms import check_form
from rewards.pages.reader import Reader, present_reader

View = Callable[..., Any]


def add_member_page(pages: Blueprint, rule: str, *, view: View) -> None:
    """A page of one's own."""
    pages.add_url_rule(rule, view.__name__, _for_members(view))


def add_member_form(pages: Blueprint, rule: str, *, view: View) -> None:
    """A form of a signed-in member."""
    pages.add_url_rule(rule, view.__name__, _for_members(view, proven=True), methods=["POST"])


def signed_in() -> Reader:
    """Whoever reads the page. Raises NotSignedIn."""
    reader = present_reader()
    if reader is None:
        raise NotSignedIn("Members come in from the forum.")
    return reader


def _for_members(view: View, *, proven: bool = False) -> View:
    @wraps(view)
    def admitted(**given: Any) -> Any:
        signed_in()
        if proven:
            check_form(request.cookies.get(SESSION_COOKIE, ""))
        return view(**given)

    return admitted
