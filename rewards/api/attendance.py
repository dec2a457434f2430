"""Attendance: check in, the day's board, a member's month."""

from datetime import date
from typing import Any

from marshmallow import fields

from rewards.api.shapes import PageQuery, list_of, page_of
from rewards.attendance.check_in import CheckIn
from rewards.attendance.read import BoardLine, day_board, member_attendance, members_on
from rewards.http.attending import check_in_now
from rewards.http.auth import acting_member, needs
from rewards.http.cursors import place_after
from rewards.http.fields import Day, Document, Line, MemberId, Moment, Month
from rewards.http.problems import invalid_field
from rewards.http.resource import Resource
from rewards.http.surroundings import here, request_now, request_transaction
from rewards.http.terms import request_today
from rewards.members.profile import read_profile

attendance = Resource("attendance", __name__, description="Check in once a community day; boards, calendars, streaks.")

_EXAMPLE = {
    "member_id": "minji",
    "day": "2026-01-17",
    "place": 1,
    "checked_in_at": "2026-01-16T15:00:02.101Z",
    "greeting": "좋은 아침!",
    "streak": 7,
    "longest_streak": 31,
    "points": 170,
    "parts": [
        {"rule": "attendance.base", "points": 20},
        {"rule": "attendance.place.1", "points": 80},
        {"rule": "attendance.streak.7", "points": 70},
    ],
    "balance": 1340,
    "available": 1340,
}


class CheckInIn(Document):
    """Who checks in, and what they say."""

    member_id = MemberId(
        load_default=None, metadata={"description": "Needed with an API key; a member's token speaks for its member."}
    )
    greeting = Line(load_default=None, allow_none=True, longest=100)
    day = Day(
        load_default=None,
        allow_none=True,
        metadata={"description": "Must be today: a retry across midnight is not tomorrow's."},
    )


class PartOut(Document):
    """One part of what a check-in earned."""

    rule = fields.String(required=True)
    points = fields.Integer(required=True)


class CheckInOut(Document):
    """A check-in; asked again it is the same."""

    member_id = fields.String(required=True)
    day = Day(required=True)
    place = fields.Integer(required=True)
    checked_in_at = Moment(required=True)
    greeting = fields.String(required=True, allow_none=True)
    streak = fields.Integer(required=True)
    longest_streak = fields.Integer(required=True)
    points = fields.Integer(required=True)
    parts = fields.List(fields.Nested(PartOut), required=True)
    balance = fields.Integer(required=True)
    available = fields.Integer(required=True)


class FaceOut(Document):
    """How a member is shown; all null for somebody who was erased."""

    id = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    avatar = fields.String(required=True, allow_none=True)


class BoardLineOut(Document):
    """Somebody on the day's board."""

    place = fields.Integer(required=True)
    member = fields.Nested(FaceOut, required=True)
    checked_in_at = Moment(required=True)
    greeting = fields.String(required=True, allow_none=True)


class BoardOut(list_of(BoardLineOut)):
    """A day's board, in order of arrival; `total` have checked in."""

    day = Day(required=True)
    total = fields.Integer(required=True)


class MonthQuery(Document):
    """Which month."""

    month = Month(load_default=None, metadata={"description": "2026-01; by default the present one."})


class MemberMonthOut(Document):
    """A member's calendar of a month, and the streaks as of today."""

    member_id = fields.String(required=True)
    month = Month(required=True)
    days = fields.List(Day(), required=True)
    current_streak = fields.Integer(required=True)
    longest_streak = fields.Integer(required=True)
    here_today = fields.Boolean(required=True)


@attendance.call(
    "POST",
    "/v1/attendance",
    access=needs("attendance:write", members="any"),
    body=CheckInIn,
    gives=CheckInOut,
    status=201,
    also={200: "Had checked in today before"},
    refuses=("not-today", "not-yours", "member-suspended"),
    example=_EXAMPLE,
    asks={"member_id": "minji", "greeting": "좋은 아침!"},
)
def post_attendance(body: dict[str, Any]) -> tuple[CheckIn, int]:
    """Check a member in today; again on the same day answers with the first one."""
    member_id = acting_member(body["member_id"])
    if member_id is None:
        raise invalid_field("/member_id", "is needed with an API key")
    done = check_in_now(member_id, greeting=body["greeting"], day=body["day"])
    return done, 200 if done.repeated else 201


@attendance.call(
    "GET",
    "/v1/attendance/<day:day>",
    access=needs("rankings:read", members="any"),
    query=PageQuery,
    gives=BoardOut,
    example={
        "day": "2026-01-17",
        "total": 1,
        "items": [
            {
                "place": 1,
                "member": {"id": "minji", "name": "민지", "avatar": None},
                "checked_in_at": "2026-01-16T15:00:02.101Z",
                "greeting": "좋은 아침!",
            }
        ],
        "next": None,
    },
)
def get_day(day: date, query: dict[str, Any]) -> dict[str, Any]:
    """Read the board of a day, in order of arrival."""
    of, limit = f"attendance {day}", query["limit"]
    after = place_after(query["cursor"], of=of)
    with request_transaction() as session:
        rows = day_board(session, day, after=after[0] if after else 0, limit=limit + 1)
        total = members_on(session, day)
    page = page_of(rows, limit=limit, of=of, place=lambda row: [row.place], item=_board_line)
    return {"day": day, "total": total, **page}


@attendance.call(
    "GET",
    "/v1/members/<member:member_id>/attendance",
    access=needs("members:read", members="own"),
    query=MonthQuery,
    gives=MemberMonthOut,
    refuses=("not-found",),
    example={
        "member_id": "minji",
        "month": "2026-01",
        "days": ["2026-01-16", "2026-01-17"],
        "current_streak": 2,
        "longest_streak": 31,
        "here_today": True,
    },
)
def get_member_attendance(member_id: str, query: dict[str, Any]) -> dict[str, Any]:
    """Read a member's days of a month, and current and longest streak."""
    month = query["month"] or request_today().replace(day=1)
    calendar = here().calendar
    with request_transaction() as session:
        member = read_profile(session, member_id)
        found = member_attendance(session, member.account_id, month=month, calendar=calendar, now=request_now())
    names = ("month", "days", "current_streak", "longest_streak", "here_today")
    return {"member_id": member.member_id, **{name: getattr(found, name) for name in names}}


def _board_line(line: BoardLine) -> dict[str, Any]:
    return {
        "place": line.place,
        "member": {"id": line.member_id, "name": line.name, "avatar": line.avatar},
        "checked_in_at": line.checked_in_at,
        "greeting": line.greeting,
    }
