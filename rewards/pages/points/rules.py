"""The rules of a policy as its readers see them: what earns, how much, how often, where. Pure but for the language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext, ngettext

from rewards.earning.rules import DELETED, Rule, stem_of
from rewards.pages import words
from rewards.pages.languages import Language
from rewards.pages.names import board_name, known_rules, rule_name
from rewards.policy.names import Names
from rewards.ranking.seasons import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """For whom the policy is read: the language, the community's calendar, the present."""

    names: Names
    locale: Language
    calendar: Calendar
    now: datetime


@dataclass(frozen=True, slots=True)
class BoardShown:
    """What the same thing earns on a board of the forum; below 0 it costs."""

    name: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleShown:
    """What something earns, or costs below 0. `limits` say how often, `notes` what else there is to know."""

    key: str
    name: str
    points: int
    limits: tuple[str, ...]
    notes: tuple[str, ...]
    boards: tuple[BoardShown, ...]


@dataclass(frozen=True, slots=True)
class DeletionShown:
    """What else is taken back, from whoever got it, when something is deleted."""

    what: str
    taken_back: tuple[str, ...]


def rules_shown(rules: Iterable[Rule], *, reading: Reading) -> tuple[RuleShown, ...]:
    """The rules that move points now or will, in the order in which people think of them."""
    known = list(known_rules())
    moving = [rule for rule in rules if _moves_points(rule) and not _is_over(rule, reading)]
    moving.sort(key=lambda rule: (known.index(rule.key) if rule.key in known else len(known), -rule.points, rule.key))
    return tuple(_shown(rule, reading) for rule in moving)


def deletions_shown(rules: Iterable[Rule], *, reading: Reading) -> tuple[DeletionShown, ...]:
    """Deletions that take more back than the awards of what was deleted."""
    return tuple(
        DeletionShown(
            _called(f"{stem_of(rule.key)}.created", reading, otherwise=rule.key),
            tuple(rule_name(key, names=reading.names, locale=reading.locale) for key in rule.takes_back),
        )
        for rule in sorted(rules, key=lambda rule: rule.key)
        if rule.takes_back and rule.key.endswith(DELETED)
    )


def _called(key: str, reading: Reading, *, otherwise: str) -> str:
    name = rule_name(key, names=reading.names, locale=reading.locale)
    return otherwise if name == key else name


def _moves_points(rule: Rule) -> bool:
    return stem_of(rule.key) is None and any((rule.points, *rule.boards.values()))


def _is_over(rule: Rule, reading: Reading) -> bool:
    return rule.valid_until is not None and rule.valid_until <= reading.now


def _shown(rule: Rule, reading: Reading) -> RuleShown:
    boards = (
        BoardShown(board_name(key, names=reading.names, locale=reading.locale), points)
        for key, points in rule.boards.items()
        if points != rule.points
    )
    return RuleShown(
        key=rule.key,
        name=rule_name(rule.key, names=reading.names, locale=reading.locale),
        points=rule.points,
        limits=_limits(rule),
        notes=(*_notes(rule), *_times(rule, reading)),
        boards=tuple(sorted(boards, key=lambda board: (-board.points, board.name))),
    )


def _limits(rule: Rule) -> tuple[str, ...]:
    """How often, and how much a day."""
    said: list[str] = []
    if rule.once_ever:
        said.append(gettext("once ever"))
    if rule.times_per_day is not None:
        said.append(ngettext("once a day", "%(num)d times a day", rule.times_per_day))
    if rule.points_per_day is not None:
        said.append(gettext("%(points)sP a day", points=words.number(rule.points_per_day)))
    return tuple(said)


def _notes(rule: Rule) -> tuple[str, ...]:
    said: list[str] = []
    if rule.cooldown_s is not None:
        said.append(gettext("at least %(span)s apart", span=_span(rule.cooldown_s)))
    if rule.once_per_subject:
        said.append(gettext("once for the same thing"))
    if rule.lapses_after_days is not None:
        said.append(ngettext("lapses after one more day", "lapses after %(num)d more days", rule.lapses_after_days))
    if rule.points < 0 or any(points < 0 for points in rule.boards.values()):
        said.append(
            gettext("a cost that must be affordable") if rule.must_afford else gettext("a cost that is taken anyhow")
        )
    return tuple(said)


def _times(rule: Rule, reading: Reading) -> tuple[str, ...]:
    """From when, if that is still to come, and until when."""
    said: list[str] = []
    if rule.valid_from is not None and rule.valid_from > reading.now:
        said.append(gettext("from %(moment)s", moment=_moment(rule.valid_from, reading)))
    if rule.valid_until is not None:
        said.append(gettext("until %(moment)s", moment=_moment(rule.valid_until, reading)))
    return tuple(said)


def _moment(at: datetime, reading: Reading) -> str:
    return words.moment(at.astimezone(reading.calendar.timezone), reading.locale)


def _span(seconds: int) -> str:
    """Seconds in the largest unit that says them exactly."""
    if seconds % 3600 == 0:
        return ngettext("one hour", "%(num)d hours", seconds // 3600)
    if seconds % 60 == 0:
        return ngettext("one minute", "%(num)d minutes", seconds // 60)
    return ngettext("one second", "%(num)d seconds", seconds)
