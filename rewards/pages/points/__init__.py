"""How points work, made from the policy in force."""

from rewards.pages.points.page import add_to

__all__ = ["add_to"]
