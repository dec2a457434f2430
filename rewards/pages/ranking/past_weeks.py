"""Weeks that are over, as the pages read them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.pages.faces import face_of
from rewards.pages.ranking.view import LastWeek, PastWeek, Place
from rewards.pages.ranking.weeks import last_day
from rewards.ranking.season_rows import SeasonRow, seasons_before, state_at
from rewards.ranking.seasons import Bounds, Calendar

WINNERS = 3

_WINNERS = text(
    "select s.season_id, s.place, s.points, m.member_id, m.name, m.avatar from standing s"
    " left join member m using (account_id)"
    " where s.season_id = any(cast(:seasons as date[])) and s.place <= :winners order by s.season_id, s.place"
)
_MEMBERS = text(
    "select season_id, count(place) as members from standing where season_id = any(cast(:seasons as date[])) group by 1"
)
_NEIGHBOURS = text(
    "select (select max(season_id) from season where starts_at < :starts_at),"
    " (select min(season_id) from season where starts_at > :starts_at and ends_at <= :now)"
)
_FINAL_SINCE = text("select recorded_at from season_history where season_id = :season and state = 'final'")


def last_week_before(
    session: Session, present: Bounds, *, calendar: Calendar, me: str | None, now: datetime
) -> LastWeek | None:
    """The season that ended when the present one began, with its winners once it is final."""
    row = next(iter(seasons_before(session, present.starts_at, limit=1)), None)
    if row is None or row.ends_at < present.starts_at - timedelta(days=1):
        return None
    winners = winners_of(session, [row.season_id], me=me).get(row.season_id, ()) if row.state == "final" else ()
    return LastWeek(
        season_id=row.season_id,
        first_day=row.season_id,
        last_day=last_day(row.bounds, calendar=calendar),
        state=state_at(row, now),
        winners=winners,
    )


def past_weeks(
    session: Session, before: datetime, *, calendar: Calendar, limit: int, me: str | None, now: datetime
) -> tuple[tuple[PastWeek, ...], datetime | None]:
    """Weeks that ended before now, the latest first, and where the earlier ones go on."""
    rows = [row for row in seasons_before(session, before, limit=limit + 2) if row.ends_at <= now]
    shown, more = rows[:limit], len(rows) > limit
    seasons = [row.season_id for row in shown]
    winners, members = winners_of(session, seasons, me=me), members_of(session, seasons)
    weeks = tuple(
        PastWeek(
            season_id=row.season_id,
            first_day=row.season_id,
            last_day=last_day(row.bounds, calendar=calendar),
            state=state_at(row, now),
            members=members.get(row.season_id, 0),
            winners=winners.get(row.season_id, ()),
        )
        for row in shown
    )
    return weeks, shown[-1].starts_at if more else None


def winners_of(session: Session, seasons: Sequence[date], *, me: str | None) -> dict[date, tuple[Place, ...]]:
    """The first three of settled weeks."""
    found: dict[date, tuple[Place, ...]] = {}
    for row in session.execute(_WINNERS, {"seasons": list(seasons), "winners": WINNERS}):
        face = face_of(row.member_id, name=row.name, avatar=row.avatar)
        mine = me is not None and row.member_id == me
        found[row.season_id] = (
            *found.get(row.season_id, ()),
            Place(rank=row.place, face=face, points=row.points, mine=mine),
        )
    return found


def members_of(session: Session, seasons: Sequence[date]) -> dict[date, int]:
    """How many took a place in settled weeks."""
    return {row.season_id: row.members for row in session.execute(_MEMBERS, {"seasons": list(seasons)})}


def neighbours(session: Session, row: SeasonRow, *, now: datetime) -> tuple[date | None, date | None]:
    """The week before, and the week after if it is over too."""
    found = session.execute(_NEIGHBOURS, {"starts_at": row.starts_at, "now": now}).one()
    return found[0], found[1]


def final_since(session: Session, season: date) -> datetime | None:
    """When a week became final."""
    return session.execute(_FINAL_SINCE, {"season": season}).scalar_one_or_none()
