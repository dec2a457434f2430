# ruff: noqa: ARG002, PLR0917 -- the signatures are those of webargs and flask-smorest
"""A resource of the API: each call declares access, input, output, refusals above its body, which document it too."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, NoReturn

import marshmallow
from flask import Request, Response, make_response, request
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import MultiDict

from rewards.http.auth import Access, admit
from rewards.http.catalogue import KINDS, Kind
from rewards.http.fields import Document
from rewards.http.idempotency import HEADER, REPLAYED, answer_once
from rewards.http.json import read_json
from rewards.http.problems import CONTENT_TYPE, FieldError, Refusal, invalid

View = Callable[..., Any]

_IDEMPOTENCY_PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": (
        "Send a new key with each new request and the same key to repeat it: the first answer is given again."
    ),
}

_REPLAYED = {
    REPLAYED: {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "Present when this is the first answer again.",
    }
}


class FieldErrorSchema(Document):
    """What is wrong with one field."""

    pointer = marshmallow.fields.String(required=True, metadata={"description": "JSON Pointer (RFC 6901)"})
    message = marshmallow.fields.String(required=True)


class ProblemSchema(Document):
    """A problem (RFC 9457); `type` is an address under /problems/ that explains it."""

    type = marshmallow.fields.String(required=True)
    title = marshmallow.fields.String(required=True)
    status = marshmallow.fields.Integer(required=True)
    detail = marshmallow.fields.String(required=True)
    errors = marshmallow.fields.List(marshmallow.fields.Nested(FieldErrorSchema))
    request_id = marshmallow.fields.String(allow_none=True)


class Parser(FlaskParser):
    """Reads input for the schemas; refuses what is unknown, in the body and in the query string alike."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": "raise", "query": "raise"}  # noqa: RUF012  # webargs' own form

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Read the body as JSON, or as the schema's own `read_body` does, for what comes in other forms too."""
        read_body: Callable[[Request], Any] = getattr(schema, "read_body", read_json)
        return read_body(req)

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        return _single_values(req.args)

    def handle_error(self, error: marshmallow.ValidationError, req: Request, schema: Schema, **_: Any) -> NoReturn:
        by_location = error.messages if isinstance(error.messages, dict) else {"": {"_schema": error.messages}}
        raise Refusal(invalid(found for messages in by_location.values() for found in pointers(messages))) from error


def _single_values(args: MultiDict[str, str]) -> dict[str, str]:
    twice = [name for name, values in args.lists() if len(values) > 1]
    if twice:
        raise Refusal(invalid([FieldError(f"/{name}", "is given more than once") for name in twice]))
    return args.to_dict()


def pointers(messages: Mapping[Any, Any], at: str = "") -> Iterable[FieldError]:
    """Marshmallow's nested messages, each with the JSON Pointer of its field."""
    for name, inner in messages.items():
        where = at if name == "_schema" else f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}"
        if isinstance(inner, Mapping):
            yield from pointers(inner, where)
        else:
            for message in [inner] if isinstance(inner, str) else inner:
                yield FieldError(where, "is not a field of this call" if message == "Unknown field." else str(message))


@dataclass(frozen=True, slots=True)
class Other:
    """A good answer of another form than the usual one."""

    meaning: str
    gives: type[Schema] | Schema | None
    example: Any


class Resource(Blueprint):
    """Calls of one resource."""

    ARGUMENTS_PARSER = Parser()

    def call(
        self,
        method: str,
        rule: str,
        *,
        access: Access,
        gives: type[Schema] | Schema | None,
        status: int = 200,
        also: Mapping[int, str | Other] | None = None,
        query: type[Schema] | None = None,
        body: type[Schema] | None = None,
        refuses: Iterable[str] = (),
        idempotent: bool = False,
        fresh_s: int | None = None,
        example: Any = None,
        asks: Any = None,
        doc: Mapping[str, Any] | None = None,
    ) -> Callable[[View], View]:
        """Declare a call. The view gets `query` and `body` as keywords, loaded; it answers a document or a response.

        `also`: other good statuses and what they mean, with a form of their own where they have one. `refuses`: slugs
        of problems beyond those of every call.
        `fresh_s`: seconds for which an answer may be kept; it carries an ETag. `example`: an answer; `asks`: a body.
        """

        def declare(view: View) -> View:
            slugs = _refusals(access, rule, body=body is not None, query=query is not None) | dict.fromkeys(refuses)
            # First, since each of these copies all that is told of the call so far.
            told = self._with_refusals(view, slugs)
            headers = _REPLAYED if idempotent else None
            told = self.response(status, gives, example=example, headers=headers)(told)
            for other, means in (also or {}).items():
                answer = means if isinstance(means, Other) else Other(means, gives, example)
                told = self.alt_response(
                    other, schema=answer.gives, description=answer.meaning, example=answer.example, success=True
                )(told)
            if query is not None:
                told = self.arguments(query, location="query", arg_name="query")(told)
            if body is not None:
                told = self.arguments(body, location="json", arg_name="body", example=asks)(told)
            if idempotent:
                told = _once(told)
            if fresh_s is not None:
                told = _kept(told, fresh_s)
                told = self.alt_response(304, description="Unchanged since the ETag in If-None-Match")(told)
            described = {"operationId": view.__name__, **_security(access), **_parameters(idempotent=idempotent)}
            told = self.doc(**described, **(doc or {}))(told)
            told = _admitting(told, access)
            self.route(rule, methods=[method])(told)
            return view

        return declare

    def _with_refusals(self, view: View, slugs: Iterable[str]) -> View:
        by_status: dict[int, list[str]] = {}
        for slug in slugs:
            by_status.setdefault(KINDS[slug].status, []).append(slug)
        for status, alike in sorted(by_status.items()):
            if len(alike) == 1:
                view = self.alt_response(status, alike[0])(view)
            else:
                titles = " · ".join(KINDS[slug].title for slug in alike)
                view = self.alt_response(status, schema=ProblemSchema, content_type=CONTENT_TYPE, description=titles)(
                    view
                )
        return view


def _refusals(access: Access, rule: str, *, body: bool, query: bool) -> dict[str, None]:
    """The problems that every call of this kind may answer with, in order."""
    slugs = ["too-many-requests", "unexpected", "dependency-away"]
    if access.scope is not None:
        slugs += ["not-signed-in", "scope-missing"]
    if access.members == "own":
        slugs.append("not-yours")
    if "<" in rule:
        slugs.append("not-found")
    if body:
        slugs += ["malformed-body", "body-too-large", "unsupported-media-type"]
    if body or query:
        slugs.append("invalid-fields")
    return dict.fromkeys(slugs)


def problem_response(kind: Kind) -> dict[str, Any]:
    """A kind of problem as the document's components describe it, once for all calls."""
    example = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": f"{kind.meaning} {kind.remedy}"}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    return {"description": kind.title, "content": {CONTENT_TYPE: content}}


def _security(access: Access) -> dict[str, Any]:
    if access.scope is None:
        return {"security": []}
    ways: list[dict[str, list[str]]] = [{"apiKey": [access.scope]}]
    if access.scope.startswith("staff:"):
        ways.append({"staffToken": [access.scope]})
    if access.members != "none":
        ways.append({"memberToken": []})
    return {"security": ways}


def _parameters(*, idempotent: bool) -> dict[str, Any]:
    return {"parameters": [_IDEMPOTENCY_PARAMETER]} if idempotent else {}


def _once(view: View) -> View:
    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Response:
        return answer_once(lambda: make_response(view(*args, **kwargs)))

    return wrapper


def _kept(view: View, fresh_s: int) -> View:
    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Response:
        response = make_response(view(*args, **kwargs))
        response.headers["Cache-Control"] = f"private, max-age={fresh_s}"
        response.headers["Vary"] = "Authorization"
        response.add_etag()
        response.make_conditional(request)
        return response

    return wrapper


def _admitting(view: View, access: Access) -> View:
    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        admit(access)
        return view(*args, **kwargs)

    return wrapper
