"""The market: what can I have now, and where is what I asked for?"""

from rewards.pages.market.page import add_to

__all__ = ["add_to"]
