"""Corrections by staff: an adjustment for a reason, an award taken back, or given again. Always a new entry."""

import hmac
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from os import urandom
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import write_accounts
from ledger.errors import NotEnoughPoints
from ledger.locks import share_seasons
from ledger.lot_rows import lapsed_of
from ledger.outbox import Notice, emit
from ledger.postings import AccountState, EntryRow, Posting, given_back, post
from rewards.earning.periods import Periods
from rewards.earning.terms import Terms
from rewards.errors import AwardReversed, MemberMoved, NotRestorable, UnknownThing
from rewards.members.ensure import lock_member
from rewards.members.moving import move_on
from rewards.ranking.season_rows import read_seasons
from rewards.ranking.tally import ALL_TIME, Place, recompute

CONTRA = "adjustment"

_NOTE = text(
    "insert into entry_note (account_id, seq, note, actor, salt) values (:account_id, :seq, :note, :actor, :salt)"
)
_ENTRY = text("select * from entry where account_id = :account_id and seq = :seq")
_NAMED = text(
    "select e.* from entry e join member m using (account_id) where m.member_id = :member_id and e.seq = :seq"
)
_TAIL = text(
    "with recursive line as (select seq, kind from entry where account_id = :account_id and seq = :seq union all"
    " select e.seq, e.kind from line l join entry e on e.account_id = :account_id and e.reverses = l.seq)"
    f" select seq, kind, {lapsed_of('cast(:account_id as uuid)', 'line.seq')} as lapsed"
    " from line order by seq desc limit 1"
)


@dataclass(frozen=True, slots=True)
class Note:
    """Why staff move points, who says so, and the salt of its digest: the entry's hash covers that digest only."""

    reason: str
    actor: str
    salt: bytes = field(default_factory=lambda: urandom(16), repr=False)

    @property
    def digest(self) -> bytes:
        """What the entry keeps for ever."""
        return hmac.digest(self.salt, self.reason.encode(), sha256)


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
    member, accounts = lock_member(session, member_id, now=now)
    account = accounts[member.account_id]
    return post_adjustment(
        session, account, points=points, overdraft=overdraft, note=Note(reason=reason, actor=actor), now=now
    )


def check_affordable(account: AccountState, *, points: int, overdraft: bool) -> None:
    """Raises NotEnoughPoints where an adjustment takes more than is available, and may not."""
    if points < 0 and account.available + points < 0 and not overdraft:
        raise NotEnoughPoints(available=account.available, needed=-points)


def post_adjustment(
    session: Session, account: AccountState, *, points: int, overdraft: bool, note: Note, now: datetime
) -> Corrected:
    """Post an adjustment to an account that this transaction has locked. Raises NotEnoughPoints."""
    check_affordable(account, points=points, overdraft=overdraft)
    posting = Posting(
        points=points,
        kind="adjustment",
        contra=CONTRA,
        transfer_id=uuid7(),
        occurred_at=now,
        overdraft=overdraft,
        note_digest=note.digest,
    )
    after, entry = _post(session, account, into=account, posting=posting, note=note, now=now)
    _tell(session, entry, account_id=account.account_id, outcome="adjusted", now=now)
    return Corrected(account.account_id, entry, after.balance, after.available)


def reverse_award(
    session: Session, member_id: str, *, seq: int, reason: str, actor: str, terms: Terms, now: datetime
) -> Corrected:
    """Take one award back, in the periods in which it counted. May leave the member owing points.

    An entry of before a merge is named by the id that the member had then. A season that is final, and a month that
    has closed, keep their ranking; the balance follows all the same.
    Raises UnknownThing, AwardReversed.
    """
    award = _entry_of(session, member_id, seq=seq)
    if award.kind not in ("award", "restore"):
        raise AwardReversed(seq, f"it is {award.kind}, and only an award can be taken back")
    line = _lock_line(session, member_id, entry=award, terms=terms, now=now)
    if line.tail.kind == "reversal":
        raise AwardReversed(seq, "it was taken back before")
    return _go_on(session, line, kind="reversal", note=Note(reason=reason, actor=actor), now=now)


def restore_award(
    session: Session, member_id: str, *, seq: int, reason: str, actor: str, terms: Terms, now: datetime
) -> Corrected:
    """Take the reversal `seq` back, whether staff or a deletion made it: its award counts again where it still can.

    Raises UnknownThing, NotRestorable.
    """
    reversal = _entry_of(session, member_id, seq=seq)
    if reversal.kind != "reversal":
        raise NotRestorable(seq, f"it is {reversal.kind}, and only a reversal can be taken back")
    line = _lock_line(session, member_id, entry=reversal, terms=terms, now=now)
    if line.tail.seq != seq:
        raise NotRestorable(seq, "it was taken back before")
    return _go_on(session, line, kind="restore", note=Note(reason=reason, actor=actor), now=now)


@dataclass(frozen=True, slots=True)
class _Line:
    """An award, the latest of the reversals and restores behind it, and where the next of them counts.

    `account` is where it lies, `owner` whose it is: another one after a merge.
    """

    account: AccountState
    owner: AccountState
    award: Row[Any]
    tail: Row[Any]
    periods: Periods


def _entry_of(session: Session, member_id: str, *, seq: int) -> Row[Any]:
    entry = session.execute(_NAMED, {"member_id": member_id, "seq": seq}).one_or_none()
    if entry is None:
        raise UnknownThing("entry", f"{member_id} {seq}")
    return entry


def _lock_line(session: Session, member_id: str, *, entry: Row[Any], terms: Terms, now: datetime) -> _Line:
    """The line that an entry stands in, as it stays until the commit: the season first, then the account."""
    first = {"account_id": entry.account_id, "seq": entry.award_seq or entry.seq}
    award = session.execute(_ENTRY, first).one()
    periods = _share_season(session, award.season, terms=terms, now=now)
    member, accounts = lock_member(session, member_id, now=now)
    if entry.account_id not in accounts:
        raise MemberMoved
    tail = session.execute(_TAIL, first).one()
    return _Line(accounts[entry.account_id], accounts[member.account_id], award, tail, periods)


def _go_on(
    session: Session, line: _Line, *, kind: Literal["reversal", "restore"], note: Note, now: datetime
) -> Corrected:
    """Add the next entry of a line: the award's points taken, or given again."""
    award = line.award
    posting = Posting(
        points=award.points if kind == "restore" else -award.points,
        kind=kind,
        contra=award.contra,
        transfer_id=uuid7(),
        occurred_at=now,
        season=line.periods.season_still(award.season),
        month=line.periods.month_still(award.month),
        reverses=line.tail.seq,
        award_seq=award.seq,
        note_digest=note.digest,
    )
    lapsed = line.tail.lapsed if kind == "reversal" else 0
    after, entry = _post(session, line.account, into=line.owner, posting=posting, note=note, now=now, lapsed=lapsed)
    recompute(session, _places(entry, account_id=after.account_id))
    outcome = "restored" if kind == "restore" else "reversed"
    _tell(session, entry, account_id=after.account_id, outcome=outcome, now=now)
    final = award.season is not None and entry.season is None
    return Corrected(after.account_id, entry, after.balance, after.available, season_is_final=final)


def _post(
    session: Session,
    account: AccountState,
    *,
    into: AccountState,
    posting: Posting,
    note: Note,
    now: datetime,
    lapsed: int = 0,
) -> tuple[AccountState, EntryRow]:
    """The entry, and the account of the member whose it is: what is posted where it was merged goes on `into` it."""
    given = [given_back(lapsed, occurred_at=now)] if lapsed else []
    entries: list[EntryRow] = []
    for one in (*given, posting):
        account, entry = post(account, one, now=now)
        entries.append(entry)
        if account.account_id == into.account_id:
            into = account
        else:
            moved = move_on(one.points, gone=account, into=into, transfer_id=one.transfer_id, now=now)
            (account, into), halves = moved
            entries.extend(halves)
    written = write_accounts(session, {one.account_id: one for one in (account, into)}.values(), entries=entries)
    entry = next(one for one in entries if one.transfer_id == posting.transfer_id)
    row = {
        "account_id": entry.account_id,
        "seq": entry.seq,
        "note": note.reason,
        "actor": note.actor,
        "salt": note.salt,
    }
    session.execute(_NOTE, row)
    return written[-1], entry


def _share_season(session: Session, season: date | None, *, terms: Terms, now: datetime) -> Periods:
    """The award's season, in a state that stays until the commit."""
    seasons = [] if season is None else [season]
    share_seasons(session, seasons)
    rows = {row.season_id: row for row in read_seasons(session, seasons)}
    return Periods(rows, terms.calendar, terms.grace_s, now)


def _places(entry: EntryRow, *, account_id: UUID) -> list[Place]:
    places = [Place("all-time", ALL_TIME, account_id)]
    if entry.season is not None:
        places.append(Place("season", entry.season, account_id))
    if entry.month is not None:
        places.append(Place("month", entry.month, account_id))
    return places


def _tell(session: Session, entry: EntryRow, *, account_id: UUID, outcome: str, now: datetime) -> None:
    payload = {
        "season": entry.season and entry.season.isoformat(),
        "month": entry.month and entry.month.isoformat(),
        "outcome": outcome,
        "points": entry.points,
        "source": "rewards",
        "event_id": str(entry.transfer_id),
    }
    notices = [Notice("points", account_id, payload)]
    if account_id != entry.account_id:  # its head has changed, too, and is to be sealed
        notices.append(Notice("decided", entry.account_id, {}))
    emit(session, notices, now=now)
