"""JSON of requests and answers, by orjson."""

from typing import Any

import orjson
from flask import Flask, Request, Response
from flask.json.provider import JSONProvider

from rewards.http.problems import refuse

DEPTH_MAX = 32


class OrjsonProvider(JSONProvider):
    """What `jsonify` and the response schemas write with."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        return json_response(self._prepare_response_obj(args, kwargs))


def json_response(document: Any, *, status: int = 200) -> Response:
    """A document as a response."""
    return Response(orjson.dumps(document), status=status, content_type="application/json")


def read_json(request: Request) -> Any:
    """The request's body. Refuses another content type, and what is not JSON in UTF-8."""
    if request.mimetype != "application/json":
        sent = f"{request.mimetype!r} was sent" if request.mimetype else "none was sent"
        raise refuse("unsupported-media-type", f"Send `Content-Type: application/json`; {sent}.")
    return parse_json(request.get_data(cache=True))


def parse_json(body: bytes) -> Any:
    """A JSON text. Refuses what is none, or nested too deep to be meant."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise refuse("malformed-body", f"The body is not JSON: {error}.") from None
    if body.count(b"{") + body.count(b"[") > DEPTH_MAX and _is_deeper(document, DEPTH_MAX):
        raise refuse("malformed-body", f"The body is nested more than {DEPTH_MAX} levels deep.")
    return document


def _is_deeper(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        return levels == 0 or any(_is_deeper(inner, levels - 1) for inner in value.values())
    if isinstance(value, list):
        return levels == 0 or any(_is_deeper(inner, levels - 1) for inner in value)
    return False


def use_orjson(app: Flask) -> None:
    """Let the app read and write with orjson."""
    app.json = OrjsonProvider(app)
