"""A policy as a document: checked by schemas, turned into values. Knows no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import orjson

from rewards.attendance.bonuses import AttendanceRules
from rewards.earning.rules import Rule, RuleSet
from rewards.earning.terms import Terms
from rewards.errors import PolicyInvalid
from rewards.members.levels import Level
from rewards.policy.mistakes import Mistake, read_text
from rewards.policy.names import Names, names_of, without_names
from rewards.policy.schemas import PolicySchema
from rewards.ranking.seasons import Calendar

DEFAULT_POLICY = Path(__file__).with_name("default.yaml")


@dataclass(frozen=True, slots=True)
class LapseTerms:
    """Members are told `notice_days` before points lapse; a nightly run that would take more than `max_share` asks."""

    notice_days: int = 14
    max_share: float = 0.2


@dataclass(frozen=True)
class Policy:
    """Everything that the community has decided about points, as one version. `prizes` as a season stores them."""

    version: int
    rules: RuleSet
    attendance: AttendanceRules
    levels: tuple[Level, ...]
    prizes: tuple[Mapping[str, Any], ...]
    names: Names = field(default_factory=Names)
    lapse: LapseTerms = LapseTerms()

    def terms(self, *, calendar: Calendar, grace_s: int) -> Terms:
        """What earning goes by, under this policy."""
        return Terms(rules=self.rules, levels=self.levels, prizes=self.prizes, calendar=calendar, grace_s=grace_s)


def read_document(path: Path) -> dict[str, Any]:
    """A policy file as a checked document of JSON values. Raises PolicyInvalid, which says where and what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyInvalid(str(path), (Mistake(1, 1, "", f"cannot be read: {error}"),)) from error
    return document_of(text, file=str(path))


def document_of(text: str, *, file: str) -> dict[str, Any]:
    """A text as a checked document of JSON values. Raises PolicyInvalid, which says where and what is wrong."""
    document, mistakes = read_text(text)
    if mistakes:
        raise PolicyInvalid(file, tuple(mistakes))
    return orjson.loads(orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS))


def digest_of(document: Mapping[str, Any]) -> bytes:
    """What tells one document from another, whatever the order of its keys."""
    return sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)).digest()


def policy_of(document: Mapping[str, Any], *, version: int, rule_versions: Mapping[str, int]) -> Policy:
    """The values of a checked document."""
    loaded = cast("dict[str, Any]", PolicySchema().load(document))
    rules = {key: rule_of(key, definition, version=rule_versions[key]) for key, definition in loaded["rules"].items()}
    levels = sorted((Level(**level) for level in loaded["levels"]), key=lambda level: level.points)
    prizes = sorted(loaded["prizes"], key=lambda prize: prize["place"])
    return Policy(
        version=version,
        rules=RuleSet(version, rules),
        attendance=AttendanceRules(**loaded["attendance"]),
        levels=tuple(levels),
        prizes=tuple(prizes),
        names=names_of(loaded),
        lapse=LapseTerms(**loaded.get("lapse", {})),
    )


def rule_of(key: str, definition: Mapping[str, Any], *, version: int) -> Rule:
    """A rule from its checked definition."""
    does = without_names(definition)
    return Rule(key=key, version=version, **{**does, "takes_back": tuple(does.get("takes_back", ()))})
