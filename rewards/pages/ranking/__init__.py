"""The ranking: where am I, and what is the next place worth? And the weeks before."""

from flask import Blueprint

from rewards.pages.ranking import hall_of_fame, page


def add_to(pages: Blueprint) -> None:
    """Add the addresses."""
    page.add_to(pages)
    hall_of_fame.add_to(pages)
