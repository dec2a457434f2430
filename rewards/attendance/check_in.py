"""Check in: once per member and community day, for now only."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.accounts import read_accounts
from ledger.events import Decision, read_decisions
from rewards.attendance.attend import SOURCE, Arrival, attend
from rewards.attendance.bonuses import AttendanceRules, Part
from rewards.attendance.streaks import longest_streak
from rewards.earning.terms import Terms
from rewards.errors import NotToday
from rewards.members.accounts import OF_MEMBER
from rewards.members.ensure import read_members

ISSUANCE = "issuance:"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """A check-in as it is answered, today and when asked again. `points` is the sum of `parts`."""

    member_id: str
    day: date
    place: int
    checked_in_at: datetime
    greeting: str | None
    streak: int
    longest_streak: int
    points: int
    parts: tuple[Part, ...]
    balance: int
    available: int
    repeated: bool


_FIND = text(
    "select a.account_id, a.place, a.streak, a.checked_in_at, a.transfer_id, g.greeting from attendance a"
    f" left join greeting g using (account_id, day) where a.{OF_MEMBER} and a.day = :day"
    " order by a.checked_in_at, a.place limit 1"
)
_DAYS = text(f"select day from attendance where {OF_MEMBER} and day <= :day")
_PARTS = text(
    "select contra, points from entry where account_id = :account_id and seq <= :seq and seq > :seq - 100 and"
    " transfer_id = :transfer_id order by seq"
)


def check_in(
    session: Session,
    member_id: str,
    *,
    greeting: str | None,
    day: date | None,
    terms: Terms,
    rules: AttendanceRules,
    now: datetime,
) -> CheckIn:
    """Check a member in now, or answer with the check-in that today has already. Raises NotToday, MemberSuspended."""
    today = terms.calendar.day_of(now)
    if day is not None and day != today:
        raise NotToday(day=day, today=today)
    done = attend(
        session,
        [Arrival(member_id, now, greeting)],
        terms=terms,
        rules=rules,
        origin="check-in",
        award=True,
        now=now,
    )
    member = done[0] if done else read_members(session, [member_id])[member_id]
    return read_check_in(session, member.member_id, account_id=member.account_id, day=today, repeated=not done)


def read_check_in(session: Session, member_id: str, *, account_id: UUID, day: date, repeated: bool) -> CheckIn:
    """The check-in of a member on a day, from what was stored then; of two that were merged, the earlier one."""
    row = session.execute(_FIND, {"account_id": account_id, "day": day}).one()
    key = (SOURCE, f"{row.account_id}:{day}")
    decision = read_decisions(session, [key]).get(key)
    parts = _parts(session, row.account_id, decision=decision)
    days = session.execute(_DAYS, {"account_id": account_id, "day": day}).scalars()
    balance, available = _standing(session, account_id, decision=decision)
    return CheckIn(
        member_id=member_id,
        day=day,
        place=row.place,
        checked_in_at=row.checked_in_at,
        greeting=row.greeting,
        streak=row.streak,
        longest_streak=longest_streak(days),
        points=sum(part.points for part in parts),
        parts=parts,
        balance=balance,
        available=available,
        repeated=repeated,
    )


def _parts(session: Session, account_id: UUID, *, decision: Decision | None) -> tuple[Part, ...]:
    if decision is None or decision.seq is None:
        return ()
    rows = session.execute(_PARTS, {"account_id": account_id, "seq": decision.seq, "transfer_id": decision.transfer_id})
    return tuple(Part(row.contra.removeprefix(ISSUANCE), row.points) for row in rows)


def _standing(session: Session, account_id: UUID, *, decision: Decision | None) -> tuple[int, int]:
    """Balance and available after the check-in; those of now for one that was brought along without an award."""
    if decision is not None:
        return decision.balance, decision.available
    account = read_accounts(session, [account_id])[account_id]
    return account.balance, account.available
