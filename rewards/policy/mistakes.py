"""What is wrong with a policy's text: where, what, and what was expected instead. Pure."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

import yaml
from marshmallow import Schema, ValidationError, fields, validate

from rewards.policy.places import Path, Place, nearest, places_of
from rewards.policy.schemas import PolicySchema

UNKNOWN, MISSING = "Unknown field.", "Missing data for required field."


class Mistake(NamedTuple):
    """One of them. `path` names the value as `rules.post.created.points`; the whole text is the empty path."""

    line: int
    column: int
    path: str
    says: str

    def sentence(self, file: str) -> str:
        """As compilers say it, so that editors find the place."""
        return f"{file}:{self.line}:{self.column}: {self.path or 'the policy'}: {self.says}"


def read_text(text: str) -> tuple[dict[str, Any], list[Mistake]]:
    """The document of a YAML text, and all its mistakes in the order of the lines; it is good where there are none."""
    try:
        document = yaml.safe_load(text)
        places, twice = places_of(text)
    except yaml.YAMLError as error:
        return {}, [_unreadable(error)]
    mistakes = [
        Mistake(*one.place, _named(one.path), f"stands here for the second time; the first is in line {one.first.line}")
        for one in twice
    ]
    if not isinstance(document, dict):
        return {}, [Mistake(1, 1, "", "must be a mapping with rules, attendance, levels and prizes")]
    try:
        PolicySchema().load(document)
    except ValidationError as error:
        mistakes += _mistakes(error.normalized_messages(), document, places=places)
    return document, sorted(mistakes)


def _unreadable(error: yaml.YAMLError) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or error)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Mistake(line, column, "", f"is no YAML: {problem}")


def _mistakes(messages: Mapping[Any, Any], document: Any, *, places: Mapping[Path, Place]) -> Iterator[Mistake]:
    for path, message in _flat(messages, ()):
        clean, of_key = _clean(path)
        line, column = nearest(places, clean)
        yield Mistake(line, column, _named(clean), _says(message, clean, document=document, of_key=of_key))


def _clean(path: Path) -> tuple[Path, bool]:
    """The path without marshmallow's own parts: it says of a mapping whether its `key` or its `value` is wrong."""
    clean: Path = ()
    of_key = False
    parts = iter(path)
    for part in parts:
        if part == "_schema":
            continue
        inside_dict = isinstance(_field_at(clean), fields.Dict)
        clean = (*clean, part)
        of_key = inside_dict and next(parts, "value") == "key"
    return clean, of_key


def _flat(messages: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(messages, Mapping):
        for part, inner in messages.items():
            yield from _flat(inner, (*path, part))
    else:
        for message in [messages] if isinstance(messages, str) else messages:
            yield path, str(message)


def _says(message: str, path: Path, *, document: Any, of_key: bool) -> str:
    if message == UNKNOWN:
        return _unknown(path)
    if of_key:
        outer = _field_at(path[:-1])
        key = outer.key_field if isinstance(outer, fields.Dict) else None
        return f"as a key, expected {expected_of(key) if key else 'something else'}, found {path[-1]!r}"
    expected = expected_at(path)
    if message == MISSING:
        return f"is missing; expected {expected}"
    found = _value_at(document, path)
    return f"expected {expected}, found {found!r}" if expected else f"{message} Found {found!r}"


def _unknown(path: Path) -> str:
    schema = _schema_at(path[:-1])
    known = sorted(schema.fields) if schema else []
    close = get_close_matches(str(path[-1]), known, n=1)
    meant = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
    return f"is not known here; {meant}"


def expected_at(path: Path) -> str:
    """In words, what may stand at a path of a policy; empty where nothing is known of it."""
    field = _field_at(path)
    return "" if field is None else expected_of(field)


def expected_of(field: fields.Field[Any]) -> str:
    """In words, what a field takes."""
    of = " characters" if isinstance(field, fields.String) else " items"
    limits = [one for one in field.validators if isinstance(one, (validate.Range, validate.Length))]
    bounds = "".join(_bounds(one, of=of if isinstance(one, validate.Length) else "") for one in limits)
    for kind, words in _KINDS.items():
        if isinstance(field, kind):
            return words + bounds
    return ""


_KINDS: Mapping[type[fields.Field[Any]], str] = {
    fields.Integer: "a whole number",
    fields.Float: "a number",
    fields.Boolean: "true or false",
    fields.AwareDateTime: "a time with an offset, like 2026-01-17T00:00:00+09:00",
    fields.String: "a text",
    fields.List: "a list",
    fields.Dict: "a mapping",
    fields.Nested: "a mapping",
}


def _bounds(limits: validate.Range | validate.Length, *, of: str) -> str:
    if limits.min is not None and limits.max is not None:
        return f" of {limits.min} to {limits.max}{of}" if of else f" from {limits.min} to {limits.max}"
    return f", at least {limits.min}{of}" if limits.min is not None else f", at most {limits.max}{of}"


def _field_at(path: Path) -> fields.Field[Any] | None:
    field: fields.Field[Any] | None = fields.Nested(PolicySchema)
    for part in path:
        if isinstance(field, fields.Nested):
            field = field.schema.fields.get(str(part))
        elif isinstance(field, fields.List):
            field = field.inner
        elif isinstance(field, fields.Dict):
            field = field.value_field
        else:
            return None
    return field


def _schema_at(path: Path) -> Schema | None:
    field = _field_at(path)
    return field.schema if isinstance(field, fields.Nested) else None


def _value_at(document: Any, path: Path) -> Any:
    for part in path:
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def _named(path: Path) -> str:
    return ".".join(str(part) for part in path)
