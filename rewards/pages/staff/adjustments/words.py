"""The words for an adjustment's states, and for what is refused."""

from flask_babel import gettext

from ledger.errors import NotEnoughPoints
from rewards.errors import AdjustmentDecided, AskedByAnother, AskedByYou, MemberGone
from rewards.pages import words
from rewards.pages.staff.queue.view import Badge
from rewards.pages.staff.queue.words import actor_name

Refused = AdjustmentDecided | AskedByAnother | AskedByYou | MemberGone | NotEnoughPoints


def state_badge(state: str) -> Badge:
    """Where an adjustment is."""
    look, word = {
        "waiting": ("warns", gettext("needs approval")),
        "approved": ("mine", gettext("approved")),
        "refused": ("bad", gettext("refused")),
        "withdrawn": ("", gettext("withdrawn")),
    }[state]
    return Badge(look, word)


def step_word(state: str) -> str:
    """What a line of the history says was done."""
    return {
        "waiting": gettext("Asked for"),
        "approved": gettext("Approved"),
        "refused": gettext("Refused"),
        "withdrawn": gettext("Withdrawn"),
    }[state]


def refusal(error: Refused) -> str:
    """What a step was refused for: what happened, and that nothing was changed."""
    if isinstance(error, AdjustmentDecided):
        state = state_badge(error.state).word
        return gettext("It was decided meanwhile: %(state)s. Nothing was changed.", state=state)
    if isinstance(error, AskedByYou):
        return gettext("Whoever asked for it may not decide on it: somebody else of the staff has to.")
    if isinstance(error, AskedByAnother):
        asked_by = actor_name(error.asked_by)
        return gettext("%(name)s asked for it: only they withdraw it, others refuse it.", name=asked_by)
    if isinstance(error, MemberGone):
        return gettext("The member was erased or merged since. Nothing was changed: refuse it.")
    available = words.number(max(error.available, 0))
    return gettext("Only %(available)sP are available by now, and nothing was changed.", available=available)
