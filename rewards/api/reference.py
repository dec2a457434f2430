"""The OpenAPI document as the reference page shows it. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "post", "put", "delete")
WHO = {"apiKey": "API key", "staffToken": "staff", "memberToken": "member's token"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field or parameter in words."""

    name: str
    type: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A status that a call may answer with."""

    status: str
    about: str
    problems: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the page explains it; `asks` and `answer` are examples."""

    anchor: str
    method: str
    path: str
    summary: str
    more: str
    who: tuple[str, ...]
    scopes: tuple[str, ...]
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    asks: str | None
    answer: str | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The calls of a resource."""

    name: str
    about: str
    calls: tuple[Call, ...]


def reference_of(document: Mapping[str, Any]) -> tuple[Group, ...]:
    """Every call, by resource."""
    calls: dict[str, list[Call]] = {tag["name"]: [] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                operation = operations[method]
                shared = operations.get("parameters", [])
                calls[operation["tags"][0]].append(
                    _call(document, path, method=method, operation=operation, shared=shared)
                )
    return tuple(Group(tag["name"], tag.get("description", ""), tuple(calls[tag["name"]])) for tag in document["tags"])


def _call(
    document: Mapping[str, Any], path: str, *, method: str, operation: Mapping[str, Any], shared: list[Any]
) -> Call:
    security = operation.get("security", [])
    content = operation.get("requestBody", {}).get("content", {})
    first = next(iter(content.values()), {})
    answers = operation["responses"]
    return Call(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        more=operation.get("description", ""),
        who=tuple(WHO[name] for way in security for name in way),
        scopes=tuple(dict.fromkeys(scope for way in security for scopes in way.values() for scope in scopes)),
        parameters=tuple(_parameter(item) for item in (*shared, *operation.get("parameters", []))),
        body=_fields(document, first.get("schema", {})),
        asks=_example(first),
        answer=next((_example(_first_content(answers[status])) for status in answers if status < "300"), None),
        answers=tuple(_answer(document, status, response=answers[status]) for status in sorted(answers)),
    )


def _parameter(item: Mapping[str, Any]) -> Field:
    name = item["name"] if item["in"] != "header" else f"{item['name']} (header)"
    return Field(name, _type(item["schema"]), bool(item.get("required")), item.get("description", ""))


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[Field, ...]:
    found = _resolved(document, schema)
    required = set(found.get("required", ()))
    properties = found.get("properties", {}).items()
    return tuple(
        Field(name, _type(about), name in required, about.get("description", "")) for name, about in properties
    )


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    return document["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "object")
    words = [kind] if isinstance(kind, str) else list(kind)
    shown = " or ".join(words)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"] if value is not None)
    return f"{shown}, {schema['format']}" if "format" in schema else shown


def _answer(document: Mapping[str, Any], status: str, *, response: Mapping[str, Any]) -> Answer:
    reference = response.get("$ref")
    found = document["components"]["responses"][reference.rpartition("/")[2]] if reference else response
    return Answer(status, found.get("description", ""), problems=status >= "400")


def _first_content(response: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(iter(response.get("content", {}).values()), {})


def _example(content: Mapping[str, Any]) -> str | None:
    example = content.get("example")
    if example is None or isinstance(example, str):
        return example
    return json.dumps(example, ensure_ascii=False, indent=2)
