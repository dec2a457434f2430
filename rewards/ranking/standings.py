"""The standing of a season: computed until it is final, kept ever after, with a hash that anybody can recompute."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

_COMPUTED = """
select row_number() over by_order as position, p.account_id,
    case when d.account_id is null then count(*) filter (where d.account_id is null) over by_order end as place,
    p.points, p.reached_at, d.account_id is not null as disqualified
from leaderboard_points p join member m using (account_id)
    left join disqualification d on d.season_id = p.period and d.account_id = p.account_id
where p.leaderboard = 'season' and p.period = :season and p.points > 0
    and not m.hidden and not m.opted_out and m.suspended_at is null and m.merged_into is null
    and m.member_id is not null
window by_order as (order by p.points desc, p.reached_at, m.member_id)"""
_FIX = text(
    "insert into standing (season_id, position, account_id, place, points, reached_at, disqualified)"
    f" select :season, position, account_id, place, points, reached_at, disqualified from ({_COMPUTED}) computed"
)
_FIXED = "select position, account_id, place, points, reached_at, disqualified from standing where season_id = :season"
_NAMED = """
select s.position, s.account_id, s.place, s.points, s.reached_at, s.disqualified, m.member_id, m.name, m.avatar,
    w.redemption_id
from ({standing}) s left join member m using (account_id)
    left join prize w on w.season_id = :season and w.account_id = s.account_id
where s.position > :after order by s.position limit :limit"""
_ROWS = {True: text(_FIXED + " order by position"), False: text(_COMPUTED + " order by position")}
_LINES = {True: text(_NAMED.format(standing=_FIXED)), False: text(_NAMED.format(standing=_COMPUTED))}
_WINNERS = text(
    "select w.season_id, w.place, w.attempt, w.account_id, w.redemption_id, s.place as standing_place, s.points,"
    " s.reached_at, m.member_id, m.name, m.avatar, r.state from prize w"
    " join standing s on s.season_id = w.season_id and s.account_id = w.account_id"
    " join redemption r on r.redemption_id = w.redemption_id left join member m on m.account_id = w.account_id"
    " where w.season_id = any(cast(:seasons as date[])) order by w.season_id desc, w.place, w.attempt"
)
_STREAMED = {"yield_per": 5000}


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A member's line of a standing. A disqualified one keeps its `position` and has no place."""

    position: int
    account_id: UUID
    place: int | None
    points: int
    reached_at: datetime
    disqualified: bool


@dataclass(frozen=True, slots=True)
class StandingLine:
    """A line as shown. The member's three are None once erased; `redemption_id` brings a winner's prize."""

    position: int
    account_id: UUID
    place: int | None
    points: int
    reached_at: datetime
    disqualified: bool
    member_id: str | None
    name: str | None
    avatar: str | None
    redemption_id: UUID | None


@dataclass(frozen=True, slots=True)
class Winner:
    """A prize of a season, whose it is, and how far its redemption is. `place` is the prize's; see `standing_place`."""

    season_id: date
    place: int
    attempt: int
    account_id: UUID
    redemption_id: UUID
    standing_place: int | None
    points: int
    reached_at: datetime
    member_id: str | None
    name: str | None
    avatar: str | None
    redemption_state: str


def standing_rows(session: Session, season: date, *, final: bool) -> Iterator[StandingRow]:
    """Every line in order, streamed: as kept of a `final` season, else as it would be now."""
    with session.execute(_ROWS[final], {"season": season}, execution_options=_STREAMED) as rows:
        yield from map(_standing_row, rows)


def read_standings(session: Session, season: date, *, final: bool, limit: int, after: int = 0) -> list[StandingLine]:
    """Lines with names, after a position; of a season that is not final, as the standing would be now."""
    parameters = {"season": season, "after": after, "limit": limit}
    return [StandingLine(*row) for row in session.execute(_LINES[final], parameters)]


def winners_of(session: Session, seasons: Sequence[date]) -> list[Winner]:
    """The prizes of final seasons, the latest first: a hall of fame. One passed on is there with each attempt."""
    return [Winner(*row) for row in session.execute(_WINNERS, {"seasons": list(seasons)})]


def fix_standing(session: Session, season: date) -> bytes:
    """Keep the standing as it is now, for ever; answers its hash. The season must be owned by the transaction."""
    session.execute(_FIX, {"season": season})
    return hash_of(season, standing_rows(session, season, final=True))


def hash_of(season: date, rows: Iterable[StandingRow]) -> bytes:
    """SHA-256 over the standing's text, docs/reference/standings.md: nothing in it names a person."""
    digest = sha256(f"standings 1 {season.isoformat()}\n".encode())
    for row in rows:
        digest.update(_line(row).encode())
    return digest.digest()


def _line(row: StandingRow) -> str:
    place = "-" if row.place is None else str(row.place)
    reached_at = row.reached_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{row.position} {place} {row.account_id} {row.points} {reached_at}\n"


def _standing_row(row: Row[Any]) -> StandingRow:
    return StandingRow(row.position, row.account_id, row.place, row.points, row.reached_at, row.disqualified)
