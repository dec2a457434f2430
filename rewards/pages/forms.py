"""Forms: proven to be of this session, read by a schema, answered by going on to a page."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, cast

from flask import flash, redirect, request
from marshmallow import EXCLUDE, Schema, ValidationError, pre_load
from werkzeug.wrappers import Response as AnyResponse

from rewards.errors import StaleForm
from rewards.http.surroundings import here

PROOF = "csrf"


class Form(Schema):
    """What a form sends. Texts come trimmed; what was left empty is not given."""

    class Meta:
        """A browser sends its buttons along."""

        unknown = EXCLUDE

    @pre_load
    def without_empty(self, sent: Mapping[str, str], **_: Any) -> dict[str, str]:
        """An input that was left empty says nothing."""
        trimmed = {name: value.strip() for name, value in sent.items()}
        return {name: value for name, value in trimmed.items() if value}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it came in: `given` to show it again, `values` if nothing is wrong, else `errors` by field."""

    given: Mapping[str, str]
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


def read_form(schema: Schema) -> Filled:
    """Read the request's form. The messages of the schema are for people, in the page's language."""
    given = {name: value for name, value in request.form.items() if name != PROOF}
    try:
        return Filled(given, values=cast("dict[str, Any]", schema.load(given)))
    except ValidationError as error:
        return Filled(given, errors={name: str(said[0]) for name, said in error.normalized_messages().items()})


def proof_of(secret: str) -> str:
    """What a form of the session with this secret carries, and no other site can know."""
    return hmac.new(here().settings.secret_key.encode(), f"csrf {secret}".encode(), sha256).hexdigest()


def check_form(secret: str) -> None:
    """Take the form only if it is one of this session's own pages. Raises StaleForm."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise StaleForm
    if not secret or not hmac.compare_digest(request.form.get(PROOF, "").encode(), proof_of(secret).encode()):
        raise StaleForm


def say(text: str) -> None:
    """Say it at the top of the next page: what was done."""
    flash(text, "done")


def refuse_aloud(text: str) -> None:
    """Say it at the top of the next page: what was not done, and why."""
    flash(text, "refused")


def go_on(address: str, *, page_changes: bool = True) -> AnyResponse:
    """Go on after a form. Where the page changes, htmx loads it whole, since its style sheets are other ones."""
    if page_changes and request.headers.get("HX-Request"):
        answer = AnyResponse(status=204)
        answer.headers["HX-Redirect"] = address
        return answer
    return redirect(address, code=303)
