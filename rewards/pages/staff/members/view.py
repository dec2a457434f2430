"""A member as staff see them: put together in one moment of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.queue import RedemptionRow, redemptions_of
from rewards.access.audit import AuditLine
from rewards.attendance.read import MemberAttendance, member_attendance
from rewards.http.cursors import cursor_for, place_after
from rewards.http.surroundings import here
from rewards.members.accounts import own_ids
from rewards.members.explanations import Refusal
from rewards.members.profile import Profile
from rewards.members.search import Found
from rewards.pages.faces import Face, face_of
from rewards.pages.languages import Language
from rewards.pages.names import rule_name
from rewards.pages.staff.members.words import badges_of, kind_word, level_name, reason_word
from rewards.pages.statement_words import LineWords, Telling, refusal_words, tell_lines
from rewards.policy.document import Policy
from rewards.ranking.places import places_of
from rewards.staff.statement import (
    TOP,
    Before,
    Decided,
    StaffLine,
    joined_before_next,
    joined_staff_statement,
)

LINES = 30
REDEMPTIONS = 5
AUDIT_LINES = 12

_AUDIT = text(
    "select audit_id, actor, action, about, detail, recorded_at from audit where about = :about"
    " order by audit_id desc limit :limit"
)
_SUSPENDED = text(
    "select audit_id, actor, action, about, detail, recorded_at from audit where about = :about"
    " and action = 'member.suspend' order by audit_id desc limit 1"
)
_SIGN_INS = text(
    "select count(*) filter (where revoked_at is null and expires_at > :now) as open, max(created_at) as latest_at"
    " from member_session where account_id = :account_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """A member in a list."""

    found: Found
    face: Face
    level: str
    badges: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShown:
    """A line of the statement: in words, with the facts that staff need.

    `takes_back`: it is an award that stands; `gives_again`: a reversal that was not taken back. `own_id` is that of
    the account which it lies on, as the member was called before a merge.
    """

    of: StaffLine
    own_id: str | None
    kind: str
    words: LineWords
    takes_back: bool
    gives_again: bool

    @property
    def points(self) -> int:
        """What it moved."""
        return self.of.line.points if self.of.line else 0

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""
        told = self.of.line or self.of.decided
        assert told is not None
        return told.occurred_at


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPage:
    """Everything about one member."""

    profile: Profile
    face: Face
    level: str
    badges: tuple[tuple[str, str], ...]
    ranks: dict[str, int | None]
    attendance: MemberAttendance
    redemptions: tuple[RedemptionRow, ...]
    sign_ins: int
    signed_in_at: datetime | None
    lines: tuple[LineShown, ...]
    only: str
    next_cursor: str | None
    first_page: bool
    audit: tuple[AuditLine, ...]
    suspension: AuditLine | None


def member_row(found: Found, *, policy: Policy | None, locale: Language) -> MemberRow:
    """A member as a list shows them."""
    return MemberRow(
        found=found,
        face=face_of(found.member_id, name=found.name, avatar=found.avatar),
        level=level_name(policy.levels if policy else (), found.lifetime, by_hand=found.level_by_hand, locale=locale),
        badges=badges_of(found),
    )


def member_page(
    session: Session,
    profile: Profile,
    *,
    policy: Policy | None,
    telling: Telling,
    only: str,
    cursor: str | None,
    now: datetime,
) -> MemberPage:
    """The member's page, in one snapshot. Refuses a cursor of another list."""
    around = here()
    lines, next_cursor = _statement(session, profile, telling=telling, only=only, cursor=cursor)
    sign_ins = session.execute(_SIGN_INS, {"account_id": profile.account_id, "now": now}).one()
    return MemberPage(
        profile=profile,
        face=face_of(profile.member_id, name=profile.name, avatar=profile.avatar),
        level=level_name(
            policy.levels if policy else (), profile.lifetime, by_hand=profile.level_by_hand, locale=telling.locale
        ),
        badges=badges_of(profile),
        ranks=places_of(session, around.redis, member_id=profile.member_id, calendar=around.calendar, now=now),
        attendance=member_attendance(
            session, profile.account_id, month=telling.today, calendar=around.calendar, now=now
        ),
        redemptions=tuple(redemptions_of(session, profile.accounts, limit=REDEMPTIONS)),
        sign_ins=sign_ins.open,
        signed_in_at=sign_ins.latest_at,
        lines=lines,
        only=only,
        next_cursor=next_cursor,
        first_page=cursor is None,
        audit=audit_of(session, profile.account_id),
        suspension=_suspension(session, profile) if profile.suspended_at else None,
    )


def audit_of(session: Session, account_id: UUID, *, limit: int = AUDIT_LINES) -> tuple[AuditLine, ...]:
    """What staff have done with a member, newest first."""
    rows = session.execute(_AUDIT, {"about": f"account:{account_id}", "limit": limit})
    return tuple(AuditLine(*row) for row in rows)


def _suspension(session: Session, profile: Profile) -> AuditLine | None:
    """Who has suspended the member, and why."""
    row = session.execute(_SUSPENDED, {"about": f"account:{profile.account_id}"}).one_or_none()
    return None if row is None else AuditLine(*row)


def show_lines(
    session: Session, lines: Sequence[StaffLine], *, telling: Telling, ids: Sequence[str | None] = ()
) -> tuple[LineShown, ...]:
    """Lines of a statement in words; `ids`: of each line, that of the account which it lies on."""
    entries = [one.line for one in lines if one.line is not None]
    told = tell_lines(session, entries, telling=telling)
    return tuple(
        LineShown(
            of=one,
            own_id=own_id,
            kind=_kind(one),
            words=told[one.line.account_id, one.line.seq]
            if one.line is not None
            else _refusal(one.decided, telling=telling),
            takes_back=one.line is not None and one.line.kind in ("award", "restore") and one.undone_by is None,
            gives_again=one.line is not None and one.line.kind == "reversal" and one.undone_by is None,
        )
        for one, own_id in zip_longest(lines, ids)
    )


def _statement(
    session: Session, profile: Profile, *, telling: Telling, only: str, cursor: str | None
) -> tuple[tuple[LineShown, ...], str | None]:
    of = f"staff statement {only} {profile.member_id}"
    names = own_ids(session, profile.member_id)
    if len(names) > 1:
        of += f" {len(names)}"
    place: list[Any] = place_after(cursor, of=of) or []
    before = [Before(*pair) for pair in zip(place[::2], place[1::2], strict=True)] or [TOP] * len(names)
    found = joined_staff_statement(session, tuple(names), limit=LINES + 1, before=before, only=only or None)
    shown = found[:LINES]
    following = [part for place in joined_before_next(shown, before) for part in place]
    lines = show_lines(
        session,
        [line for _, line in shown],
        telling=telling,
        ids=[list(names.values())[account] for account, _ in shown],
    )
    return lines, cursor_for(following if len(found) > LINES else None, of=of)


def _kind(one: StaffLine) -> str:
    if one.line is not None:
        return kind_word(one.line.kind)
    assert one.decided is not None
    return kind_word(one.decided.outcome)


def _refusal(decided: Decided | None, *, telling: Telling) -> LineWords:
    assert decided is not None
    day: date = telling.calendar.day_of(decided.occurred_at)
    why = reason_word(decided.reason)
    refusal = Refusal(
        day=day, type=decided.type, board=decided.board, outcome=decided.outcome, reason=decided.reason, events=1
    )
    if why is None:
        return LineWords(refusal_words(refusal, telling=telling))
    what = rule_name(decided.type, names=telling.names, locale=telling.locale)
    return LineWords(f"{what}: {why}")
