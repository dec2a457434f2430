"""Merging one member of the forum into another: points, rankings, caps and days become one member's.

Nothing that was written is rewritten: entries, decisions, check-ins, final standings and redemptions stay on the
account that they were written on, and are read as the survivor's through `member.merged_into`. What is only derived
from them, leaderboards and used caps, is summed up on the survivor.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts, write_accounts
from ledger.locks import share_seasons
from ledger.outbox import Notice, emit
from ledger.postings import AccountState
from rewards.attendance.attend import read_visits, streak_rows
from rewards.earning.usage import fold_usage
from rewards.errors import MemberMoved, MergeRefused, UnknownThing
from rewards.members.ensure import MemberRow, read_locked, read_members
from rewards.members.moving import move_on
from rewards.ranking.seasons import Calendar
from rewards.ranking.tally import fold_points, set_points
from rewards.ranking.visibility import bump

_NOT_FINAL = text("select season_id from season where state <> 'final'")
_RANKED = text(
    "select s.season_id, s.state = 'final' as is_final from season s join leaderboard_points p"
    " on p.leaderboard = 'season' and p.period = s.season_id and p.account_id = :gone"
)
_MERGE = text("update member set merged_into = :into where account_id = any(cast(:accounts as uuid[]))")
_TAKE_OVER = text(
    "update member s set suspended_at = coalesce(s.suspended_at, g.suspended_at),"
    " suspended_for = case when s.suspended_at is null then g.suspended_for else s.suspended_for end,"
    " level_by_hand = coalesce(s.level_by_hand, g.level_by_hand)"
    " from member g where s.account_id = :into and g.account_id = :gone"
)
_RECORD = text(
    "insert into member_merge (account_id, into_account, transfer_id, kept_seasons, actor, merged_at)"
    " values (:gone, :into, :transfer_id, cast(:kept as date[]), :actor, :now)"
)
# Whoever was taken out of a standing that is still to come is not let in again under another id.
_DISQUALIFY = text(
    "insert into disqualification (season_id, account_id, actor, reason, recorded_at)"
    " select d.season_id, :into, d.actor, d.reason, :now from disqualification d join season s using (season_id)"
    " where d.account_id = :gone and s.state <> 'final' on conflict do nothing"
)


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did. `points` came to the survivor: below 0 a debt; `member_id` is the survivor's."""

    member_id: str
    account_id: UUID
    into_account: UUID
    points: int


def merge(session: Session, member_id: str, *, into: str, actor: str, calendar: Calendar, now: datetime) -> Merged:
    """Make a member another's for good: from now on the id answers as `into` does. The caller commits.

    A season that is final keeps its standing, with both in it. Raises UnknownThing, MergeRefused, and MemberMoved where
    something moved meanwhile: roll back, run it again.
    """
    open_seasons = _share_seasons(session)
    gone, survivor, accounts = _lock(session, member_id, into=into, now=now)
    kept = _final_seasons(session, gone, shared=open_seasons)
    balance = accounts[gone.account_id].balance
    transfer_id = (
        _move_balance(session, accounts[gone.account_id], into=accounts[survivor.account_id], now=now)
        if balance
        else None
    )
    named = {"gone": gone.account_id, "into": survivor.account_id, "actor": actor, "now": now}
    session.execute(_MERGE, {"accounts": list(gone.accounts), "into": survivor.account_id})
    session.execute(_RECORD, {**named, "transfer_id": transfer_id, "kept": kept})
    session.execute(_TAKE_OVER, named)
    session.execute(_DISQUALIFY, named)
    fold_usage(session, gone.account_id, into=survivor.account_id)
    fold_points(session, gone.account_id, into=survivor.account_id, kept_seasons=kept, today=calendar.day_of(now))
    _count_streak(session, survivor.member_id, today=calendar.day_of(now))
    bump(session, gone.account_id, change="merged", now=now)
    bump(session, survivor.account_id, change="joined", now=now)
    return Merged(
        member_id=survivor.member_id,
        account_id=gone.account_id,
        into_account=survivor.account_id,
        points=balance,
    )


def _share_seasons(session: Session) -> set[date]:
    """The seasons whose standing is still to come, in states that stay until the commit."""
    seasons = set(session.scalars(_NOT_FINAL))
    share_seasons(session, seasons)
    return seasons


def _lock(
    session: Session, member_id: str, *, into: str, now: datetime
) -> tuple[MemberRow, MemberRow, Mapping[UUID, AccountState]]:
    """Both members, with all of their accounts locked in one statement."""
    members = read_members(session, [member_id, into])
    for asked in (member_id, into):
        if asked not in members:
            raise UnknownThing("member", asked)
    gone, survivor = members[member_id], members[into]
    accounts = lock_accounts(session, {*gone.accounts, *survivor.accounts}, now=now)
    read_locked(session, members)
    refusal = _refusal(gone, survivor, member_id=member_id, held=accounts[gone.account_id].held)
    if refusal is not None:
        raise MergeRefused(member_id=member_id, why=refusal, into=survivor.member_id)
    return gone, survivor, accounts


def _refusal(
    gone: MemberRow, survivor: MemberRow, *, member_id: str, held: int
) -> Literal["merged", "itself", "held"] | None:
    if gone.member_id != member_id:
        return "merged"
    if gone.account_id == survivor.account_id:
        return "itself"
    return "held" if held else None


def _final_seasons(session: Session, gone: MemberRow, *, shared: set[date]) -> list[date]:
    """The final seasons in which the member that goes was ranked. Raises MemberMoved if another opened meanwhile."""
    ranked = session.execute(_RANKED, {"gone": gone.account_id}).all()
    if {row.season_id for row in ranked if not row.is_final} - shared:
        raise MemberMoved
    return sorted(row.season_id for row in ranked if row.is_final)


def _move_balance(session: Session, gone: AccountState, *, into: AccountState, now: datetime) -> UUID:
    """Take the balance over, a debt too: the transfer's id."""
    transfer_id = uuid7()
    after, entries = move_on(gone.balance, gone=gone, into=into, transfer_id=transfer_id, now=now)
    write_accounts(session, after, entries=entries)
    # The heads have changed, and are to be sealed.
    emit(session, [Notice("decided", account.account_id, {}) for account in after], now=now)
    return transfer_id


def _count_streak(session: Session, member_id: str, *, today: date) -> None:
    """The survivor's streak, over the days of both."""
    member = read_members(session, [member_id])[member_id]
    set_points(session, streak_rows(read_visits(session, [member]), today=today))
