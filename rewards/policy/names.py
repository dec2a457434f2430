"""What the community calls its boards and what its rules are about, as far as the policy says. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NAMING = ("name", "name_en")
"""What a rule's definition says to people only: it earns nothing, so it makes no version of the rule."""


@dataclass(frozen=True, slots=True)
class Name:
    """In Korean and English; one stands in for the other."""

    ko: str
    en: str

    def in_language(self, locale: str) -> str:
        """As readers of that language know it."""
        return self.ko if locale == "ko" else self.en


@dataclass(frozen=True, slots=True)
class Names:
    """By key. What has none here is called by the catalogue, or by its key."""

    boards: Mapping[str, Name] = field(default_factory=dict[str, Name])
    rules: Mapping[str, Name] = field(default_factory=dict[str, Name])


def names_of(document: Mapping[str, Any]) -> Names:
    """The names that a checked document gives."""
    return Names(_given(document.get("boards", {})), _given(document["rules"]))


def without_names(definition: Mapping[str, Any]) -> dict[str, Any]:
    """What a rule does, without what it is called."""
    return {key: value for key, value in definition.items() if key not in NAMING}


def _given(definitions: Mapping[str, Mapping[str, Any]]) -> dict[str, Name]:
    return {
        key: Name(definition.get("name") or definition["name_en"], definition.get("name_en") or definition["name"])
        for key, definition in definitions.items()
        if definition.get("name") or definition.get("name_en")
    }
