"""The OpenAPI document: made from the schemas that check the requests, served, and readable as a page."""

from typing import Any

import orjson
from apispec import APISpec
from flask import Blueprint, Flask, Response, current_app, render_template
from flask_smorest import Api

from rewards.api.reference import reference_of
from rewards.http.catalogue import problem_kinds
from rewards.http.fields import Day, Moment, Month, Truth, Whole
from rewards.http.json import json_response
from rewards.http.paths import PARAMETERS
from rewards.http.resource import ProblemSchema, problem_response

OPENAPI = "3.1.0"
DESCRIPTION = (
    "Points, attendance, a weekly ranking and a gift-card market for one community forum.\n\n"
    "Errors are `application/problem+json` (RFC 9457). Times are RFC 3339 with an offset and come back in UTC."
    " Lists are `{items, next}` and go on with `?cursor=`. Repeating a request is always safe:"
    " events by their id, the rest by `Idempotency-Key`."
)
SECURITY = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of the forum's backend: `ptk_…`, with scopes.",
    },
    "staffToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "From POST /v1/staff/sessions: `pts_…`, by role.",
    },
    "memberToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The forum's JWT with `sub`, `aud`, `exp`: that member's own things.",
    },
}
FIELDS = (
    (Moment, "string", "date-time"),
    (Day, "string", "date"),
    (Month, "string", None),
    (Whole, "integer", None),
    (Truth, "boolean", None),
)
EXTENSION = "rewards.document"
WHOLE = "rewards.document.whole"

document = Blueprint("document", __name__, template_folder="templates")


class DocumentedApi(Api):
    """flask-smorest without its own error handlers and components, which know no problem documents."""

    DEFAULT_ERROR_RESPONSE_NAME = None  # every refusal is declared by its call

    spec: APISpec

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        self.spec.components.schema("Problem", schema=ProblemSchema)
        for kind in problem_kinds():
            self.spec.components.response(kind.slug, problem_response(kind), lazy=True)

    def _register_pagination_header(self) -> None:
        pass


def register_document(app: Flask) -> DocumentedApi:
    """Begin the document; resources registered with the answer become part of it."""
    api = DocumentedApi(
        app,
        spec_kwargs={
            "title": "Forum rewards",
            "version": "v1",
            "openapi_version": OPENAPI,
            "info": {"description": DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        },
    )
    for field, kind, form in FIELDS:
        api.register_field(field, kind, form)
    for converter, schema in PARAMETERS.items():
        api.register_converter(converter, lambda _converter, schema=schema: schema)
    for name, scheme in SECURITY.items():
        api.spec.components.security_scheme(name, scheme)
    app.extensions[EXTENSION] = api
    app.register_blueprint(document)
    return api


def openapi_of(app: Flask) -> dict[str, Any]:
    """The whole document; made once, since no call is added later."""
    if WHOLE not in app.extensions:
        app.extensions[WHOLE] = app.extensions[EXTENSION].spec.to_dict()
    return app.extensions[WHOLE]


@document.get("/openapi.json")
def openapi() -> Response:
    """The document as JSON."""
    return json_response(openapi_of(current_app))


@document.get("/docs")
def docs() -> str:
    """The document as a page: rendered here, without scripts, and without anything from another host."""
    described = openapi_of(current_app)
    return render_template("api/reference.html", reference=reference_of(described), info=described["info"])


def written(described: dict[str, Any]) -> bytes:
    """The document as it is committed: readable, and the same on every machine."""
    return orjson.dumps(described, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS)
