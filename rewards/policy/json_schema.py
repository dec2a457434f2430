"""A policy's file for editors: a JSON Schema made of the very schemas that check it. Pure."""

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from rewards.policy.schemas import PolicySchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_IN_SPEC, _IN_SCHEMA = "#/components/schemas/", "#/$defs/"


def json_schema() -> dict[str, Any]:
    """The schema as one document."""
    spec = APISpec("A policy", "1", "3.1.0", plugins=[MarshmallowPlugin(schema_name_resolver=_name)])
    spec.components.schema("Policy", schema=PolicySchema)
    parts = {name: _closed(part) for name, part in spec.to_dict()["components"]["schemas"].items()}
    policy = parts.pop("Policy")
    return {"$schema": DIALECT, "title": "A policy of the rewards service", **policy, "$defs": parts}


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")


def _closed(part: Any) -> Any:
    """No other fields than those that are named, and references to where they stand here."""
    if isinstance(part, dict):
        inner = {name: _closed(value) for name, value in part.items()}
        return inner | {"additionalProperties": False} if "properties" in inner else inner
    if isinstance(part, list):
        return [_closed(value) for value in part]
    return part.replace(_IN_SPEC, _IN_SCHEMA) if isinstance(part, str) else part
