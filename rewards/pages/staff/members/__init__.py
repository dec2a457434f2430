"""Members in the hands of staff: search, statement, corrections."""

from rewards.pages.staff.members.page import add_to

__all__ = ["add_to"]
