"""The catalogue."""

from rewards.pages.staff.desk import Desk


def add_to(desk: Desk) -> None:
    """Add the addresses."""
