"""Reading what the attendance page shows: in one snapshot, at one time."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from rewards.attendance.ahead import next_streak, parts_now
from rewards.attendance.bonuses import AttendanceRules
from rewards.attendance.check_in import read_check_in
from rewards.attendance.read import BoardLine, day_board, days_of, first_day, members_on
from rewards.attendance.streaks import ONE_DAY, current_streak, longest_streak
from rewards.http.cursors import cursor_for, place_after
from rewards.http.surroundings import here, request_now
from rewards.members.ensure import read_members
from rewards.pages.attendance.calendar import month_shown
from rewards.pages.attendance.parts import earnings, parts_shown
from rewards.pages.attendance.view import Arrived, AttendanceView, DayBoard, Done, Mine, MonthShown, Promise, State
from rewards.pages.faces import face_of
from rewards.pages.frame import present_frame
from rewards.pages.ranking.weeks import policy_or_none
from rewards.pages.reader import Reader

PAGE_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which month and which day's board are asked for, and from which cursor on."""

    month: date
    day: date
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Where and when the page is read, by whom, and what holds."""

    session: Session
    rules: AttendanceRules | None
    reader: Reader | None
    days: frozenset[date]
    today: date
    midnight: datetime
    now: datetime

    @property
    def seconds_left(self) -> int:
        """Until the community's day ends."""
        return int((self.midnight - self.now).total_seconds())


def present_reading(session: Session) -> Reading:
    """Of the present request."""
    now, frame = request_now(), present_frame()
    policy = policy_or_none(session, now=now)
    days = days_of(session, frame.reader.account_id) if frame.reader else frozenset[date]()
    return Reading(
        session=session,
        rules=policy.attendance if policy else None,
        reader=frame.reader,
        days=days,
        today=frame.today,
        midnight=here().calendar.day_start(frame.today + ONE_DAY),
        now=now,
    )


def read_attendance(session: Session, wanted: Wanted) -> AttendanceView:
    """The whole page. Refuses a cursor of another list."""
    reading = present_reading(session)
    mine = read_mine(reading)
    rules = reading.rules
    return AttendanceView(
        today=reading.today,
        midnight=reading.midnight,
        seconds_left=reading.seconds_left,
        promise=read_promise(reading) if mine is None or mine.state == "open" else None,
        mine=mine,
        month=_month(reading, mine, wanted=wanted) if mine else None,
        board=_board(reading, wanted),
        earnings=earnings(rules) if rules else None,
    )


def _month(reading: Reading, mine: Mine, *, wanted: Wanted) -> MonthShown:
    # Nothing lies ahead of whoever may not check in.
    rules = None if mine.state == "suspended" else reading.rules
    return month_shown(wanted.month, days=reading.days, today=reading.today, rules=rules)


def read_mine(reading: Reading) -> Mine | None:
    """What is the reader's own; nothing for a visitor."""
    reader = reading.reader
    if reader is None:
        return None
    streak = current_streak(reading.today, reading.days)
    return Mine(
        state=_state(reading, reader),
        streak=streak,
        longest=longest_streak(reading.days),
        next_streak=next_streak(streak, rules=reading.rules) if reading.rules else None,
        done=_done(reading, reader) if reading.today in reading.days else None,
    )


def _state(reading: Reading, reader: Reader) -> State:
    if reading.today in reading.days:
        return "done"
    member = read_members(reading.session, [reader.member_id])[reader.member_id]
    if member.suspended_at is not None:
        return "suspended"
    return "closed" if reading.rules is None else "open"


def _done(reading: Reading, reader: Reader) -> Done:
    found = read_check_in(
        reading.session, reader.member_id, account_id=reader.account_id, day=reading.today, repeated=True
    )
    return Done(
        place=found.place,
        at=found.checked_in_at,
        greeting=found.greeting,
        points=found.points,
        parts=parts_shown(found.parts),
    )


def read_promise(reading: Reading) -> Promise | None:
    """What checking in now brings: by the same function that decides it then."""
    if reading.rules is None:
        return None
    members = members_on(reading.session, reading.today)
    parts = parts_now(reading.today, members_today=members, days=reading.days, rules=reading.rules)
    return Promise(place=members + 1, parts=parts_shown(parts))


def _board(reading: Reading, wanted: Wanted) -> DayBoard:
    of = f"attendance page {wanted.day}"
    after = place_after(wanted.cursor, of=of)
    lines = day_board(reading.session, wanted.day, after=after[0] if after else 0, limit=PAGE_LINES + 1)
    more = len(lines) > PAGE_LINES
    # Of other days nothing is said: another policy may have been in force.
    bonuses = tuple(reading.rules.places) if reading.rules and wanted.day == reading.today else ()
    first = first_day(reading.session) or reading.today
    return DayBoard(
        day=wanted.day,
        today=wanted.day == reading.today,
        total=members_on(reading.session, wanted.day),
        lines=arrived(lines[:PAGE_LINES], me=reading.reader, bonuses=bonuses),
        bonuses=bonuses,
        next_cursor=cursor_for([lines[PAGE_LINES - 1].place], of=of) if more else None,
        first_page=after is None,
        earlier=wanted.day - ONE_DAY if wanted.day > first else None,
        later=wanted.day + ONE_DAY if wanted.day < reading.today else None,
    )


def arrived(lines: list[BoardLine], *, me: Reader | None, bonuses: tuple[int, ...]) -> tuple[Arrived, ...]:
    """Lines of a day's board as the pages show them."""
    return tuple(
        Arrived(
            place=line.place,
            face=face_of(line.member_id, name=line.name, avatar=line.avatar),
            at=line.checked_in_at,
            greeting=line.greeting,
            bonus=bonuses[line.place - 1] if line.awarded and line.place <= len(bonuses) else None,
            mine=me is not None and line.member_id == me.member_id,
        )
        for line in lines
    )
