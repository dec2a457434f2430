"""The addresses."""

from flask import Blueprint


def add_to(pages: Blueprint) -> None:
    """Add the addresses."""
