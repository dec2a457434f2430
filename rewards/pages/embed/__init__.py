"""Boxes for the forum's own pages."""

from rewards.pages.embed.page import add_to

__all__ = ["add_to"]
