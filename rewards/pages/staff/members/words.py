"""The words for members' states, for grounds of a suspension, and for what staff have done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from flask_babel import gettext

from rewards.access.audit import AuditLine
from rewards.members.levels import Level, level_at
from rewards.pages import words
from rewards.pages.languages import Language


class HasState(Protocol):
    """A member's states."""

    @property
    def hidden(self) -> bool: ...
    @property
    def opted_out(self) -> bool: ...
    @property
    def suspended_at(self) -> datetime | None: ...
    @property
    def balance(self) -> int: ...


def badges_of(member: HasState) -> tuple[tuple[str, str], ...]:
    """What stands out about a member: the look of the badge, and its word."""
    said = (
        (member.suspended_at is not None, "bad", gettext("suspended")),
        (member.balance < 0, "warns", gettext("owes points")),
        (member.hidden, "", gettext("hidden")),
        (member.opted_out, "", gettext("opted out")),
    )
    return tuple((look, word) for is_so, look, word in said if is_so)


def state_choices() -> tuple[tuple[str, str], ...]:
    """Whom a search can be narrowed to."""
    return (
        ("", gettext("Everybody")),
        ("suspended", gettext("Suspended")),
        ("owes", gettext("Owing points")),
        ("hidden", gettext("Hidden")),
        ("opted_out", gettext("Opted out")),
    )


def ground_choices() -> tuple[tuple[str, str], ...]:
    """Why somebody may be suspended."""
    return (
        ("spam", gettext("Spam")),
        ("accounts", gettext("Several accounts")),
        ("trading", gettext("Trading points or codes")),
        ("abuse", gettext("Breaking the forum's rules")),
        ("wish", gettext("At their own wish")),
        ("other", gettext("Something else")),
    )


def level_name(levels: Sequence[Level], lifetime: int, *, by_hand: str | None, locale: Language) -> str:
    """A member's level."""
    if by_hand is not None:
        return by_hand
    if not levels:
        return "–"
    level = levels[level_at(levels, lifetime)]
    return level.name if locale == "ko" else level.name_en


def outcome_choices() -> tuple[tuple[str, str], ...]:
    """What a statement can be narrowed to."""
    return (
        ("", gettext("Everything")),
        ("moved", gettext("Whatever moved points")),
        ("unmoved", gettext("Whatever gave nothing")),
        *((kind, kind_word(kind)) for kind in ("award", "charge", "penalty", "reversal", "restore", "adjustment")),
        *((kind, kind_word(kind)) for kind in ("capture", "refund", "grant")),
        *((outcome, kind_word(outcome)) for outcome in ("capped", "declined", "ignored", "rejected")),
    )


def kind_word(kind: str) -> str:
    """An entry's kind, or a decision's outcome."""
    known = {
        "award": gettext("award"),
        "charge": gettext("charge"),
        "penalty": gettext("penalty"),
        "reversal": gettext("reversal"),
        "restore": gettext("restore"),
        "adjustment": gettext("adjustment"),
        "capture": gettext("exchange"),
        "refund": gettext("refund"),
        "grant": gettext("grant"),
        "transfer": gettext("transfer"),
        "expiry": gettext("expiry"),
        "merge": gettext("merge"),
        "capped": gettext("capped"),
        "declined": gettext("declined"),
        "ignored": gettext("ignored"),
        "rejected": gettext("rejected"),
        "reversed": gettext("took others' awards back"),
        "restored": gettext("gave others' awards again"),
    }
    return known.get(kind, kind)


def reason_word(reason: str | None) -> str | None:
    """Why a decision gave nothing, where the member's own words for it do not say so."""
    known = {
        "no_rule": gettext("no rule for it"),
        "rule_not_valid_then": gettext("its rule was not valid then"),
        "nothing_to_reverse": gettext("nothing to take back"),
        "nothing_to_restore": gettext("nothing to give again"),
    }
    return known.get(reason or "")


def audit_words(line: AuditLine) -> str:
    """What somebody of the staff did, in a sentence."""
    points, ground = line.detail.get("points"), dict(ground_choices()).get(line.detail.get("ground", ""))
    said = {
        "points.adjust": gettext("corrected by %(points)sP", points=signed(points or 0)),
        "points.ask": gettext("asked for %(points)sP", points=signed(points or 0)),
        "points.approve": gettext("approved %(points)sP", points=signed(points or 0)),
        "points.refuse": gettext("refused %(points)sP", points=signed(points or 0)),
        "points.withdraw": gettext("withdrew %(points)sP", points=signed(points or 0)),
        "points.reverse": gettext("took entry %(seq)s back", seq=line.detail.get("reverses")),
        "points.restore": gettext("took entry %(seq)s back", seq=line.detail.get("restores")),
        "member.suspend": gettext("suspended: %(ground)s", ground=ground) if ground else gettext("suspended"),
        "member.readmit": gettext("readmitted"),
        "member.merge": gettext("merged another member into this one"),
        "member.hide": gettext("hidden") if line.detail.get("hidden") else gettext("shown on rankings again"),
    }
    return said.get(line.action, line.action)


def signed(points: int) -> str:
    """Points with their sign: +20, −20."""
    return f"+{words.number(points)}" if points > 0 else words.number(points)
