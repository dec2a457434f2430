"""The catalogue: what is on offer, and how long it lasts."""

from rewards.pages.staff.products.page import add_to

__all__ = ["add_to"]
