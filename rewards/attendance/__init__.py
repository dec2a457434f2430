"""Attendance: one check-in per member and community day, with its place, streaks and bonuses."""
