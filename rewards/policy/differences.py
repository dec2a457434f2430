"""In what two policies differ, value by value. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

NOTHING = object()


class Difference(NamedTuple):
    """A value that is added, removed or changed. A path's parts may hold dots: event types do."""

    path: tuple[str, ...]
    kind: Literal["added", "removed", "changed"]
    before: Any
    after: Any

    def sentence(self) -> str:
        """As a line of `rewards policy diff`."""
        name = ": ".join(self.path)
        if self.kind == "added":
            return f"+ {name}: {_told(self.after)}"
        if self.kind == "removed":
            return f"- {name}: {_told(self.before)}"
        return f"~ {name}: {_told(self.before)} → {_told(self.after)}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every difference between two checked documents, in the order of their paths."""
    return sorted(_between(before, after, path=()), key=lambda one: one.path)


def _between(before: Any, after: Any, *, path: tuple[str, ...]) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in {*before, *after}:
            inner = (before.get(name, NOTHING), after.get(name, NOTHING))
            yield from _between(*inner, path=(*path, str(name)))
    elif before is NOTHING:
        yield Difference(path, "added", None, after)
    elif after is NOTHING:
        yield Difference(path, "removed", before, None)
    elif before != after:
        yield Difference(path, "changed", before, after)


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_told(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_told(inner) for inner in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
