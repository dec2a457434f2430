"""The audit: who did what."""

from rewards.pages.staff.audit.page import add_to

__all__ = ["add_to"]
