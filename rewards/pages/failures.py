"""What a browser is told when a page cannot be shown: what happened, that nothing was lost, what to do."""

from dataclasses import dataclass

from flask import Flask, Response, g, make_response, render_template, request
from flask_babel import gettext

from rewards.http.problems import Problem, problem_of
from rewards.pages.reader import forget_reader

API_PREFIXES = ("/v1/", "/healthz", "/readyz", "/metrics", "/openapi.json")


@dataclass(frozen=True, slots=True)
class Message:
    """A page of one message."""

    status: int
    title: str
    text: str


def register_failures(app: Flask) -> None:
    """Show browsers a page where everybody else gets a problem document, which is still what logs and decides."""
    problem_document = app.error_handler_spec[None][None][Exception]

    def answer(error: Exception) -> Response:
        response = make_response(problem_document(error))
        return _page(problem_of(error)) if response.is_json and _is_browser() else response

    app.register_error_handler(Exception, answer)


def _page(found: Problem) -> Response:
    forget_reader()
    message = _message(found)
    page = make_response(
        render_template("pages/message.html", message=message, request_id=g.get("request_id")), message.status
    )
    page.headers.update(found.headers)
    page.headers["Cache-Control"] = "no-store"
    # The address may hold a token that did not work: whatever the page loads must not learn it.
    page.headers["Referrer-Policy"] = "no-referrer"
    return page


def _message(found: Problem) -> Message:
    title, said = _words(found)
    return Message(found.kind.status, title, said)


def _words(found: Problem) -> tuple[str, str]:
    signing_in = request.endpoint == "pages.sign_in"
    words = {
        "stale-form": (
            gettext("The page was out of date"),
            gettext("It was open for long, or somebody else signed in. Nothing was changed; open it again and repeat."),
        ),
        401: (gettext("This page is for members"), gettext("Come in from the forum: its link to points signs you in.")),
        404: (
            gettext("There is no such page"),
            gettext("The address has changed or is mistyped. Points and places are all there."),
        ),
        503: (
            gettext("We are back in a moment"),
            gettext("The service cannot be reached for a moment. No point is lost; please try again shortly."),
        ),
    }
    if signing_in:
        words[401] = (
            gettext("Signing in did not work"),
            gettext("The link was used before or has expired. Go back to the forum and come in again."),
        )
    return words.get(found.kind.slug) or words.get(found.kind.status) or _whose_fault(found.kind.status)


def _whose_fault(status: int) -> tuple[str, str]:
    if status < 500:
        return (
            gettext("This did not work"),
            gettext("The page could not be shown as it was asked for. Nothing was changed."),
        )
    return gettext("Something went wrong"), gettext("It is our fault, and noted. No point is lost; please try again.")


def _is_browser() -> bool:
    """Whether a person asks: a browser names HTML, a program takes anything or JSON."""
    if request.path.startswith(API_PREFIXES):
        return False
    return "text/html" in request.accept_mimetypes.values()
