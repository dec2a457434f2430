"""Corrections by staff: an adjustment for a reason, the reversal of one award. Nothing is ever changed in place."""

import hmac
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from os import urandom
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts, write_accounts
from ledger.errors import NotEnoughPoints
from ledger.locks import share_seasons
from ledger.outbox import Notice, emit
from ledger.postings import EntryRow, Posting, post
from rewards.earning.periods import Periods
from rewards.earning.terms import Terms
from rewards.errors import AwardReversed, UnknownThing
from rewards.members.profile import account_of
from rewards.ranking.season_rows import read_seasons
from rewards.ranking.tally import ALL_TIME, Place, recompute

CONTRA = "adjustment"

_NOTE = text(
    "insert into entry_note (account_id, seq, note, actor, salt) values (:account_id, :seq, :note, :actor, :salt)"
)
_ENTRY = text("select * from entry where account_id = :account_id and seq = :seq")
_TAIL = text(
    "with recursive line as (select seq, kind from entry where account_id = :account_id and seq = :seq union all"
    " select e.seq, e.kind from line l join entry e on e.account_id = :account_id and e.reverses = l.seq)"
    " select seq, kind from line order by seq desc limit 1"
)


@dataclass(frozen=True, slots=True)
class Corrected:
    """The entry that corrects, and the member's points after it. `season_is_final`: the ranking did not follow."""

    account_id: UUID
    entry: EntryRow
    balance: int
    available: int
    season_is_final: bool = False


def adjust(
    session: Session, member_id: str, *, points: int, reason: str, actor: str, now: datetime, overdraft: bool = False
) -> Corrected:
    """Give or take points for a reason that is kept. Raises UnknownThing, NotEnoughPoints (unless `overdraft`)."""
    account_id = account_of(session, member_id)
    account = lock_accounts(session, [account_id], now=now)[account_id]
    if points < 0 and account.available + points < 0 and not overdraft:
        raise NotEnoughPoints(available=account.available, needed=-points)
    salt = urandom(16)
    posting = Posting(
        points=points,
        kind="adjustment",
        contra=CONTRA,
        transfer_id=uuid7(),
        occurred_at=now,
        overdraft=overdraft,
        note_digest=hmac.digest(salt, reason.encode(), sha256),
    )
    after, entry = post(account, posting, now=now)
    write_accounts(session, [after], entries=[entry])
    _keep_note(session, entry, note=reason, actor=actor, salt=salt)
    _tell(session, entry, outcome="adjusted", now=now)
    return Corrected(account_id, entry, after.balance, after.available)


def reverse_award(
    session: Session, member_id: str, *, seq: int, reason: str, actor: str, terms: Terms, now: datetime
) -> Corrected:
    """Take one award back, in the periods in which it counted. May leave the member owing points.

    A season that is final, and a month that has closed, keep their ranking; the balance follows all the same.
    Raises UnknownThing, AwardReversed.
    """
    account_id = account_of(session, member_id)
    award = session.execute(_ENTRY, {"account_id": account_id, "seq": seq}).one_or_none()
    if award is None:
        raise UnknownThing("entry", f"{member_id} {seq}")
    if award.kind not in ("award", "restore"):
        raise AwardReversed(seq, f"it is {award.kind}, and only an award can be taken back")
    periods = _share_season(session, award.season, terms=terms, now=now)
    account = lock_accounts(session, [account_id], now=now)[account_id]
    tail = _tail(session, account_id, award=award)
    salt = urandom(16)
    posting = Posting(
        points=-award.points,
        kind="reversal",
        contra=award.contra,
        transfer_id=uuid7(),
        occurred_at=now,
        season=periods.season_still(award.season),
        month=periods.month_still(award.month),
        reverses=tail,
        award_seq=award.award_seq or award.seq,
        note_digest=hmac.digest(salt, reason.encode(), sha256),
    )
    after, entry = post(account, posting, now=now)
    write_accounts(session, [after], entries=[entry])
    _keep_note(session, entry, note=reason, actor=actor, salt=salt)
    recompute(session, _places(entry))
    _tell(session, entry, outcome="reversed", now=now)
    final = award.season is not None and entry.season is None
    return Corrected(account_id, entry, after.balance, after.available, season_is_final=final)


def _share_season(session: Session, season: date | None, *, terms: Terms, now: datetime) -> Periods:
    """The award's season, in a state that stays until the commit."""
    seasons = [] if season is None else [season]
    share_seasons(session, seasons)
    rows = {row.season_id: row for row in read_seasons(session, seasons)}
    return Periods(rows, terms.calendar, terms.grace_s, now)


def _tail(session: Session, account_id: UUID, *, award: Row[Any]) -> int:
    first = award.award_seq or award.seq
    tail = session.execute(_TAIL, {"account_id": account_id, "seq": first}).one()
    if tail.kind == "reversal":
        raise AwardReversed(award.seq, "it was taken back before")
    return tail.seq


def _places(entry: EntryRow) -> list[Place]:
    places = [Place("all-time", ALL_TIME, entry.account_id)]
    if entry.season is not None:
        places.append(Place("season", entry.season, entry.account_id))
    if entry.month is not None:
        places.append(Place("month", entry.month, entry.account_id))
    return places


def _keep_note(session: Session, entry: EntryRow, *, note: str, actor: str, salt: bytes) -> None:
    row = {"account_id": entry.account_id, "seq": entry.seq, "note": note, "actor": actor, "salt": salt}
    session.execute(_NOTE, row)


def _tell(session: Session, entry: EntryRow, *, outcome: str, now: datetime) -> None:
    payload = {
        "season": entry.season and entry.season.isoformat(),
        "month": entry.month and entry.month.isoformat(),
        "outcome": outcome,
        "points": entry.points,
        "source": "rewards",
        "event_id": str(entry.transfer_id),
    }
    emit(session, [Notice("points", entry.account_id, payload)], now=now)
