"""What people see in a browser: the start page, the ranking, past weeks, and what went wrong in words."""

from rewards.pages.blueprint import register_pages

__all__ = ["register_pages"]
