"""Webhooks: who is told what, what became of it, and sending it again."""

from rewards.pages.staff.webhooks.page import add_to

__all__ = ["add_to"]
