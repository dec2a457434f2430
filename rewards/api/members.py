"""Members: profile, balance, statement; suspension and erasure."""

from datetime import datetime, timedelta
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from ledger.lapses import coming_lapses
from rewards.api.member_shapes import (
    ENTRY_EXAMPLE,
    EXAMPLE,
    BalanceOut,
    BalanceQuery,
    EntriesQuery,
    EntryOut,
    LapsingOut,
    MemberQuery,
    ProfileIn,
    ProfileOut,
    SuspensionIn,
)
from rewards.api.shapes import list_of, page_of
from rewards.errors import ScopeMissing
from rewards.http.auth import acting_member, current_caller, needs
from rewards.http.cursors import place_after
from rewards.http.fields import rfc3339
from rewards.http.resource import Resource
from rewards.http.surroundings import here, request_now, request_transaction
from rewards.http.terms import request_policy
from rewards.members.accounts import own_ids
from rewards.members.joined_statement import joined_balance_at, joined_statement, seqs_at
from rewards.members.levels import level_at
from rewards.members.moments import BalanceAt
from rewards.members.profile import Profile, read_profile, write_profile
from rewards.members.statement import NEWEST, StatementLine
from rewards.ranking.places import places_of
from rewards.staff.members import erase_member, sign_member_out, suspend_member

members = Resource("members", __name__, description="Who the forum's people are here, what they have and why.")


@members.call(
    "GET",
    "/v1/members/<member:member_id>",
    access=needs("members:read", members="own"),
    gives=ProfileOut,
    refuses=("not-found",),
    example=EXAMPLE,
)
def get_member(member_id: str) -> dict[str, Any]:
    """Read a member: profile, points, level, ranks."""
    with request_transaction() as session:
        return profile_of(session, member_id)


@members.call(
    "GET",
    "/v1/members",
    access=needs("members:read", members="any"),
    query=MemberQuery,
    gives=ProfileOut,
    refuses=("not-found", "not-yours"),
    example=EXAMPLE,
)
def find_member(query: dict[str, Any]) -> dict[str, Any]:
    """Read a member by `id`, which may hold a slash here: many servers let none through in a path."""
    member_id = query["id"]
    acting_member(member_id)
    with request_transaction() as session:
        return profile_of(session, member_id)


@members.call(
    "PUT",
    "/v1/members/<member:member_id>",
    access=needs("members:write", members="own"),
    body=ProfileIn,
    gives=ProfileOut,
    also={201: "The member was not known before"},
    example=EXAMPLE,
    asks={"name": "민지", "hidden": False},
)
def put_member(member_id: str, body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Change a member's profile, or make it known. A member's own token may change `opted_out` only."""
    if current_caller().member_id is not None and body.keys() - {"opted_out"}:
        raise ScopeMissing("members:write")
    with request_transaction() as session:
        made = write_profile(session, member_id, changes=body, now=request_now())
        return profile_of(session, member_id), 201 if made else 200


@members.call(
    "DELETE",
    "/v1/members/<member:member_id>",
    access=needs("members:write"),
    gives=None,
    status=204,
    refuses=("not-found",),
)
def delete_member(member_id: str) -> Response:
    """Erase a member: the person is forgotten, the account's points stay in the ledger without a name."""
    with request_transaction() as session:
        erase_member(session, member_id, actor=current_caller().actor, now=request_now())
    return Response(status=204)


@members.call(
    "DELETE",
    "/v1/members/<member:member_id>/sessions",
    access=needs("members:write"),
    gives=None,
    status=204,
    refuses=("not-found",),
)
def delete_member_sessions(member_id: str) -> Response:
    """Sign a member out of all pages, on every device. A token of the forum signs in again: stop issuing it first."""
    with request_transaction() as session:
        sign_member_out(session, member_id, actor=current_caller().actor, now=request_now())
    return Response(status=204)


@members.call(
    "POST",
    "/v1/members/<member:member_id>/suspend",
    access=needs("members:write"),
    body=SuspensionIn,
    gives=ProfileOut,
    refuses=("not-found",),
    example={**EXAMPLE, "suspended": True, "suspended_at": "2026-01-17T01:08:01.482Z"},
    asks={"suspended": True, "reason": "spam"},
)
def post_suspension(member_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Suspend a member, or end it (`suspended` false): neither earns nor spends meanwhile, and has no place."""
    with request_transaction() as session:
        suspend_member(session, member_id, **body, actor=current_caller().actor, now=request_now())
        return profile_of(session, member_id)


@members.call(
    "GET",
    "/v1/members/<member:member_id>/balance",
    access=needs("members:read", members="own"),
    query=BalanceQuery,
    gives=BalanceOut,
    refuses=("not-found",),
    example={
        "member_id": "minji",
        "at": "2026-01-17T01:08:01.482Z",
        "balance": 1340,
        "held": 0,
        "available": 1340,
    },
)
def get_balance(member_id: str, query: dict[str, Any]) -> dict[str, Any]:
    """Read a member's points now, or as they stood at any moment."""
    asked = query["at"]
    with request_transaction() as session:
        member = read_profile(session, member_id)
        present = BalanceAt(member.balance, member.held)
        then = present if asked is None else joined_balance_at(session, member.accounts, at=_through(asked))
    at = asked or request_now()
    points = {"balance": then.balance, "held": then.held, "available": then.balance - then.held}
    return {"member_id": member.member_id, "at": rfc3339(at), **points}


@members.call(
    "GET",
    "/v1/members/<member:member_id>/lapsing",
    access=needs("members:read", members="own"),
    gives=LapsingOut,
    refuses=("not-found",),
    example={
        "member_id": "minji",
        "items": [{"lapses_at": "2027-01-17T15:00:00.000Z", "points": 120}],
        "points": 120,
    },
)
def get_lapsing(member_id: str) -> dict[str, Any]:
    """Read which of a member's points lapse when, the earliest first. Points that never lapse, and held ones, don't."""
    with request_transaction() as session:
        member = read_profile(session, member_id)
        coming = coming_lapses(session, member.account_id, now=request_now())
    items = [{"lapses_at": rfc3339(one.lapses_at), "points": one.points} for one in coming]
    return {"member_id": member.member_id, "items": items, "points": sum(one.points for one in coming)}


@members.call(
    "GET",
    "/v1/members/<member:member_id>/entries",
    access=needs("members:read", members="own"),
    query=EntriesQuery,
    gives=list_of(EntryOut),
    refuses=("not-found",),
    example={"items": [ENTRY_EXAMPLE], "next": None},
)
def get_entries(member_id: str, query: dict[str, Any]) -> dict[str, Any]:
    """Read a member's statement, as it is or as it was at any moment: every movement of points, newest first.

    Whoever was merged into the member is in it.
    """
    at, limit = query["at"], query["limit"]
    with request_transaction() as session:
        names = own_ids(session, member_id)
        of = f"entries {member_id} {at and rfc3339(at)}" + (f" {len(names)}" if len(names) > 1 else "")
        before = place_after(query["cursor"], of=of)
        if before is None and at is not None:
            before = [seq + 1 for seq in seqs_at(session, tuple(names), at=_through(at))]
        before = before or [NEWEST] * len(names)
        rows = joined_statement(session, tuple(names), limit=limit + 1, before=before)
    return page_of(
        rows,
        limit=limit,
        of=of,
        place=lambda row: list(row.goes_on),
        item=lambda row: _entry(row.line, own_id=names[row.line.account_id]),
    )


def _through(at: datetime) -> datetime:
    """All of the millisecond that is asked for: answers tell no finer time, and an entry's own must include it."""
    return at + timedelta(microseconds=999) if at.microsecond % 1000 == 0 else at


def _entry(line: StatementLine, *, own_id: str | None) -> dict[str, Any]:
    names = ("seq", "points", "kind", "contra", "balance_after", "held_after", "occurred_at", "recorded_at", "season")
    shown: dict[str, Any] = {name: getattr(line, name) for name in names}
    event = line.event._asdict() if line.event else None
    shown["member_id"] = own_id
    return shown | {"reverses": line.reverses, "transfer_id": str(line.transfer_id), "note": line.note, "event": event}


def profile_of(session: Session, member_id: str) -> dict[str, Any]:
    """A member as answered. Raises UnknownThing."""
    member = read_profile(session, member_id)
    names = ("name", "avatar", "hidden", "opted_out", "balance", "held", "available", "lifetime")
    surroundings = here()
    return {
        "id": member.member_id,
        **{name: getattr(member, name) for name in names},
        "suspended": member.suspended_at is not None,
        "suspended_at": member.suspended_at and rfc3339(member.suspended_at),
        "level": _level(session, member),
        "ranks": places_of(
            session, surroundings.redis, member_id=member.member_id, calendar=surroundings.calendar, now=request_now()
        ),
        "created_at": rfc3339(member.created_at),
    }


def _level(session: Session, member: Profile) -> dict[str, Any]:
    if member.level_by_hand is not None:
        return {"name": member.level_by_hand, "by_hand": True}
    levels = request_policy(session).levels
    return {"name": levels[level_at(levels, member.lifetime)].name, "by_hand": False}
