"""What events and boards are called: by the policy first, then by the catalogue, else by their keys."""

from flask_babel import gettext, ngettext

from rewards.pages.languages import Language
from rewards.policy.names import Names


def rule_name(key: str, *, names: Names, locale: Language) -> str:
    """An event type as people call what happened."""
    named = names.rules.get(key)
    return named.in_language(locale) if named else known_rules().get(key, key)


def board_name(key: str, *, names: Names, locale: Language) -> str:
    """A board of the forum as people call it."""
    named = names.boards.get(key)
    return named.in_language(locale) if named else key


def known_rules() -> dict[str, str]:
    """The types that every forum has, in the page's language, in the order in which pages list them."""
    return {
        "post.created": gettext("Post"),
        "comment.created": gettext("Comment"),
        "reply.received": gettext("Reply received"),
        "like.received": gettext("Like received"),
        "login": gettext("Visit"),
        "member.joined": gettext("Joining"),
        "attendance.checked_in": gettext("Check-in"),
    }


def bonus_name(kind: str, number: int = 0) -> str:
    """A part of a check-in as people call it: the base, or a bonus for a streak, a whole week, a whole month."""
    if kind == "streak":
        return ngettext("One day in a row", "%(num)d days in a row", number)
    known = {
        "base": gettext("Check-in"),
        "perfect-week": gettext("Every day of the week"),
        "perfect-month": gettext("Every day of the month"),
    }
    return known.get(kind, kind)
