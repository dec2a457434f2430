"""How members, their points and their statement are asked for and answered."""

from typing import Any

from marshmallow import ValidationError, fields, validates

from rewards.api.shapes import PageQuery
from rewards.http.fields import Document, Line, MemberId, Moment, Prose, Truth

ENTRY_EXAMPLE = {
    "member_id": "minji",
    "seq": 12,
    "points": 20,
    "kind": "award",
    "contra": "issuance:post.created",
    "balance_after": 1340,
    "held_after": 0,
    "occurred_at": "2026-01-17T01:08:01.000Z",
    "recorded_at": "2026-01-17T01:08:01.482Z",
    "season": "2026-01-12",
    "reverses": None,
    "transfer_id": "019bc9a4-1f6a-7000-8000-000000000001",
    "note": None,
    "event": {"source": "forum", "id": "post:81231:created", "type": "post.created", "subject": "post:81231"},
}
EXAMPLE = {
    "id": "minji",
    "name": "민지",
    "avatar": None,
    "hidden": False,
    "opted_out": False,
    "suspended": False,
    "suspended_at": None,
    "balance": 1340,
    "held": 0,
    "available": 1340,
    "lifetime": 1340,
    "level": {"name": "잎새", "by_hand": False},
    "ranks": {"season": 3, "month": 5, "all-time": 12, "streak": None},
    "created_at": "2026-01-01T00:00:00.000Z",
}


class ProfileIn(Document):
    """What to change; what is left away stays as it is."""

    name = Line(longest=80, allow_none=True, metadata={"description": "Display name."})
    avatar = Line(longest=512, allow_none=True, metadata={"description": "A path on this host: /avatars/minji.png."})
    hidden = Truth(metadata={"description": "Kept off leaderboards by the forum (staff, bots)."})
    opted_out = Truth(metadata={"description": "Kept off leaderboards by the member's own wish."})

    @validates("avatar")
    def on_this_host(self, value: str | None, **_: Any) -> None:
        """Pages load nothing from another host."""
        if value is not None and (not value.startswith("/") or value.startswith(("//", "/\\"))):
            raise ValidationError("must be a path on this host, beginning with one slash")


class MemberQuery(Document):
    """Who."""

    id = MemberId(required=True)


class LevelOfMember(Document):
    """A level, by points or given by hand."""

    name = fields.String(required=True)
    by_hand = fields.Boolean(required=True)


class Ranks(Document):
    """Places at this moment; null where the member has none."""

    season = fields.Integer(required=True, allow_none=True)
    month = fields.Integer(required=True, allow_none=True)
    all_time = fields.Integer(required=True, allow_none=True, data_key="all-time", attribute="all-time")
    streak = fields.Integer(required=True, allow_none=True)


class ProfileOut(Document):
    """A member."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    avatar = fields.String(required=True, allow_none=True)
    hidden = fields.Boolean(required=True)
    opted_out = fields.Boolean(required=True)
    suspended = fields.Boolean(required=True)
    suspended_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    balance = fields.Integer(required=True)
    held = fields.Integer(required=True)
    available = fields.Integer(required=True)
    lifetime = fields.Integer(required=True)
    level = fields.Nested(LevelOfMember, required=True)
    ranks = fields.Nested(Ranks, required=True)
    created_at = fields.String(required=True, metadata={"format": "date-time"})


class SuspensionIn(Document):
    """Whether to suspend or to end it, and why."""

    suspended = Truth(load_default=True)
    reason = Prose(load_default=None, allow_none=True, longest=1000)


class BalanceQuery(Document):
    """Of which moment."""

    at = Moment(load_default=None, metadata={"description": "By when it was recorded."})


class EntriesQuery(PageQuery):
    """Of which moment, and where the list goes on."""

    at = Moment(load_default=None, metadata={"description": "As it was then: what was recorded by that moment."})


class BalanceOut(Document):
    """Points at a moment."""

    member_id = fields.String(required=True)
    at = fields.String(required=True, metadata={"format": "date-time"})
    balance = fields.Integer(required=True)
    held = fields.Integer(required=True)
    available = fields.Integer(required=True)


class LapseOut(Document):
    """Points that lapse together."""

    lapses_at = fields.String(required=True, metadata={"format": "date-time"})
    points = fields.Integer(required=True)


class LapsingOut(Document):
    """What lapses when; `points` is all of it."""

    member_id = fields.String(required=True)
    items = fields.List(fields.Nested(LapseOut), required=True)
    points = fields.Integer(required=True)


class EntryEvent(Document):
    """The event that an entry comes from."""

    source = fields.String(required=True)
    id = fields.String(required=True)
    type = fields.String(required=True)
    subject = fields.String(required=True, allow_none=True)


class EntryOut(Document):
    """One movement of points. `balance_after` is the member's, also where the entry is of before a merge."""

    member_id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Under which `seq` counts: the member's own, or that of one who was merged into it."},
    )
    seq = fields.Integer(required=True)
    points = fields.Integer(required=True)
    kind = fields.String(required=True)
    contra = fields.String(required=True)
    balance_after = fields.Integer(required=True)
    held_after = fields.Integer(required=True)
    occurred_at = Moment(required=True)
    recorded_at = Moment(required=True)
    season = fields.Date(required=True, allow_none=True)
    reverses = fields.Integer(required=True, allow_none=True)
    transfer_id = fields.String(required=True)
    note = fields.String(required=True, allow_none=True)
    event = fields.Nested(EntryEvent, required=True, allow_none=True)
