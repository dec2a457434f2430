"""The queue: claim, fulfil, reject, next."""

from rewards.pages.staff.queue.page import add_to

__all__ = ["add_to"]
