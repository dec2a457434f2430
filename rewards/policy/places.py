"""Where in a YAML text a value stands, so that a mistake is reported by line and column. Pure."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import yaml

Path = tuple[str | int, ...]


class Place(NamedTuple):
    """Line and column of a text, both from 1 on."""

    line: int
    column: int


class Twice(NamedTuple):
    """A key that a mapping has twice: YAML would take the last and say nothing."""

    path: Path
    place: Place
    first: Place


def places_of(text: str) -> tuple[dict[Path, Place], list[Twice]]:
    """Where each value of a YAML text begins (keys for mappings), and the keys that stand twice. Raises YAMLError."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        return {}, []
    places: dict[Path, Place] = {(): _place(node)}
    twice: list[Twice] = []
    for path, place, first in _walk(node, ()):
        if first is not None:
            twice.append(Twice(path, place, first))
        places[path] = place
    return places, twice


def nearest(places: Mapping[Path, Place], path: Path) -> Place:
    """Where a path stands, or the closest of what it lies in: a missing key has no place of its own."""
    named = tuple(str(part) for part in path)
    while named not in places and named:
        named = named[:-1]
    return places.get(named, Place(1, 1))


def _walk(node: yaml.Node, path: Path) -> Iterator[tuple[Path, Place, Place | None]]:
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, Place] = {}
        for key, value in node.value:
            name = str(key.value)
            yield (*path, name), _place(key), seen.get(name)
            seen[name] = _place(key)
            yield from _walk(value, (*path, name))
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield (*path, str(number)), _place(item), None
            yield from _walk(item, (*path, str(number)))


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)
