"""What pages and API show of attendance: the day's board, a member's month and streaks."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.attendance.streaks import current_streak, longest_streak
from rewards.members.accounts import OF_MEMBER
from rewards.ranking.seasons import Calendar


@dataclass(frozen=True, slots=True)
class BoardLine:
    """Somebody on the day's board, in order of arrival. `awarded`: not one that was brought along for nothing."""

    place: int
    member_id: str
    name: str | None
    avatar: str | None
    checked_in_at: datetime
    greeting: str | None
    awarded: bool


@dataclass(frozen=True, slots=True)
class MemberAttendance:
    """A member's month, and the streaks as of today. `days` lie in the month; `here_today`: checked in today."""

    month: date
    days: tuple[date, ...]
    current_streak: int
    longest_streak: int
    here_today: bool


_LINE = (
    "select a.place, m.member_id, m.name, m.avatar, a.checked_in_at, g.greeting, a.transfer_id is not null as awarded"
    " from attendance a join member w using (account_id)"
    " join member m on m.account_id = coalesce(w.merged_into, w.account_id)"
)
_BOARD = text(
    f"{_LINE} left join greeting g on g.account_id = a.account_id and g.day = a.day"
    " where a.day = :day and a.place > :after and m.member_id is not null order by a.place limit :limit"
)
_GREETED = text(
    f"{_LINE} join greeting g on g.account_id = a.account_id and g.day = a.day"
    " where a.day = :day and m.member_id is not null order by a.place desc limit :limit"
)
_COUNT = text("select members from attendance_day where day = :day")
_DAYS = text(f"select day from attendance where {OF_MEMBER} order by day")
_FIRST_DAY = text("select min(day) from attendance_day")


def day_board(session: Session, day: date, *, after: int = 0, limit: int = 50) -> list[BoardLine]:
    """The board of a day from behind a place on."""
    return [BoardLine(*row) for row in session.execute(_BOARD, {"day": day, "after": after, "limit": limit})]


def members_on(session: Session, day: date) -> int:
    """How many have checked in on a day."""
    return session.execute(_COUNT, {"day": day}).scalar() or 0


def latest_greetings(session: Session, day: date, *, limit: int) -> list[BoardLine]:
    """Whoever checked in last on a day with a greeting, the latest first."""
    return [BoardLine(*row) for row in session.execute(_GREETED, {"day": day, "limit": limit})]


def first_day(session: Session) -> date | None:
    """The first day on which anybody checked in; none before it."""
    return session.execute(_FIRST_DAY).scalar()


def days_of(session: Session, account_id: UUID) -> frozenset[date]:
    """All days on which a member has checked in."""
    return frozenset(session.execute(_DAYS, {"account_id": account_id}).scalars())


def member_attendance(
    session: Session, account_id: UUID, *, month: date, calendar: Calendar, now: datetime
) -> MemberAttendance:
    """A member's calendar of a month, with the streaks that the dates give."""
    today = calendar.day_of(now)
    known = days_of(session, account_id)
    return MemberAttendance(
        month=month.replace(day=1),
        days=tuple(day for day in sorted(known) if day.replace(day=1) == month.replace(day=1)),
        current_streak=current_streak(today, known),
        longest_streak=longest_streak(known),
        here_today=today in known,
    )
