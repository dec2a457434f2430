"""Reading what the page of one's own shows: the account, the places, one page of the statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from ledger.lapses import coming_lapses
from market.queue import QueueFilter, read_queue
from rewards.http.cursors import cursor_for, place_after
from rewards.http.surroundings import here, request_now
from rewards.members.explanations import points_set_aside, refusals
from rewards.members.joined_statement import joined_as_it_occurred, place_of
from rewards.members.profile import Profile, read_profile
from rewards.members.statement import Occurred, StatementLine, points_since
from rewards.pages.me.view import (
    DayShown,
    LevelShown,
    LineShown,
    MeView,
    OnItsWay,
    RankShown,
    days_shown,
    level_shown,
    next_lapse,
)
from rewards.pages.ranking.weeks import policy_or_none
from rewards.pages.statement_words import Telling, present_telling, refusal_words, set_aside_words, tell_lines
from rewards.policy.document import Policy
from rewards.ranking.places import places_of

PAGE_LINES = 40
ON_THEIR_WAY_MAX = 5
ONE_DAY = timedelta(days=1)

Only = Literal["earned", "spent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """Which page of the statement is open: the lines `only` of one kind, behind `before`."""

    session: Session
    member: Profile
    telling: Telling
    only: Only | None
    before: Occurred | None

    @property
    def begins_before(self) -> date | None:
        """The day that the page before ended with; what earned nothing on it has been said there."""
        return None if self.before is None else self.telling.calendar.day_of(self.before.at)


@dataclass(frozen=True, slots=True)
class Span:
    """From when, to before when: without an end where it is none."""

    since: datetime | None
    until: datetime | None


def read_me(session: Session, member_id: str, *, only: Only | None, cursor: str | None) -> MeView:
    """All of the page. Refuses a cursor that is not of this member's statement. Raises UnknownThing."""
    member = read_profile(session, member_id)
    policy = policy_or_none(session, now=request_now())
    telling = present_telling(policy)
    of = f"statement {member_id} {only or 'all'}"
    before = _place(place_after(cursor, of=of))
    turned = Turned(session=session, member=member, telling=telling, only=only, before=before)
    lines = joined_as_it_occurred(session, member.accounts, limit=PAGE_LINES + 1, before=before, only=only)
    more, lines = len(lines) > PAGE_LINES, lines[:PAGE_LINES]
    return MeView(
        name=member.name or member.member_id,
        balance=member.balance,
        held=member.held,
        suspended_since=member.suspended_at,
        kept_off="staff" if member.hidden else "self" if member.opted_out else None,
        level=_level(policy, member, telling=telling),
        ranks=_ranks(session, member_id),
        on_their_way=_on_their_way(session, member, telling=telling),
        next_lapse=next_lapse(coming_lapses(session, member.account_id, now=request_now()), calendar=telling.calendar),
        days=_days(turned, lines, more=more),
        only=only,
        first_page=cursor is None,
        next_cursor=cursor_for(_cursor(lines[-1], member) if more else None, of=of),
    )


def _place(given: Sequence[str | int] | None) -> Occurred | None:
    if given is None:
        return None
    return Occurred(datetime.fromisoformat(str(given[0])), *(int(part) for part in given[1:3]))


def _cursor(line: StatementLine, member: Profile) -> list[str | int]:
    at, seq, rank = place_of(line, member.accounts)
    return [at.isoformat(), seq, *([rank] if member.merged else [])]


def _level(policy: Policy | None, member: Profile, *, telling: Telling) -> LevelShown | None:
    levels = policy.levels if policy else ()
    if not levels and member.level_by_hand is None:
        return None
    return level_shown(levels, lifetime=member.lifetime, by_hand=member.level_by_hand, locale=telling.locale)


def _ranks(session: Session, member_id: str) -> tuple[RankShown, ...]:
    around = here()
    places = places_of(session, around.redis, member_id=member_id, calendar=around.calendar, now=request_now())
    return tuple(RankShown(leaderboard, rank) for leaderboard, rank in places.items())


def _on_their_way(session: Session, member: Profile, *, telling: Telling) -> tuple[OnItsWay, ...]:
    """The open redemptions for which points are set aside, the oldest first."""
    if not member.held:
        return ()
    only = QueueFilter(account_ids=member.accounts, origin="market")
    return tuple(
        OnItsWay(
            str(row.redemption_id),
            row.product_name_ko if telling.locale == "ko" else row.product_name_en,
            row.points,
            row.state,
        )
        for row in read_queue(session, limit=ON_THEIR_WAY_MAX, only=only)
    )


def _days(turned: Turned, lines: Sequence[StatementLine], *, more: bool) -> tuple[DayShown, ...]:
    session, account_id, telling = turned.session, turned.member.account_id, turned.telling
    calendar, span = telling.calendar, _span(turned, lines, more=more)
    nothing_for = {} if turned.only else _nothing_for(turned, span)
    set_aside = {} if turned.only else _set_aside(turned, span)
    days = {calendar.day_of(line.occurred_at) for line in lines} | nothing_for.keys() | set_aside.keys()
    ends = {day: calendar.day_start(day + ONE_DAY) for day in days}
    since = points_since(session, account_id, instants=ends.values())
    return days_shown(
        lines,
        told=tell_lines(session, lines, telling=telling),
        nothing_for=nothing_for,
        set_aside=set_aside,
        balances={day: turned.member.balance - since[end] for day, end in ends.items()},
        calendar=calendar,
        goes_on=turned.begins_before,
    )


def _span(turned: Turned, lines: Sequence[StatementLine], *, more: bool) -> Span:
    """The days that begin on this page, down to the beginning of all if it is the last."""
    calendar, began = turned.telling.calendar, turned.begins_before
    return Span(
        since=calendar.day_start(calendar.day_of(lines[-1].occurred_at)) if more else None,
        until=None if began is None else calendar.day_start(began),
    )


def _nothing_for(turned: Turned, span: Span) -> dict[date, list[str]]:
    said: dict[date, list[str]] = {}
    calendar, account_id = turned.telling.calendar, turned.member.account_id
    for refusal in refusals(turned.session, account_id, since=span.since, until=span.until, calendar=calendar):
        said.setdefault(refusal.day, []).append(refusal_words(refusal, telling=turned.telling))
    return said


def _set_aside(turned: Turned, span: Span) -> dict[date, list[LineShown]]:
    said: dict[date, list[LineShown]] = {}
    calendar = turned.telling.calendar
    for one in points_set_aside(turned.session, turned.member.account_id, since=span.since, until=span.until):
        words = set_aside_words(one, telling=turned.telling)
        shown = LineShown(words, one.points, one.at.astimezone(calendar.timezone))
        said.setdefault(calendar.day_of(one.at), []).append(shown)
    return said
