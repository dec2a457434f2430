"""Webhooks of forums that are connected without code."""

from typing import Any

from flask import request
from marshmallow import fields

from rewards.api.event_answers import DecisionOut
from rewards.connectors.discourse.mapping import Delivery, NotUnderstood, Understood, understand
from rewards.connectors.discourse.signature import is_signed
from rewards.earning.answer import answer_of
from rewards.earning.desk import Recorded
from rewards.errors import NotSignedIn
from rewards.http.auth import PUBLIC
from rewards.http.fields import Document
from rewards.http.json import parse_json
from rewards.http.problems import Problem, Refusal, refuse
from rewards.http.recording import again, record_all
from rewards.http.resource import Resource
from rewards.http.surroundings import here, request_now
from rewards.members.bring_in import bring_in_names

integrations = Resource("integrations", __name__, description="Webhooks of forums that are connected without code.")

_HEADERS = ("X-Discourse-Event", "X-Discourse-Event-Id", "X-Discourse-Event-Signature")


class TakenOut(Document):
    """What became of a webhook: its decision, or none where it means nothing here or was taken in before."""

    decision = fields.Nested(DecisionOut, required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)


@integrations.call(
    "POST",
    "/v1/integrations/discourse/webhook",
    access=PUBLIC,
    gives=TakenOut,
    refuses=("not-signed-in", "malformed-body", "body-too-large", "invalid-fields"),
    example={"decision": None, "note": "post_edited means nothing here."},
    doc={
        "parameters": [
            {"in": "header", "name": name, "required": True, "schema": {"type": "string", "maxLength": 255}}
            for name in _HEADERS
        ]
    },
)
def post_discourse_webhook() -> dict[str, Any]:
    """Take a webhook of Discourse, signed with the secret that its administrator entered there and here.

    One that Discourse sends again does no harm. What means nothing here is answered with 200 too, so that Discourse
    does not try it again.
    """
    settings, body = here().settings, request.get_data(cache=True)
    if not settings.discourse_secret:
        raise NotSignedIn("No Discourse is connected here: set DISCOURSE_SECRET to the secret of its webhook.")
    if not is_signed(body, signature=request.headers.get(_HEADERS[2], ""), secret=settings.discourse_secret):
        raise NotSignedIn(f"{_HEADERS[2]} is missing or is not made with DISCOURSE_SECRET over this very body.")
    name = request.headers.get(_HEADERS[0], "")
    try:
        understood = understand(
            Delivery(
                name=name,
                delivery_id=request.headers.get(_HEADERS[1], "")[:50],
                payload=parse_json(body),
                arrived_at=request_now(),
                member_is=settings.discourse_member,
            )
        )
    except NotUnderstood as error:
        raise refuse("malformed-body", f"Discourse sends this in a form that is not known here: {error}.") from None
    return _take(understood, name=name)


def _take(understood: Understood, *, name: str) -> dict[str, Any]:
    if understood.event is None:
        return {"decision": None, "note": f"{name or 'A webhook without a name'} means nothing here."}
    answer = record_all([understood.event])[0]
    if isinstance(answer, Problem):
        if answer.kind.slug == "event-conflict":  # sent again: only the time of its arrival differs
            return {"decision": None, "note": "It was taken in before."}
        raise Refusal(answer)
    assert isinstance(answer, Recorded)
    again(lambda session: bring_in_names(session, understood.names, now=request_now()))
    return {"decision": answer_of(answer.decision), "note": None}
