"""Leaderboards: seasons and their calendar, the one order, its projection into Redis, and reading it."""
