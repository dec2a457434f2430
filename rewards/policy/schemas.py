"""The shape of a policy: what may stand in its file, and nothing else."""

from marshmallow import Schema, fields, validate

_at_least_one = validate.Range(min=1)
_a_name = validate.Length(1, 80)
LAPSES_AFTER_DAYS_MAX = 36_500


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
