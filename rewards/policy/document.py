"""A policy as a document: checked by schemas, turned into values. Knows no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import orjson
import yaml
from marshmallow import Schema, ValidationError, fields, validate

from rewards.attendance.bonuses import AttendanceRules
from rewards.earning.rules import Rule, RuleSet
from rewards.earning.terms import Terms
from rewards.errors import PolicyInvalid
from rewards.members.levels import Level
from rewards.policy.names import Names, names_of, without_names
from rewards.ranking.seasons import Calendar

DEFAULT_POLICY = Path(__file__).with_name("default.yaml")

_at_least_one = validate.Range(min=1)
_a_name = validate.Length(1, 80)
LAPSES_AFTER_DAYS_MAX = 36_500


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


def _days() -> fields.Integer:
    """Full community days that points live beyond their own."""
    return fields.Integer(strict=True, validate=validate.Range(min=1, max=LAPSES_AFTER_DAYS_MAX))


class RuleSchema(Schema):
    """One rule of the `rules` section. Its names are for people."""

    name = fields.String(validate=_a_name)
    name_en = fields.String(validate=_a_name)
    points = fields.Integer(strict=True)
    times_per_day = fields.Integer(strict=True, validate=_at_least_one)
    points_per_day = fields.Integer(strict=True, validate=_at_least_one)
    cooldown_s = fields.Integer(strict=True, validate=_at_least_one)
    once_per_subject = fields.Boolean()
    once_ever = fields.Boolean()
    must_afford = fields.Boolean()
    boards = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True))
    takes_back = fields.List(fields.String())
    lapses_after_days = _days()
    valid_from = fields.AwareDateTime()
    valid_until = fields.AwareDateTime()


class AttendanceSchema(Schema):
    """What a check-in earns."""

    base = fields.Integer(strict=True, required=True, validate=_at_least_one)
    places = fields.List(fields.Integer(strict=True, validate=_at_least_one), load_default=list)
    streaks = fields.Dict(
        keys=fields.Integer(validate=_at_least_one),
        values=fields.Integer(strict=True, validate=_at_least_one),
        load_default=dict,
    )
    perfect_week = fields.Integer(strict=True, validate=_at_least_one, load_default=None)
    perfect_month = fields.Integer(strict=True, validate=_at_least_one, load_default=None)
    lapses_after_days = _days()


class LapseSchema(Schema):
    """How points lapse that a rule gives a date: told how many days before, and how many of all points at once.

    `max_share` is the largest part of all points that a nightly run takes without being allowed to.
    """

    notice_days = fields.Integer(strict=True, validate=validate.Range(min=1, max=366))
    max_share = fields.Float(validate=validate.Range(min=0, max=1))


class LevelSchema(Schema):
    """A level and the lifetime points from which it holds."""

    points = fields.Integer(strict=True, required=True)
    name = fields.String(required=True)
    name_en = fields.String(required=True)


class PrizeSchema(Schema):
    """What a place of a season wins. `value` in whole units of `currency`; `product` is the key of what staff send."""

    place = fields.Integer(strict=True, required=True, validate=_at_least_one)
    product = fields.String(required=True)
    name = fields.String(required=True)
    name_en = fields.String(required=True)
    value = fields.Integer(strict=True, required=True)
    currency = fields.String(required=True)


class BoardSchema(Schema):
    """What people call a board of the forum."""

    name = fields.String(required=True, validate=_a_name)
    name_en = fields.String(validate=_a_name)


class PolicySchema(Schema):
    """The whole document. Unknown fields are refused by name."""

    rules = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 255)), values=fields.Nested(RuleSchema), required=True
    )
    attendance = fields.Nested(AttendanceSchema, required=True)
    levels = fields.List(fields.Nested(LevelSchema), required=True, validate=validate.Length(min=1))
    prizes = fields.List(fields.Nested(PrizeSchema), required=True)
    boards = fields.Dict(keys=fields.String(validate=validate.Length(1, 255)), values=fields.Nested(BoardSchema))
    lapse = fields.Nested(LapseSchema)


def read_document(path: Path) -> dict[str, Any]:
    """A policy file as a checked document of JSON values. Raises PolicyInvalid, which says where and what is wrong."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        PolicySchema().load(document)
    except (OSError, yaml.YAMLError) as error:
        raise PolicyInvalid(str(path), {"file": [str(error)]}) from error
    except ValidationError as error:
        raise PolicyInvalid(str(path), error.normalized_messages()) from error
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
