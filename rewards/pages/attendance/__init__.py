"""Attendance: have I been here today, what do I get?"""

from rewards.pages.attendance.page import add_to

__all__ = ["add_to"]
