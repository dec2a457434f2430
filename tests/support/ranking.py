"""Leaderboards of tests: members with points, as earning would leave them, and the order in plain Python."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.accounts import lock_accounts
from ledger.outbox import Notice, emit
from rewards.members.ensure import ensure_members
from rewards.ranking.lines import Line
from rewards.ranking.tally import Place, set_points


@dataclass(frozen=True, slots=True)
class Standing:
    """Points of one member in one period."""

    member_id: str
    points: int
    reached_at: datetime


def give(
    session: Session, standings: Iterable[Standing], *, leaderboard: str, period: date, now: datetime
) -> Mapping[str, UUID]:
    """Set members' points on a leaderboard and tell of it, in the caller's transaction."""
    wanted = {standing.member_id: standing for standing in standings}
    members = ensure_members(session, wanted, now=now)
    accounts = {member_id: member.account_id for member_id, member in members.items()}
    lock_accounts(session, accounts.values(), now=now)
    set_points(
        session,
        {
            Place(leaderboard, period, accounts[key]): (standing.points, standing.reached_at)
            for key, standing in wanted.items()
        },
    )
    emit(session, [Notice("points", account_id, {}) for account_id in accounts.values()], now=now)
    return accounts


def in_order(standings: Iterable[Standing]) -> list[tuple[int, str, int]]:
    """(rank, member, points) as product.md says: points down, earlier first in whole seconds, then the id's bytes."""
    placed = [standing for standing in standings if standing.points > 0]
    placed.sort(key=lambda one: (-one.points, int(one.reached_at.timestamp()), one.member_id.encode()))
    return [(rank, one.member_id, one.points) for rank, one in enumerate(placed, start=1)]


def as_shown(lines: Iterable[Line]) -> list[tuple[int, str | None, int]]:
    """The same three of lines that were read."""
    return [(line.rank, line.member_id, line.points) for line in lines]
