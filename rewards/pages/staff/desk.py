"""The staff's blueprint: each page says which scope it needs, each form is proven to be one of ours."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, make_response, render_template, request, url_for

from rewards.access.scopes import Caller
from rewards.http.auth import STAFF_COOKIE, current_staff
from rewards.pages.forms import check_form, go_on

View = Callable[..., Any]


class Desk(Blueprint):
    """Pages and forms of the staff; `rights` tells the scope that each endpoint needs."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.rights: dict[str, str] = {}

    def page(self, rule: str, *, view: View, needs: str) -> None:
        """Something to look at."""
        self._add(rule, _admitting(view, needs=needs, proven=False), needs=needs, methods=["GET"])

    def form(self, rule: str, *, view: View, needs: str) -> None:
        """Something to do."""
        self._add(rule, _admitting(view, needs=needs, proven=True), needs=needs, methods=["POST"])

    def _add(self, rule: str, view: View, *, needs: str, methods: list[str]) -> None:
        self.rights[view.__name__] = needs
        self.add_url_rule(rule, view.__name__, view, methods=methods)


def at_the_desk() -> Caller:
    """Whoever of the staff was admitted to the present page."""
    return g.caller


def may(scope: str) -> bool:
    """Whether whoever is at the desk may do what needs the scope: templates ask before they show a button."""
    caller = current_staff()
    return caller is not None and scope in caller.scopes


def _admitting(view: View, *, needs: str, proven: bool) -> View:
    @wraps(view)
    def admitted(**given: Any) -> Any:
        caller = current_staff()
        if caller is None:
            return _to_sign_in()
        if needs not in caller.scopes:
            return _not_for_this_role(needs)
        if proven:
            check_form(request.cookies.get(STAFF_COOKIE, ""))
        g.caller = caller
        return view(**given)

    return admitted


def _to_sign_in() -> Any:
    """To the sign-in, and from there back to where they wanted to go; a form that came too late is not repeated."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else url_for("staff.front")
    return go_on(url_for("staff.sign_in", next=wanted))


def _not_for_this_role(scope: str) -> Response:
    return make_response(render_template("staff/not_for_this_role.html", scope=scope), 403)
