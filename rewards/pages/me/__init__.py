"""Me: what do I have, and why?"""

from rewards.pages.me.page import add_to

__all__ = ["add_to"]
