"""The start page: what runs here, and where to go."""

from rewards.pages.start.page import add_to

__all__ = ["add_to"]
