"""Seasons: standings, review, disqualification."""

from rewards.pages.staff.seasons.page import add_to

__all__ = ["add_to"]
