"""Leaderboards as they are kept, and as the entries alone make them."""

from datetime import date, datetime
from typing import Any

from tests.support.world import World


def leaderboards_as_kept(world: World) -> dict[Any, tuple[int, datetime]]:
    kept = world.rows("select leaderboard, period, account_id, points, reached_at from leaderboard_points")
    return {tuple(row[:3]): (row.points, row.reached_at) for row in kept if row.points}


def leaderboards_from_entries(world: World) -> dict[Any, tuple[int, datetime]]:
    """Sums of entries in Python: what stands in a period, and the latest second among it."""
    lines: dict[Any, list[Any]] = {}
    for entry in world.rows("select * from entry where kind in ('award', 'reversal', 'restore')"):
        for leaderboard, period in (("all-time", date(1, 1, 1)), ("season", entry.season), ("month", entry.month)):
            if period is not None:
                line = (leaderboard, period, entry.account_id, entry.award_seq or entry.seq)
                lines.setdefault(line, []).append(entry)
    boards: dict[Any, tuple[int, datetime]] = {}
    for (*place, _), entries in lines.items():
        points = sum(entry.points for entry in entries)
        if points:
            (at,) = [entry.occurred_at.replace(microsecond=0) for entry in entries if entry.kind == "award"]
            total, latest = boards.get(tuple(place), (0, at))
            boards[tuple(place)] = (total + points, max(latest, at))
    return boards
