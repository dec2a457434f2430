"""Prizes of the village's past weeks: all but last week's were sent, and one of those is in hand."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.ranking.season_rows import read_season
from rewards.ranking.standings import standing_rows
from rewards.settlement import _give
from tests.support.http import Caller
from tests.support.village import NOW, TODAY, WEEK
from tests.support.world import World

WEEKS = 6

_GIVEN = text("select cast(redemption_id as text) from prize where season_id = :season order by place")


def give_past_prizes(world: World, *, staff: Caller, at: Callable[[timedelta], AbstractContextManager[None]]) -> None:
    """Put each past week's prizes into the queue as at its settlement, where they are not, and send the older ones."""
    for back in range(WEEKS, 0, -1):
        season = WEEK - timedelta(weeks=back)
        ago = NOW - world.terms.calendar.day_start(season + timedelta(weeks=1)) - timedelta(minutes=10)
        given = world.run(lambda session, season=season, ago=ago: _prizes(session, season, ago=ago))
        for place, redemption_id in enumerate(given, start=1):
            steps = ("claim", "fulfil") if back > 1 else ("claim",) if place == 1 else ()
            with at(ago - timedelta(hours=9, minutes=7 * place)):
                for step in steps:
                    body = {"code": f"PRIZE-{season:%m%d}-{place:04d}"} if step == "fulfil" else None
                    answer = staff.post(f"/v1/staff/redemptions/{redemption_id}/{step}", json=body)
                    assert answer.status_code < 300, answer.get_data(as_text=True)


def _prizes(session: Session, season: date, *, ago: timedelta) -> list[str]:
    given = list(session.scalars(_GIVEN, {"season": season}))
    return given or _give_prizes(session, season, ago=ago)


def _give_prizes(session: Session, season: date, *, ago: timedelta) -> list[str]:
    row = read_season(session, season)
    assert row is not None
    winners = list(standing_rows(session, season, final=True))[: len(row.prizes)]
    return [
        str(
            _give(
                session, row, prize=prize, account_id=winner.account_id, attempt=1, today=TODAY, now=NOW - ago
            ).redemption_id
        )
        for prize, winner in zip(row.prizes, winners, strict=True)
    ]
