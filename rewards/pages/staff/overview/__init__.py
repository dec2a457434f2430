"""The front page of the desk: what is next, is anything wrong?"""

from rewards.pages.staff.overview.page import add_to

__all__ = ["add_to"]
