"""The review of a provisional season by staff, with its lines in the audit. The caller commits."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.locks import own_season
from rewards.access.audit import note
from rewards.errors import WinnersChanged
from rewards.members.profile import account_of
from rewards.ranking.season_rows import read_season
from rewards.ranking.standings import StandingLine, read_standings
from rewards.settlement import Settled, disqualify, make_final

_DISQUALIFIED = text("select count(*) from disqualification where season_id = :season")


def disqualify_member(
    session: Session, season: date, *, member_id: str, reason: str, actor: str, now: datetime
) -> bool:
    """Take somebody out of a provisional standing; False if that was done before.

    Raises UnknownThing, SeasonNotInReview, NotInStanding, and OperationalError (55P03): try again.
    """
    account_id = account_of(session, member_id)
    if not disqualify(session, season, account_id=account_id, actor=actor, reason=reason, now=now):
        return False
    detail = {"account": str(account_id)}
    note(session, actor=actor, action="season.disqualify", about=f"season:{season}", detail=detail, now=now)
    return True


def accept_season(
    session: Session, season: date, *, actor: str, today: date, now: datetime, seen: Sequence[UUID] | None = None
) -> Settled:
    """Accept a provisional standing: final from now on, its prizes in the queue; a final one stays as it is.

    `seen`: the winners' accounts as they were shown to whoever accepts. Raises WinnersChanged where they are others
    now, UnknownThing, SeasonNotInReview, and OperationalError (55P03): try again.
    """
    if seen is not None:
        own_season(session, season)
        _check_winners(session, season, seen=seen)
    done = make_final(session, season, actor=actor, today=today, now=now)
    if done.moved:
        note(session, actor=actor, action="season.accept", about=f"season:{season}", detail={}, now=now)
    return done


def winners_now(session: Session, season: date) -> list[StandingLine]:
    """Those who would get the season's prizes if it became final now, by place."""
    row = read_season(session, season)
    places = {prize["place"] for prize in row.prizes} if row else set[int]()
    if not places:
        return []
    without_place = session.execute(_DISQUALIFIED, {"season": season}).scalar_one()
    lines = read_standings(session, season, final=False, limit=max(places) + without_place)
    return [line for line in lines if line.place in places]


def _check_winners(session: Session, season: date, *, seen: Sequence[UUID]) -> None:
    row = read_season(session, season)
    if row is None or row.state != "provisional":
        return  # accepting says what it finds
    if [line.account_id for line in winners_now(session, season)] != list(seen):
        raise WinnersChanged(season_id=season)
