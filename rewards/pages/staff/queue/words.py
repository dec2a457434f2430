"""How the staff's queue says things: states, steps, ages, and what was refused."""

from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext, ngettext

from market.errors import (
    BadCode,
    CodeDoubled,
    CodeUnreadable,
    MarketError,
    NoCodeInStock,
    NotClaimedByYou,
    SecondStaffNeeded,
    WrongState,
)
from market.queue import Line, RedemptionRow
from rewards.errors import PrizeNotReturned
from rewards.pages.staff.queue.view import Badge

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
DAYS_FROM_HOURS = 48


def age(at: datetime, *, now: datetime) -> str:
    """How long ago something was, to the minute for two days: staff see at a glance which waited longest."""
    passed_s = max(int((now - at).total_seconds()), 0)
    hours, minutes = passed_s // HOUR_S, passed_s % HOUR_S // MINUTE_S
    if hours >= DAYS_FROM_HOURS:
        return ngettext("a day ago", "%(num)d days ago", passed_s // DAY_S)
    if hours and minutes:
        return gettext("%(hours)d h %(minutes)d min ago", hours=hours, minutes=minutes)
    if hours:
        return ngettext("an hour ago", "%(num)d hours ago", hours)
    return gettext("%(minutes)d min ago", minutes=minutes) if minutes else gettext("just now")


def actor_name(actor: str) -> str:
    """Who took a step, as staff call each other."""
    kind, _, name = actor.partition(":")
    if kind == "member":
        return gettext("the member")
    if kind == "system":
        return gettext("the service")
    return gettext("key %(name)s", name=name) if kind == "key" else name or actor


def badge_of(row: RedemptionRow, *, actor: str) -> Badge:
    """A redemption's state to somebody of the staff."""
    if row.claimed_by is None or row.state != "claimed":
        return state_badge(row.state)
    return Badge("mine", gettext("in my hand")) if row.claimed_by == actor else Badge("", actor_name(row.claimed_by))


def state_badge(state: str) -> Badge:
    """A redemption's state."""
    look, word = {
        "requested": ("", gettext("waiting")),
        "awaiting_approval": ("warns", gettext("needs approval")),
        "claimed": ("", gettext("in hand")),
        "fulfilled": ("mine", gettext("fulfilled")),
        "rejected": ("bad", gettext("turned down")),
        "cancelled": ("", gettext("cancelled")),
        "expired": ("", gettext("expired")),
    }[state]
    return Badge(look, word)


def action_word(line: Line, *, is_prize: bool) -> str:
    """What a line of the history says was done."""
    words = {
        "request": gettext("Won as a prize") if is_prize else gettext("Requested"),
        "ask_approval": gettext("Needs approval"),
        "approve": gettext("Approved"),
        "claim": gettext("Taken in hand"),
        "release": gettext("Laid back"),
        "fulfil": gettext("Fulfilled"),
        "reject": gettext("Rejected"),
        "cancel": gettext("Cancelled"),
        "expire": gettext("Expired"),
    }
    return words.get(line.action, line.action)


def reading_word() -> str:
    """What a line of the history says when somebody was shown the code."""
    return gettext("Code shown")


def ready_reasons() -> tuple[str, ...]:
    """Reasons for refusing that staff give again and again; the member is shown them as they are."""
    return (
        gettext("It was requested twice."),
        gettext("The product can no longer be had."),
        gettext("Points from several accounts cannot be put together."),
        gettext("The points were earned against the forum's rules."),
        gettext("At your own request."),
    )


def refusal(error: MarketError | PrizeNotReturned, *, by: str | None = None) -> str:
    """What a step was refused for: what happened, that nothing was lost, what to do. `by`: who moved it last."""
    if isinstance(error, NotClaimedByYou):
        return _not_yours(error.claimed_by)
    if isinstance(error, WrongState):
        return gettext("%(what)s Nothing was changed.", what=_has_moved(error.have, by=by))
    if isinstance(error, (BadCode, CodeDoubled)):
        return code_fault(error)
    words: Mapping[type[Exception], str] = {
        SecondStaffNeeded: gettext(
            "Whoever approved it may not fulfil it: somebody else of the staff has to. Nothing was changed."
        ),
        NoCodeInStock: gettext("No code is left in stock. Nothing was changed: type a code in, or import some first."),
        CodeUnreadable: gettext("The code cannot be opened: a key is missing from the settings. Tell the operator."),
        PrizeNotReturned: gettext("This prize has gone on before, or was not given back. Nothing was changed."),
    }
    return words.get(type(error)) or gettext("This did not work. Nothing was changed.")


def code_fault(error: BadCode | CodeDoubled) -> str:
    """What is wrong with a code that was typed in; never the code."""
    if isinstance(error, CodeDoubled):
        return gettext("This code is known already: it is in stock, or was given out before. Nothing was sent.")
    if error.problem == "too_long":
        return gettext("A code has at most 255 characters.")
    if error.problem == "empty":
        return gettext("Type the code in.")
    return gettext("A code has no line breaks or control characters.")


def _not_yours(claimed_by: str | None) -> str:
    if claimed_by is None:
        return gettext("It is in nobody's hand any more. Nothing was changed: take it in hand first.")
    return gettext(
        "%(name)s has it in hand meanwhile. Nothing was changed: go on with the next.", name=actor_name(claimed_by)
    )


def _has_moved(have: str, *, by: str | None) -> str:
    name = gettext("somebody") if by is None else actor_name(by)
    return {
        "requested": gettext("It waits in the queue, in nobody's hand."),
        "awaiting_approval": gettext("It has to be approved first."),
        "claimed": gettext("It is in hand meanwhile: %(name)s.", name=name),
        "fulfilled": gettext("It has been fulfilled meanwhile: %(name)s.", name=name),
        "rejected": gettext("It has been rejected meanwhile: %(name)s.", name=name),
        "cancelled": gettext("The member has cancelled it: points and stock went back."),
        "expired": gettext("It waited too long and has expired: points and stock went back."),
    }[have]
