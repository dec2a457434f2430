"""What came too late for a final season: it stays as it is, and staff see what would have been."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rewards.ranking.order import Reached
from rewards.ranking.season_rows import read_seasons

# A movement after the season was final counts in none; its award did in that one.
# Few entries reverse another, and those have an index; a season's awards have none.
_ALL_LATE = """
with late as materialized (
    select account_id, seq, award_seq, kind, points, recorded_at from entry
    where reverses is not null and season is null
)"""
_LATE = text(f"""
{_ALL_LATE}
select a.season, e.account_id, e.seq, e.award_seq, e.kind, e.points, e.recorded_at, m.member_id
    from late e join entry a on a.account_id = e.account_id and a.seq = e.award_seq
    left join member m on m.account_id = e.account_id
    where a.season = :season order by e.recorded_at, e.account_id, e.seq
""")
_SEASONS = text(f"""
{_ALL_LATE}
select distinct a.season from late e join entry a on a.account_id = e.account_id and a.seq = e.award_seq
    where a.season = any(cast(:seasons as date[]))
""")
_LATEST = text(f"""
{_ALL_LATE}
select a.season, e.account_id, e.seq from late e
    join entry a on a.account_id = e.account_id and a.seq = e.award_seq
    where a.season is not null and (cast(:before_at as timestamptz) is null or (e.recorded_at, e.account_id, e.seq)
        < (cast(:before_at as timestamptz), cast(:before_account as uuid), cast(:before_seq as bigint)))
    order by e.recorded_at desc, e.account_id desc, e.seq desc limit :limit
""")
_AWARDS = text(
    "select account_id, coalesce(award_seq, seq) as award_seq, cast(sum(points) as bigint) as points,"
    " min(occurred_at) filter (where kind = 'award') as occurred_at from entry where season = :season"
    " and account_id = any(cast(:accounts as uuid[])) and kind in ('award', 'reversal', 'restore') group by 1, 2"
)
_STANDING = text(
    "select s.account_id, s.points, s.reached_at, coalesce(m.member_id, '') as member_id from standing s"
    " left join member m using (account_id) where s.season_id = :season and s.place is not null"
    " and (s.place <= :places or s.account_id = any(cast(:accounts as uuid[])))"
)
# In whose line of a season's standing an account of somebody who was merged is: its own where it was final before.
_HELD = text("""
with recursive way as (
    select account_id, into_account as holder from member_merge where :season <> all(kept_seasons)
    union select w.account_id, g.into_account from way w
        join member_merge g on g.account_id = w.holder and :season <> all(g.kept_seasons)
)
select account_id, holder from way w where not exists
    (select from member_merge g where g.account_id = w.holder and :season <> all(g.kept_seasons))
""")
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LateReversal:
    """A reversal (`points` below zero) or restore after a season was final, of an award that counted in it.

    `changes_winners`: had it come in time, after those before it, the prizes would have gone elsewhere.
    """

    season: date
    account_id: UUID
    seq: int
    member_id: str | None
    kind: str
    points: int
    recorded_at: datetime
    changes_winners: bool


@dataclass(slots=True)
class _Award:
    holder: UUID
    points: int
    occurred_at: datetime


def late_reversals(session: Session, season: date, *, winners: int) -> list[LateReversal]:
    """All that came after a season was final, in order; `winners` is how many places had a prize."""
    late = session.execute(_LATE, {"season": season}).all()
    if not late:
        return []
    held: dict[UUID, UUID] = {row.account_id: row.holder for row in session.execute(_HELD, {"season": season})}
    accounts = list({held.get(row.account_id, row.account_id) for row in late})
    theirs = {*accounts, *(account_id for account_id, holder in held.items() if holder in accounts)}
    awards = _awards(session, season, accounts=list(theirs), held=held)
    wanted = {"season": season, "places": winners + len(accounts), "accounts": accounts}
    places = {
        row.account_id: Reached(row.points, row.reached_at, row.member_id) for row in session.execute(_STANDING, wanted)
    }
    return list(_replay(late, awards=awards, places=places, winners=winners))


def late_among(session: Session, seasons: Iterable[date]) -> set[date]:
    """Those of the seasons to which something came too late: they were final by then."""
    return set(session.scalars(_SEASONS, {"seasons": list(seasons)}))


class Before(NamedTuple):
    """Where the list over all seasons goes on: before this entry."""

    recorded_at: datetime
    account_id: UUID
    seq: int


def latest_late(session: Session, *, limit: int, before: Before | None = None) -> list[LateReversal]:
    """What came too late for any final season, the latest first."""
    at, account_id, seq = before or (None, None, None)
    wanted = {"before_at": at, "before_account": account_id, "before_seq": seq, "limit": limit}
    keys = session.execute(_LATEST, wanted).all()
    rows = read_seasons(session, {key.season for key in keys})
    late = {
        (one.account_id, one.seq): one
        for row in rows
        for one in late_reversals(session, row.season_id, winners=len(row.prizes))
    }
    return [late[key.account_id, key.seq] for key in keys]


def _replay(
    late: Sequence[Row[Any]],
    *,
    awards: dict[tuple[UUID, int], _Award],
    places: dict[UUID, Reached],
    winners: int,
) -> Iterable[LateReversal]:
    first = _first(places, winners=winners)
    for row in late:
        award = awards[row.account_id, row.award_seq]
        award.points += row.points
        if award.holder in places:
            places[award.holder] = _reached(award.holder, awards=awards, member_id=places[award.holder].member_id)
        before, first = first, _first(places, winners=winners)
        yield LateReversal(
            season=row.season,
            account_id=row.account_id,
            seq=row.seq,
            member_id=row.member_id,
            kind=row.kind,
            points=row.points,
            recorded_at=row.recorded_at,
            changes_winners=first != before,
        )


def _awards(
    session: Session, season: date, *, accounts: list[UUID], held: Mapping[UUID, UUID]
) -> dict[tuple[UUID, int], _Award]:
    rows = session.execute(_AWARDS, {"season": season, "accounts": accounts})
    return {
        (row.account_id, row.award_seq): _Award(held.get(row.account_id, row.account_id), row.points, row.occurred_at)
        for row in rows
    }


def _reached(account_id: UUID, *, awards: dict[tuple[UUID, int], _Award], member_id: str) -> Reached:
    standing = [award for award in awards.values() if award.holder == account_id and award.points > 0]
    reached_at = max((award.occurred_at.replace(microsecond=0) for award in standing), default=_BEFORE_ALL)
    return Reached(sum(award.points for award in standing), reached_at, member_id)


def _first(places: dict[UUID, Reached], *, winners: int) -> list[UUID]:
    with_points = [account_id for account_id, reached in places.items() if reached.points > 0]
    return sorted(with_points, key=lambda account_id: places[account_id].order)[:winners]
