"""The words for a season's state."""

from flask_babel import gettext


def state_word(state: str) -> str:
    """Where a season is."""
    known = {
        "open": gettext("under way"),
        "closing": gettext("being settled"),
        "provisional": gettext("provisional"),
        "final": gettext("final"),
    }
    return known.get(state, state)


def state_look(state: str) -> str:
    """How its badge looks: what waits for staff stands out."""
    return {"open": "mine", "provisional": "warns"}.get(state, "")
