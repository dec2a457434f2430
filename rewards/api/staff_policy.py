"""The policy, for staff: the version in force, every one that was, and a new one checked, compared, put in force."""

from typing import Any

from marshmallow import fields

from rewards.api.shapes import PageQuery, list_of, page_of
from rewards.errors import NoPolicy, PolicyInvalid
from rewards.http.auth import current_caller, needs
from rewards.http.cursors import place_after
from rewards.http.fields import Document, Moment, Prose
from rewards.http.problems import FieldError, Refusal, invalid, invalid_field
from rewards.http.resource import Resource
from rewards.http.surroundings import request_now, request_snapshot, request_transaction
from rewards.policy.differences import differences
from rewards.policy.document import document_of
from rewards.policy.mistakes import read_text
from rewards.policy.versions import Stored, Version, list_versions, read_version, version_in_force
from rewards.staff.policy import put_in_force

staff_policy = Resource("staff policy", __name__, description="What the community has decided about points.")
VIEW, MANAGE = needs("staff:view"), needs("staff:manage")
TEXT_LENGTH_MAX = 500_000

_VERSION = {
    "version": 3,
    "valid_from": "2026-01-17T01:08:01.482Z",
    "applied_by": "staff:mina",
    "applied_at": "2026-01-17T01:08:01.482Z",
}
_MISTAKE = {
    "line": 12,
    "column": 5,
    "path": "rules.login.points",
    "says": "expected a whole number, found 'two'",
}
_TEXT = {"text": "rules: {login: {points: 2}}\nattendance: {base: 20}\n…"}


class PolicyTextIn(Document):
    """A policy as YAML (or JSON, which is YAML)."""

    text = Prose(required=True, shortest=1, longest=TEXT_LENGTH_MAX)


class PolicyIn(PolicyTextIn):
    """A policy, and from when on it is to hold."""

    valid_from = Moment(load_default=None, allow_none=True, metadata={"description": "Null: from now on."})


class VersionOut(Document):
    """A version of the policy; in force from `valid_from` until a newer one is."""

    version = fields.Integer(required=True)
    valid_from = Moment(required=True)
    applied_by = fields.String(required=True)
    applied_at = Moment(required=True)


class StoredOut(VersionOut):
    """A version with its document."""

    policy = fields.Dict(required=True)


class AppliedOut(Document):
    """The new version; null where the newest one is the same already."""

    version = fields.Integer(required=True, allow_none=True)


class MistakeOut(Document):
    """What is wrong at a place of the text."""

    line = fields.Integer(required=True)
    column = fields.Integer(required=True)
    path = fields.String(required=True)
    says = fields.String(required=True)


class CheckedOut(Document):
    """All mistakes, in the order of the lines; none if the text is good."""

    mistakes = fields.List(fields.Nested(MistakeOut), required=True)


class DifferenceOut(Document):
    """A value that would be added, removed or changed."""

    path = fields.List(fields.String(), required=True)
    kind = fields.String(required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class DifferencesOut(Document):
    """In what a text differs from the version in force."""

    version = fields.Integer(required=True, allow_none=True)
    differences = fields.List(fields.Nested(DifferenceOut), required=True)


@staff_policy.call(
    "GET",
    "/v1/staff/policy",
    access=VIEW,
    gives=StoredOut,
    example={**_VERSION, "policy": {"rules": {}}},
)
def get_policy() -> dict[str, Any]:
    """Show the policy in force."""
    with request_snapshot() as session:
        stored = version_in_force(session, now=request_now())
    if stored is None:
        raise NoPolicy
    return _stored(stored)


@staff_policy.call(
    "GET",
    "/v1/staff/policy/versions",
    access=VIEW,
    query=PageQuery,
    gives=list_of(VersionOut),
    example={"items": [_VERSION], "next": None},
)
def get_policy_versions(query: dict[str, Any]) -> dict[str, Any]:
    """List all versions, the newest first: announced ones, the one in force, and those that were."""
    limit, after = query["limit"], place_after(query["cursor"], of="policy versions")
    with request_snapshot() as session:
        rows = list_versions(session, limit=limit + 1, before=after[0] if after else None)
    return page_of(rows, limit=limit, of="policy versions", place=lambda row: [row.version], item=_version)


@staff_policy.call(
    "GET",
    "/v1/staff/policy/versions/<int:version>",
    access=VIEW,
    gives=StoredOut,
    refuses=("not-found",),
    example={**_VERSION, "policy": {"rules": {}}},
)
def get_policy_version(version: int) -> dict[str, Any]:
    """Show any version that ever was, or is announced."""
    with request_snapshot() as session:
        return _stored(read_version(session, version))


@staff_policy.call(
    "POST",
    "/v1/staff/policy/check",
    access=VIEW,
    body=PolicyTextIn,
    gives=CheckedOut,
    example={"mistakes": [_MISTAKE]},
    asks=_TEXT,
)
def post_policy_check(body: dict[str, Any]) -> dict[str, Any]:
    """Check a text: every mistake by line and column. Changes nothing."""
    _, mistakes = read_text(body["text"])
    return {"mistakes": [mistake._asdict() for mistake in mistakes]}


@staff_policy.call(
    "POST",
    "/v1/staff/policy/diff",
    access=VIEW,
    body=PolicyTextIn,
    gives=DifferencesOut,
    example={
        "version": 3,
        "differences": [{"path": ["rules", "login", "points"], "kind": "changed", "before": 2, "after": 3}],
    },
    asks=_TEXT,
)
def post_policy_diff(body: dict[str, Any]) -> dict[str, Any]:
    """Show in what a text differs from the policy in force. Changes nothing."""
    document = _checked(body["text"])
    with request_snapshot() as session:
        present = version_in_force(session, now=request_now())
    found = differences(present.document if present else {}, document)
    told = [{"path": list(one.path), "kind": one.kind, "before": one.before, "after": one.after} for one in found]
    return {"version": present.version if present else None, "differences": told}


@staff_policy.call(
    "POST",
    "/v1/staff/policy",
    access=MANAGE,
    body=PolicyIn,
    gives=AppliedOut,
    status=201,
    also={200: "It is the newest version already"},
    example={"version": 4},
    asks={**_TEXT, "valid_from": "2026-02-01T00:00:00+09:00"},
)
def post_policy(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Put a text in force as a new version, now or later. Sending it twice makes one version."""
    document, now = _checked(body["text"]), request_now()
    if body["valid_from"] is not None and body["valid_from"] < now:
        raise invalid_field("/valid_from", "is past; what was decided stays decided, so a policy holds from now on")
    with request_transaction() as session:
        actor = current_caller().actor
        version = put_in_force(session, document, valid_from=body["valid_from"], actor=actor, now=now)
    return {"version": version}, 200 if version is None else 201


def _checked(text: str) -> dict[str, Any]:
    try:
        return document_of(text, file="text")
    except PolicyInvalid as bad:
        errors = [
            FieldError("/text", f"line {one.line}, column {one.column}: {one.path or 'the policy'}: {one.says}")
            for one in bad.mistakes
        ]
        raise Refusal(invalid(errors)) from None


def _version(version: Version) -> dict[str, Any]:
    return {name: getattr(version, name) for name in ("version", "valid_from", "applied_by", "applied_at")}


def _stored(stored: Stored) -> dict[str, Any]:
    return _version(stored) | {"policy": dict(stored.document)}
