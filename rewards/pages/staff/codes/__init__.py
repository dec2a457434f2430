"""Codes from CSV into the stock."""

from rewards.pages.staff.codes.page import add_to

__all__ = ["add_to"]
