"""Seasons as staff see them: where each is, who wins what, what came too late."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rewards.http.cursors import cursor_for, place_after
from rewards.http.surroundings import here
from rewards.pages.faces import Face, face_of
from rewards.pages.ranking.past_weeks import neighbours
from rewards.pages.ranking.view import PrizeShown
from rewards.pages.ranking.weeks import last_day, prizes_shown
from rewards.ranking.late_reversals import LateReversal, late_among, late_reversals, latest_late
from rewards.ranking.season_rows import SeasonRow, seasons_before, state_at
from rewards.ranking.standings import StandingLine, Winner, read_standings, winners_of
from rewards.runtime.settings import Locale
from rewards.staff.seasons import winners_now

PLACES = 100
SEASONS = 26
LATE = 10

_COUNT = {
    True: text("select count(*) from standing where season_id = :season"),
    False: text(
        "select count(*) from leaderboard_points p join member m using (account_id) where p.leaderboard = 'season'"
        " and p.period = :season and p.points > 0 and not m.hidden and not m.opted_out and m.suspended_at is null"
        " and m.merged_into is null and m.member_id is not null"
    ),
}
_HISTORY = text(
    "select state, actor, recorded_at from season_history where season_id = :season"
    " order by array_position(array['open', 'closing', 'provisional', 'final'], state)"
)
_DISQUALIFIED = text(
    "select d.account_id, d.actor, d.reason, d.recorded_at, m.member_id, m.name, m.avatar from disqualification d"
    " left join member m using (account_id) where d.season_id = :season order by d.recorded_at"
)

_FACES = text(
    "select account_id, member_id, name, avatar from member where account_id = any(cast(:accounts as uuid[]))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonListed:
    """A season in the list. `winners` once it is final; `late`: something came too late for it."""

    row: SeasonRow
    state: str
    last_day: date
    prizes: tuple[PrizeShown, ...]
    winners: tuple[Face, ...]
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceShown:
    """A line of a standing."""

    line: StandingLine
    face: Face
    prize: PrizeShown | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrizeGiven:
    """A prize of a final season, whose it is, and where its redemption is."""

    winner: Winner
    face: Face
    prize: PrizeShown | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrizeMove:
    """Whose a prize is now, and whose it would be."""

    prize: PrizeShown
    before: Face | None
    after: Face | None


@dataclass(frozen=True, slots=True)
class Step:
    """A state that a season came into."""

    state: str
    actor: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisqualifiedShown:
    """Somebody who was taken out of the standing; the reason may have been erased."""

    face: Face
    actor: str
    reason: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LateShown:
    """What came too late."""

    late: LateReversal
    face: Face


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonPage:
    """Everything about one season."""

    row: SeasonRow
    state: str
    last_day: date
    grace_ends_at: datetime
    seconds_left: int
    members: int
    places: tuple[PlaceShown, ...]
    next_cursor: str | None
    first_page: bool
    prizes: tuple[PrizeShown, ...]
    given: tuple[PrizeGiven, ...]
    winners: tuple[PlaceShown, ...]
    steps: tuple[Step, ...]
    disqualified: tuple[DisqualifiedShown, ...]
    late: tuple[LateShown, ...]
    previous: date | None
    following: date | None


def list_seasons(
    session: Session, before: datetime, *, locale: Locale, now: datetime
) -> tuple[list[SeasonListed], datetime | None]:
    """Seasons that start before an instant, the latest first, and where the earlier ones go on."""
    rows = seasons_before(session, before, limit=SEASONS + 1)
    shown = rows[:SEASONS]
    ids = [row.season_id for row in shown]
    late = late_among(session, ids)
    winners = _winners_by_season(session, ids)
    listed = [
        SeasonListed(
            row=row,
            state=state_at(row, now),
            last_day=last_day(row.bounds, calendar=here().calendar),
            prizes=prizes_shown(row.prizes, locale=locale),
            winners=tuple(winners.get(row.season_id, ())),
            late=row.season_id in late,
        )
        for row in shown
    ]
    return listed, shown[-1].starts_at if len(rows) > SEASONS else None


def season_page(session: Session, row: SeasonRow, *, locale: Locale, cursor: str | None, now: datetime) -> SeasonPage:
    """The season's page, in one snapshot. Refuses a cursor of another list."""
    final = row.state == "final"
    prizes = prizes_shown(row.prizes, locale=locale)
    places, next_cursor = _places(session, row, prizes=prizes, cursor=cursor)
    previous, following = neighbours(session, row, now=now)
    return SeasonPage(
        row=row,
        state=state_at(row, now),
        last_day=last_day(row.bounds, calendar=here().calendar),
        grace_ends_at=row.grace_ends_at,
        seconds_left=max(0, int((row.ends_at - now).total_seconds())),
        members=session.execute(_COUNT[final], {"season": row.season_id}).scalar_one(),
        places=places,
        next_cursor=next_cursor,
        first_page=cursor is None,
        prizes=prizes,
        given=_given(session, row, prizes=prizes) if final else (),
        winners=show_places(winners_now(session, row.season_id), prizes=prizes) if row.state == "provisional" else (),
        steps=tuple(Step(*step) for step in session.execute(_HISTORY, {"season": row.season_id})),
        disqualified=_disqualified(session, row.season_id),
        late=_late(session, row) if final else (),
        previous=previous,
        following=following,
    )


def show_places(lines: Sequence[StandingLine], *, prizes: Sequence[PrizeShown]) -> tuple[PlaceShown, ...]:
    """Lines of a standing, with what they win."""
    by_place: Mapping[int | None, PrizeShown] = {prize.place: prize for prize in prizes}
    return tuple(
        PlaceShown(
            line=line,
            face=face_of(line.member_id, name=line.name, avatar=line.avatar),
            prize=by_place.get(line.place),
        )
        for line in lines
    )


def prize_moves(
    session: Session, row: SeasonRow, *, without: UUID, prizes: Sequence[PrizeShown]
) -> tuple[PrizeMove, ...]:
    """Who would win what if one member were taken out: everybody below moves up by one."""
    taken_out = len(_disqualified(session, row.season_id))
    limit = max((prize.place for prize in prizes), default=0) + taken_out + 1
    lines = read_standings(session, row.season_id, final=False, limit=limit)
    before = [line for line in lines if line.place is not None]
    after = [line for line in before if line.account_id != without]
    return tuple(
        PrizeMove(prize=prize, before=_face_at(before, prize.place), after=_face_at(after, prize.place))
        for prize in prizes
    )


def _face_at(lines: Sequence[StandingLine], place: int) -> Face | None:
    if place > len(lines):
        return None
    line = lines[place - 1]
    return face_of(line.member_id, name=line.name, avatar=line.avatar)


def _places(
    session: Session, row: SeasonRow, *, prizes: Sequence[PrizeShown], cursor: str | None
) -> tuple[tuple[PlaceShown, ...], str | None]:
    of = f"staff season {row.season_id}"
    place: list[Any] | None = place_after(cursor, of=of)
    lines = read_standings(
        session, row.season_id, final=row.state == "final", limit=PLACES + 1, after=place[0] if place else 0
    )
    shown = lines[:PLACES]
    return show_places(shown, prizes=prizes), cursor_for([shown[-1].position] if len(lines) > PLACES else None, of=of)


def _winners_by_season(session: Session, seasons: Sequence[date]) -> dict[date, list[Face]]:
    found: dict[date, dict[int, Face]] = {}
    for winner in winners_of(session, seasons):  # by place and attempt: the last to get it stands
        face = face_of(winner.member_id, name=winner.name, avatar=winner.avatar)
        found.setdefault(winner.season_id, {})[winner.place] = face
    return {season: list(faces.values()) for season, faces in found.items()}


def _given(session: Session, row: SeasonRow, *, prizes: Sequence[PrizeShown]) -> tuple[PrizeGiven, ...]:
    by_place = {prize.place: prize for prize in prizes}
    return tuple(
        PrizeGiven(
            winner=winner,
            face=face_of(winner.member_id, name=winner.name, avatar=winner.avatar),
            prize=by_place.get(winner.place),
        )
        for winner in winners_of(session, [row.season_id])
    )


def _disqualified(session: Session, season: date) -> tuple[DisqualifiedShown, ...]:
    return tuple(
        DisqualifiedShown(
            face=face_of(line.member_id, name=line.name, avatar=line.avatar),
            actor=line.actor,
            reason=line.reason,
            recorded_at=line.recorded_at,
        )
        for line in session.execute(_DISQUALIFIED, {"season": season})
    )


def show_latest_late(session: Session) -> tuple[LateShown, ...]:
    """What came too late for any week, the latest first."""
    return _show_late(session, latest_late(session, limit=LATE))


def _late(session: Session, row: SeasonRow) -> tuple[LateShown, ...]:
    return _show_late(session, late_reversals(session, row.season_id, winners=len(row.prizes)))


def _show_late(session: Session, found: Sequence[LateReversal]) -> tuple[LateShown, ...]:
    faces = _faces(session, {one.account_id for one in found})
    return tuple(LateShown(late=one, face=faces[one.account_id]) for one in found)


def _faces(session: Session, accounts: set[UUID]) -> dict[UUID, Face]:
    rows = session.execute(_FACES, {"accounts": list(accounts)}) if accounts else ()
    return {row.account_id: face_of(row.member_id, name=row.name, avatar=row.avatar) for row in rows}
