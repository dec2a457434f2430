"""A statement in words, for the member whose it is and for staff alike.

`tell_lines(session, lines, telling=present_telling(policy))` says every line of a statement.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from rewards.http.surroundings import here
from rewards.members.explanations import Behind, Count, Product, Refusal, SetAside, what_stands_behind
from rewards.members.statement import StatementLine
from rewards.pages import words
from rewards.pages.frame import present_frame
from rewards.pages.languages import Language
from rewards.pages.names import board_name, bonus_name, rule_name
from rewards.policy.document import Policy
from rewards.policy.names import Names
from rewards.ranking.seasons import Calendar

ISSUANCE = "issuance:"
OPENING = "opening-balance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How lines are told: what the policy calls things, in which language, on which community day."""

    names: Names
    locale: Language
    calendar: Calendar
    today: date


def present_telling(policy: Policy | None) -> Telling:
    """How the present request tells lines, under the policy in force if there is one."""
    frame = present_frame()
    names = policy.names if policy else Names()
    return Telling(names=names, locale=frame.locale, calendar=here().calendar, today=frame.today)


@dataclass(frozen=True, slots=True)
class LineWords:
    """A line in words: what moved the points, then what else there is to know. `reason` is as staff wrote it."""

    what: str
    details: tuple[str, ...] = ()
    reason: str | None = None

    def __str__(self) -> str:
        """All of it in one line: 댓글 · 자유게시판 · 오늘 7/10."""
        return " · ".join(filter(None, (self.what, *self.details, self.reason)))


@dataclass(frozen=True, slots=True)
class _Case:
    """A line that is to be told."""

    line: StatementLine
    behind: Behind
    telling: Telling


def tell_lines(
    session: Session, lines: Sequence[StatementLine], *, telling: Telling
) -> dict[tuple[UUID, int], LineWords]:
    """The words of lines (of `statement` or `statement_as_it_occurred`), by their account and `seq`."""
    told: dict[tuple[UUID, int], LineWords] = {}
    for account_id in {line.account_id for line in lines}:
        theirs = [line for line in lines if line.account_id == account_id]
        behind = what_stands_behind(session, theirs, account_id=account_id, calendar=telling.calendar)
        told |= {(account_id, line.seq): line_words(line, behind[line.seq], telling=telling) for line in theirs}
    return told


def line_words(line: StatementLine, behind: Behind, *, telling: Telling) -> LineWords:
    """One line in words, given what stands behind it."""
    say = _BY_KIND.get(line.kind)
    return LineWords(line.kind, (line.contra,), line.note) if say is None else say(_Case(line, behind, telling))


def refusal_words(refusal: Refusal, *, telling: Telling) -> str:
    """What earned nothing, and why: 댓글 3건 · 하루 한도를 넘었어요."""
    what = rule_name(refusal.type, names=telling.names, locale=telling.locale)
    why = _why(refusal, telling)
    return ngettext("%(what)s: %(why)s", "%(what)s × %(num)d: %(why)s", refusal.events, what=what, why=why)


def set_aside_words(one: SetAside, *, telling: Telling) -> LineWords:
    """What was set aside for a redemption, or came back: 취소되어 돌려받음 · 커피 5,000원권."""
    known = {
        "request": gettext("Set aside for an exchange"),
        "cancel": gettext("Given back, as it was cancelled"),
        "reject": gettext("Given back, as staff refused it"),
        "expire": gettext("Given back, as it waited too long"),
    }
    return LineWords(known[one.action], (_product_name(one.product, telling),))


def _award(case: _Case) -> LineWords:
    what, *more = _issued(case.line.contra, case.telling)
    return LineWords(what, (*more, *_board(case), *_counts(case)), case.line.note)


def _charge(case: _Case) -> LineWords:
    what, *more = _issued(case.line.contra, case.telling)
    return LineWords(what, (*more, *_board(case), gettext("cost")), case.line.note)


def _penalty(case: _Case) -> LineWords:
    what, *more = _issued(case.line.contra, case.telling)
    return LineWords(what, (*more, *_board(case), gettext("penalty")), case.line.note)


def _reversal(case: _Case) -> LineWords:
    # Only staff give a reason; everything else that takes an award back is a deletion.
    why = gettext("taken back, as it was deleted") if case.line.note is None else gettext("taken back by staff")
    return _about_award(case, why=why)


def _restore(case: _Case) -> LineWords:
    return _about_award(case, why=gettext("given again, as it was restored"))


def _about_award(case: _Case, *, why: str) -> LineWords:
    what, *more = _issued(case.line.contra, case.telling)
    return LineWords(what, (*more, *_board(case), why, *_award_day(case)), case.line.note)


def _award_day(case: _Case) -> tuple[str, ...]:
    """The day of the award that the line is about, unless it is the line's own."""
    if case.behind.award_at is None:
        return ()
    day = case.telling.calendar.day_of(case.behind.award_at)
    if day == case.telling.calendar.day_of(case.line.occurred_at):
        return ()
    return (gettext("of %(day)s", day=words.day(day, case.telling.locale, today=case.telling.today)),)


def _capture(case: _Case) -> LineWords:
    return LineWords(gettext("Exchange"), _product(case), case.line.note)


def _refund(case: _Case) -> LineWords:
    return LineWords(gettext("Refund"), _product(case), case.line.note)


def _adjustment(case: _Case) -> LineWords:
    return LineWords(gettext("Correction by staff"), (), case.line.note)


def _transfer(case: _Case) -> LineWords:
    return LineWords(gettext("Received from a member") if case.line.points > 0 else gettext("Given to a member"))


def _grant(case: _Case) -> LineWords:
    if case.line.contra == OPENING:
        return LineWords(gettext("Brought along"), (gettext("points from before"),), case.line.note)
    return LineWords(gettext("Grant"), (), case.line.note)


def _expiry(case: _Case) -> LineWords:
    if case.line.points > 0:
        return LineWords(gettext("Given back before its award is taken back"), (gettext("had lapsed"),), case.line.note)
    return LineWords(gettext("Lapsed"), (), case.line.note)


def _merge(case: _Case) -> LineWords:
    return LineWords(gettext("Accounts put together"), (), case.line.note)


_BY_KIND: Mapping[str, Callable[[_Case], LineWords]] = {
    "award": _award,
    "charge": _charge,
    "penalty": _penalty,
    "reversal": _reversal,
    "restore": _restore,
    "capture": _capture,
    "refund": _refund,
    "adjustment": _adjustment,
    "transfer": _transfer,
    "grant": _grant,
    "expiry": _expiry,
    "merge": _merge,
}


def _issued(contra: str, telling: Telling) -> tuple[str, ...]:
    """What earned or cost the points: a part of a check-in, or an event."""
    key = contra.removeprefix(ISSUANCE)
    part = _part_of_check_in(key)
    return part or (rule_name(key, names=telling.names, locale=telling.locale),)


def _part_of_check_in(key: str) -> tuple[str, ...]:
    kind, _, number = key.removeprefix("attendance.").partition(".")
    if not key.startswith("attendance.") or (number and not number.isdecimal()):
        return ()
    if kind == "place" and number:
        return (gettext("Check-in"), gettext("bonus for place %(place)s of the day", place=number))
    if kind == "streak" and number:
        return (bonus_name(kind, int(number)),)
    return (bonus_name(kind),) if kind in ("base", "perfect-week", "perfect-month") else ()


def _board(case: _Case) -> tuple[str, ...]:
    if case.behind.board is None:
        return ()
    return (board_name(case.behind.board, names=case.telling.names, locale=case.telling.locale),)


def _counts(case: _Case) -> tuple[str, ...]:
    """How far the day's caps were used: 오늘 7/10, and 7/10 on any other day."""
    said = [_so_many(case.behind.times), _so_many(case.behind.points, unit="P")]
    counts = [count for count in said if count]
    if counts and case.telling.calendar.day_of(case.line.occurred_at) == case.telling.today:
        counts[0] = gettext("today %(count)s", count=counts[0])
    return tuple(counts)


def _so_many(count: Count | None, *, unit: str = "") -> str | None:
    return None if count is None else f"{words.number(count.used)}/{words.number(count.most)}{unit}"


def _product(case: _Case) -> tuple[str, ...]:
    if case.behind.product is None:
        return ()
    return (_product_name(case.behind.product, case.telling),)


def _product_name(product: Product, telling: Telling) -> str:
    return product.name_ko if telling.locale == "ko" else product.name_en


def _why(refusal: Refusal, telling: Telling) -> str:
    if refusal.reason == "board_earns_nothing" and refusal.board is not None:
        board = board_name(refusal.board, names=telling.names, locale=telling.locale)
        return gettext("%(board)s earns no points", board=board)
    known = {
        "daily_times": gettext("over the day's limit"),
        "daily_points": gettext("the day's points were used up"),
        "cooldown": gettext("too soon after the one before"),
        "once_per_subject": gettext("the same thing earns once"),
        "once_ever": gettext("earned once only"),
        "not_enough_points": gettext("not enough points for its cost"),
        "suspended": gettext("suspended at that time"),
        "deleted_before": gettext("it was deleted before"),
        "board_earns_nothing": gettext("no points there"),
    }
    return known.get(refusal.reason or "", refusal.reason or refusal.outcome)
