"""Members and seasons in the hands of staff: hide, suspend, review."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from marshmallow import fields, validate

from rewards.api.member_shapes import LevelOfMember
from rewards.api.members import EXAMPLE, ProfileOut, profile_of
from rewards.api.season_shapes import SEASON_EXAMPLE, SeasonOut, season_of
from rewards.api.shapes import PageQuery, list_of, page_of
from rewards.errors import UnknownThing
from rewards.http.auth import current_caller, needs
from rewards.http.cursors import place_after
from rewards.http.fields import Document, Line, MemberId, Moment, Prose, Truth
from rewards.http.resource import Resource
from rewards.http.surroundings import here, request_now, request_transaction
from rewards.http.terms import request_policy, request_today
from rewards.members.levels import Level, level_at
from rewards.members.search import STATES, Found, search_members
from rewards.ranking.season_rows import read_season
from rewards.staff.members import GROUNDS, hide_member, merge_members, suspend_member
from rewards.staff.seasons import accept_season, disqualify_member

staff_members = Resource("staff members", __name__, description="Hiding, suspending, reviewing a season.")

FOUND_EXAMPLE = {name: value for name, value in EXAMPLE.items() if name != "ranks"} | {
    "active_at": "2026-01-17T01:08:01.482Z"
}
_MEMBER = "/v1/staff/members/<member:member_id>"
_SEASON = "/v1/staff/seasons/<day:season>"


class SearchQuery(PageQuery):
    """Whom to look for."""

    q = Line(
        load_default="",
        shortest=0,
        longest=100,
        metadata={"description": "A part of the id or the nickname, in either case. Whoever has it as id is first."},
    )
    state = fields.String(load_default=None, validate=validate.OneOf(STATES), metadata={"description": "Only these."})


class FoundOut(Document):
    """A member, as a search finds them."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    avatar = fields.String(required=True, allow_none=True)
    hidden = fields.Boolean(required=True)
    opted_out = fields.Boolean(required=True)
    suspended = fields.Boolean(required=True)
    suspended_at = Moment(required=True, allow_none=True)
    balance = fields.Integer(required=True)
    held = fields.Integer(required=True)
    available = fields.Integer(required=True)
    lifetime = fields.Integer(required=True)
    level = fields.Nested(LevelOfMember, required=True)
    created_at = Moment(required=True)
    active_at = Moment(
        required=True, allow_none=True, metadata={"description": "When anything was last written about the member."}
    )


class HideIn(Document):
    """Whether leaderboards leave the member out."""

    hidden = Truth(load_default=True)


class SuspendIn(Document):
    """Whether the member may neither earn nor spend."""

    suspended = Truth(load_default=True)
    ground = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(GROUNDS),
        metadata={"description": "Why; the audit keeps it."},
    )
    reason = Prose(
        load_default=None,
        allow_none=True,
        longest=1000,
        metadata={"description": "Why, in words; erased with the member."},
    )


class MergeIn(Document):
    """Whom the member becomes."""

    into = MemberId(required=True, metadata={"description": "The member who stays."})


class DisqualifyIn(Document):
    """Who, and why."""

    member_id = MemberId(required=True)
    reason = Line(required=True, longest=500)


class DisqualifiedOut(Document):
    """Whether this call did it, or it was done before."""

    season = fields.String(required=True, metadata={"format": "date"})
    member_id = fields.String(required=True)
    changed = fields.Boolean(required=True)


@staff_members.call(
    "GET",
    "/v1/staff/members",
    access=needs("staff:view"),
    query=SearchQuery,
    gives=list_of(FoundOut),
    example={"items": [FOUND_EXAMPLE], "next": None},
)
def get_staff_members(query: dict[str, Any]) -> dict[str, Any]:
    """Find members by a part of their id or nickname; all of them without one."""
    of, limit = f"staff members {query['state']} {query['q']}", query["limit"]
    after = place_after(query["cursor"], of=of)
    with request_transaction() as session:
        levels = request_policy(session).levels
        found = search_members(
            session, query["q"], limit=limit + 1, after=after[0] if after else None, state=query["state"]
        )
    # Whoever has just this id comes first, out of order: behind them the list begins.
    return page_of(
        found,
        limit=limit,
        of=of,
        place=lambda one: ["" if one.member_id == query["q"] else one.member_id],
        item=lambda one: _found(one, levels=levels),
    )


@staff_members.call(
    "GET", _MEMBER, access=needs("staff:view"), gives=ProfileOut, refuses=("not-found",), example=EXAMPLE
)
def get_staff_member(member_id: str) -> dict[str, Any]:
    """Read a member: profile, points, level, ranks."""
    with request_transaction() as session:
        return profile_of(session, member_id)


@staff_members.call(
    "POST",
    f"{_MEMBER}/hide",
    access=needs("staff:manage"),
    body=HideIn,
    gives=ProfileOut,
    refuses=("not-found",),
    example={**EXAMPLE, "hidden": True},
    asks={"hidden": True},
)
def post_hide(member_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Keep a member off leaderboards, or (`hidden` false) on them again."""
    with request_transaction() as session:
        hide_member(session, member_id, hidden=body["hidden"], actor=current_caller().actor, now=request_now())
        return profile_of(session, member_id)


@staff_members.call(
    "POST",
    f"{_MEMBER}/suspend",
    access=needs("staff:manage"),
    body=SuspendIn,
    gives=ProfileOut,
    refuses=("not-found",),
    example={**EXAMPLE, "suspended": True, "suspended_at": "2026-01-17T01:08:01.482Z"},
    asks={"suspended": True},
)
def post_staff_suspension(member_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Suspend a member, or (`suspended` false) end it."""
    with request_transaction() as session:
        suspend_member(session, member_id, **body, actor=current_caller().actor, now=request_now())
        return profile_of(session, member_id)


@staff_members.call(
    "POST",
    f"{_MEMBER}/merge",
    access=needs("staff:manage"),
    body=MergeIn,
    gives=ProfileOut,
    refuses=("not-found", "state-conflict", "idempotency-conflict"),
    idempotent=True,
    example=EXAMPLE,
    asks={"into": "minji"},
)
def post_merge(member_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Merge a member into another, for good: answers the one who stays. The old id goes on answering as it."""
    with request_transaction() as session:
        actor, now = current_caller().actor, request_now()
        done = merge_members(session, member_id, into=body["into"], actor=actor, calendar=here().calendar, now=now)
        return profile_of(session, done.member_id)


@staff_members.call(
    "POST",
    f"{_SEASON}/disqualify",
    access=needs("staff:manage"),
    body=DisqualifyIn,
    gives=DisqualifiedOut,
    refuses=("not-found", "state-conflict"),
    example={"season": "2026-01-12", "member_id": "minji", "changed": True},
    asks={"member_id": "minji", "reason": "two accounts"},
)
def post_disqualify(season: date, body: dict[str, Any]) -> dict[str, Any]:
    """Take somebody out of a provisional standing: everybody below moves up by one."""
    actor, member_id = current_caller().actor, body["member_id"]
    with request_transaction() as session:
        changed = disqualify_member(
            session, season, member_id=member_id, reason=body["reason"], actor=actor, now=request_now()
        )
    return {"season": season.isoformat(), "member_id": member_id, "changed": changed}


@staff_members.call(
    "POST",
    f"{_SEASON}/accept",
    access=needs("staff:manage"),
    gives=SeasonOut,
    refuses=("not-found", "state-conflict"),
    example={**SEASON_EXAMPLE, "state": "final", "seconds_left": 0},
)
def post_accept(season: date) -> dict[str, Any]:
    """Accept a provisional standing: it is final from now on, and its prizes go into the queue."""
    with request_transaction() as session:
        accept_season(session, season, actor=current_caller().actor, today=request_today(), now=request_now())
        row = read_season(session, season)
    if row is None:
        raise UnknownThing("season", season.isoformat())
    return season_of(row, now=request_now())


def _found(one: Found, *, levels: Sequence[Level]) -> dict[str, Any]:
    names = ("name", "avatar", "hidden", "opted_out", "suspended_at", "balance", "held", "lifetime")
    shown: dict[str, Any] = {name: getattr(one, name) for name in (*names, "created_at", "active_at")}
    by_hand = one.level_by_hand
    level = by_hand if by_hand is not None else levels[level_at(levels, one.lifetime)].name
    return {
        "id": one.member_id,
        **shown,
        "suspended": one.suspended_at is not None,
        "available": one.balance - one.held,
        "level": {"name": level, "by_hand": by_hand is not None},
    }
