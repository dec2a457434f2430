"""Settlement: a season's states, its standing, and the prizes as redemptions in the staff's queue.

Who settles owns the season's lock, under which every writer of awards reads the state. So it happens once however many
try, and no award comes after the standing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.locks import own_season
from ledger.outbox import Notice, emit
from market.redemptions import request_prize
from rewards.errors import (
    NotInStanding,
    PrizeNotReturned,
    SeasonNotInReview,
    SeasonNotOver,
    SeasonNotPast,
    UnknownThing,
)
from rewards.ranking.season_rows import (
    Prizes,
    SeasonRow,
    ensure_current,
    first_season,
    open_backfill,
    read_season,
    seasons_covering,
)
from rewards.ranking.seasons import Bounds, Calendar
from rewards.ranking.standings import fix_standing, standing_rows

SYSTEM = "system"
GIVEN_BACK = ("rejected", "cancelled", "expired")

_DUE = text(
    "select season_id from season where origin = 'live' and (state = 'open' and ends_at <= :now"
    " or state = 'closing' and ends_at + make_interval(secs => grace_s) <= :now"
    " or state = 'provisional' and not :review) order by starts_at"
)
_MOVE = text("update season set state = :to, standings_hash = :hash where season_id = :season and state = :from_")
_HISTORY = text("insert into season_history (season_id, state, actor, recorded_at) values (:season, :to, :actor, :now)")
_WINNERS = text(
    "select place, account_id from standing where season_id = :season and place = any(cast(:places as bigint[]))"
    " order by place"
)
_ADD_PRIZE = text(
    "insert into prize (season_id, place, attempt, account_id, redemption_id, recorded_at)"
    " values (:season, :place, :attempt, :account_id, :redemption_id, :now)"
)
_PRIZE_OF = text("select season_id, place, attempt from prize where redemption_id = :redemption_id")
_LATEST_ATTEMPT = text(
    "select w.attempt, r.state from prize w join redemption r using (redemption_id)"
    " where w.season_id = :season and w.place = :place order by w.attempt desc limit 1"
)
# Of two who were merged, the one who is left must be able to have it, and has none of this season under any id.
_NEXT = text(
    "select s.account_id from standing s join member named using (account_id)"
    " join member m on m.account_id = coalesce(named.merged_into, named.account_id) where s.season_id = :season"
    " and s.place is not null and m.member_id is not null and m.suspended_at is null and not exists"
    " (select from prize w join member o using (account_id) where w.season_id = s.season_id"
    " and coalesce(o.merged_into, o.account_id) = m.account_id) order by s.place limit 1"
)
_DISQUALIFY = text(
    "insert into disqualification (season_id, account_id, actor, reason, recorded_at)"
    " values (:season, :account_id, :actor, :reason, :now) on conflict do nothing returning account_id"
)


@dataclass(frozen=True, slots=True)
class Settled:
    """The state that a season is in afterwards, whether this call moved it, and the prizes that it gave."""

    season_id: date
    state: str
    moved: bool
    prizes: int


@dataclass(frozen=True, slots=True)
class PrizeRow:
    """A place's prize: `attempt` counts the members whom it went to."""

    season_id: date
    place: int
    attempt: int
    account_id: UUID
    redemption_id: UUID


def due_seasons(session: Session, *, review: bool, now: datetime) -> list[date]:
    """The live seasons that have a step before them now, oldest first."""
    return list(session.scalars(_DUE, {"review": review, "now": now}))


def settle(
    session: Session,
    season: date,
    *,
    review: bool,
    today: date,
    now: datetime,
    actor: str = SYSTEM,
) -> Settled:
    """Take a season as far as its clock allows: to final, or with `review` to provisional, where staff look first.

    A final one stays as it is. A backfilled one has no clock. Raises UnknownThing, SeasonNotOver before its end, and
    OperationalError (55P03) while writers hold it: try again later. `today` is the community's.
    """
    own_season(session, season)
    row = _read(session, season)
    if row.state == "final":
        return Settled(season, row.state, moved=False, prizes=0)
    if row.origin == "live" and now < row.ends_at:
        raise SeasonNotOver(season_id=season, ends_at=row.ends_at)
    state = row.state
    if state == "open":
        state = _move(session, row, from_=state, to="closing", actor=actor, now=now)
    if state == "closing" and (row.origin == "backfill" or now >= row.grace_ends_at):
        state = _move(session, row, from_=state, to="provisional", actor=actor, now=now)
    if state == "provisional" and not review:
        return Settled(season, "final", moved=True, prizes=_finish(session, row, actor=actor, today=today, now=now))
    return Settled(season, state, moved=state != row.state, prizes=0)


def make_final(session: Session, season: date, *, actor: str, today: date, now: datetime) -> Settled:
    """Accept a provisional standing after the review; a final one stays as it is.

    Raises UnknownThing, SeasonNotInReview, and OperationalError (55P03) while writers hold it: try again.
    """
    own_season(session, season)
    row = _read(session, season)
    if row.state == "final":
        return Settled(season, row.state, moved=False, prizes=0)
    _check_provisional(row)
    return Settled(season, "final", moved=True, prizes=_finish(session, row, actor=actor, today=today, now=now))


def disqualify(session: Session, season: date, *, account_id: UUID, actor: str, reason: str, now: datetime) -> bool:
    """Take somebody out of a provisional standing, so that all below move up by one; False if that was done before.

    Raises UnknownThing, SeasonNotInReview, NotInStanding, and OperationalError (55P03): try again.
    """
    own_season(session, season)
    _check_provisional(_read(session, season))
    if account_id not in {row.account_id for row in standing_rows(session, season, final=False)}:
        raise NotInStanding(season_id=season, account_id=account_id)
    line = {"season": season, "account_id": account_id, "actor": actor, "reason": reason, "now": now}
    if session.execute(_DISQUALIFY, line).one_or_none() is None:
        return False
    payload = {"season_id": season.isoformat(), "state": "provisional", "disqualified": str(account_id)}
    emit(session, [Notice("season", None, payload)], now=now)
    return True


def pass_prize_on(session: Session, redemption_id: UUID, *, today: date, now: datetime) -> PrizeRow | None:
    """Give a prize whose redemption came back to the next in the standing who has none; None if nobody is left.

    Raises PrizeNotReturned unless the redemption is the place's latest and was rejected, cancelled or expired. Takes
    the season's lock: call it before any other lock, in a transaction after the one that rejected.
    """
    found = session.execute(_PRIZE_OF, {"redemption_id": redemption_id}).one_or_none()
    if found is None:
        raise PrizeNotReturned(redemption_id=redemption_id)
    own_season(session, found.season_id)
    latest = session.execute(_LATEST_ATTEMPT, {"season": found.season_id, "place": found.place}).one()
    if latest.attempt != found.attempt or latest.state not in GIVEN_BACK:
        raise PrizeNotReturned(redemption_id=redemption_id)
    account_id = session.execute(_NEXT, {"season": found.season_id}).scalar_one_or_none()
    if account_id is None:
        return None
    row = _read(session, found.season_id)
    prize = next(prize for prize in row.prizes if prize["place"] == found.place)
    return _give(session, row, prize=prize, account_id=account_id, attempt=found.attempt + 1, today=today, now=now)


def open_past_week(
    session: Session,
    day: date,
    *,
    calendar: Calendar,
    grace_s: int,
    prizes: Prizes,
    now: datetime,
    actor: str = SYSTEM,
) -> tuple[Bounds, bool]:
    """Open the week that holds a past day's end, for a history; answers it, and False where that was done before.

    Raises SeasonNotPast unless it lies wholly before the week in which the service first ran.
    """
    ensure_current(session, calendar=calendar, now=now, grace_s=grace_s, prizes=prizes)
    first = first_season(session)
    assert first is not None
    bounds = calendar.first_season(calendar.day_start(day + timedelta(days=1)) - timedelta(seconds=1))
    if bounds.ends_at > first.starts_at:
        raise SeasonNotPast(season_id=bounds.season_id, first=first.season_id)
    known = seasons_covering(session, [bounds.starts_at, bounds.ends_at - timedelta(seconds=1)])
    if known:  # also where the reset was another when that one was opened: weeks never overlap
        return known[0].bounds, False
    return bounds, open_backfill(session, bounds, actor=actor, now=now, grace_s=grace_s, prizes=prizes)


def _read(session: Session, season: date) -> SeasonRow:
    row = read_season(session, season)
    if row is None:
        raise UnknownThing(kind="season", name=season.isoformat())
    return row


def _check_provisional(row: SeasonRow) -> None:
    if row.state != "provisional":
        raise SeasonNotInReview(season_id=row.season_id, state=row.state)


def _finish(session: Session, row: SeasonRow, *, actor: str, today: date, now: datetime) -> int:
    digest = fix_standing(session, row.season_id)
    prizes = {prize["place"]: prize for prize in row.prizes}
    winners = session.execute(_WINNERS, {"season": row.season_id, "places": list(prizes)}).all()
    for winner in winners:
        prize = prizes[winner.place]
        _give(session, row, prize=prize, account_id=winner.account_id, attempt=1, today=today, now=now)
    _move(session, row, from_="provisional", to="final", actor=actor, now=now, standings_hash=digest)
    return len(winners)


def _give(
    session: Session,
    row: SeasonRow,
    *,
    prize: Mapping[str, Any],
    account_id: UUID,
    attempt: int,
    today: date,
    now: datetime,
) -> PrizeRow:
    given = PrizeRow(row.season_id, prize["place"], attempt, account_id, uuid7())
    request_prize(
        session,
        redemption_id=given.redemption_id,
        account_id=account_id,
        product_key=prize["product"],
        today=today,
        now=now,
    )
    line = {"season": given.season_id, "place": given.place, "attempt": attempt, "account_id": account_id}
    session.execute(_ADD_PRIZE, {**line, "redemption_id": given.redemption_id, "now": now})
    payload = {
        "season_id": given.season_id.isoformat(),
        "place": given.place,
        "attempt": attempt,
        "redemption_id": str(given.redemption_id),
    }
    emit(session, [Notice("prize", account_id, payload)], now=now)
    return given


def _move(
    session: Session,
    row: SeasonRow,
    *,
    from_: str,
    to: str,
    actor: str,
    now: datetime,
    standings_hash: bytes | None = None,
) -> str:
    step = {"season": row.season_id, "from_": from_, "to": to, "actor": actor, "now": now, "hash": standings_hash}
    session.execute(_MOVE, step)
    session.execute(_HISTORY, step)
    emit(session, [Notice("season", None, {"season_id": row.season_id.isoformat(), "state": to})], now=now)
    return to
