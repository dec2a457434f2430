"""Coming in to the desk, and one's own sign-ins."""

from rewards.pages.staff.access import sessions, sign_in
from rewards.pages.staff.desk import Desk


def add_to(desk: Desk) -> None:
    """Add the addresses."""
    sign_in.add_to(desk)
    sessions.add_to(desk)
