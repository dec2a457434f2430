"""Adjustments that are too large for one of the staff: what waits for a second, and what became of it."""

from rewards.pages.staff.adjustments.page import add_to

__all__ = ["add_to"]
