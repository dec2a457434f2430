"""The open book of one micro-batch: what was read under the locks, and what movements add to it until it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import takewhile
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from ledger.accounts import write_accounts
from ledger.events import Decision, EventKey, decide_next, write_decisions
from ledger.outbox import Notice, emit
from ledger.postings import COUNTED, AccountState, EntryRow, Posting, post
from rewards.earning.decide import Verdict
from rewards.earning.events import Event, fingerprint_of
from rewards.earning.periods import Periods
from rewards.earning.terms import Terms
from rewards.members.ensure import MemberRow
from rewards.members.levels import level_at
from rewards.members.moving import move_on
from rewards.ranking.tally import ALL_TIME, Place, add_points, recompute

NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(slots=True)
class Book:
    """Accounts as they stand after what was decided so far. `season_points`: of the members in the seasons at hand.

    `owners` names the survivor's account for each that was merged: what is posted there follows at once.
    """

    terms: Terms
    periods: Periods
    now: datetime
    accounts: dict[UUID, AccountState]
    owners: Mapping[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    season_points: dict[tuple[date, UUID], int] = field(default_factory=dict[tuple[date, UUID], int])
    entries: list[EntryRow] = field(default_factory=list[EntryRow])
    decisions: list[Decision] = field(default_factory=list[Decision])
    data: list[tuple[EventKey, UUID, str]] = field(default_factory=list[tuple[EventKey, UUID, str]])
    gains: dict[Place, tuple[int, datetime]] = field(default_factory=dict[Place, tuple[int, datetime]])
    derived_again: set[Place] = field(default_factory=set[Place])
    notices: list[Notice] = field(default_factory=list[Notice])

    def post(self, account_id: UUID, posting: Posting) -> EntryRow:
        """Add an entry to its account, and to the leaderboards of the periods that it names.

        On an account that was merged the points go on to the survivor, so that it stays empty.
        """
        owner = self.owners.get(account_id, account_id)
        self.accounts[account_id], entry = post(self.accounts[account_id], posting, now=self.now)
        self.entries.append(entry)
        if owner != account_id:
            gone, into = self.accounts[account_id], self.accounts[owner]
            moved = move_on(posting.points, gone=gone, into=into, transfer_id=posting.transfer_id, now=self.now)
            self.accounts.update({account.account_id: account for account in moved[0]})
            self.entries.extend(moved[1])
        if posting.kind in COUNTED:
            self._count(owner, posting)
        return entry

    def lifetime_of(self, member: MemberRow) -> int:
        """Lifetime points of all accounts that are the member's: each counts what lies on it."""
        return sum(self.accounts[account_id].lifetime for account_id in member.accounts)

    def _count(self, account_id: UUID, posting: Posting) -> None:
        places = [Place("all-time", ALL_TIME, account_id)]
        if posting.season is not None:
            places.append(Place("season", posting.season, account_id))
            key = (posting.season, account_id)
            self.season_points[key] = self.season_points.get(key, 0) + posting.points
        if posting.month is not None:
            places.append(Place("month", posting.month, account_id))
        reached_at = posting.occurred_at if posting.kind == "award" else NEVER
        for place in places:
            points, latest = self.gains.get(place, (0, NEVER))
            self.gains[place] = (points + posting.points, max(latest, reached_at))
        if posting.kind != "award":
            self.derived_again.update(places)

    def conclude(
        self,
        event: Event,
        verdict: Verdict,
        *,
        member: MemberRow,
        lifetime_before: int,
        season: date | None,
        transfer_id: UUID | None,
        keep_data: bool = True,
    ) -> Decision:
        """Chain the decision onto the member's account: all that its answer contains, as it is true under the lock now.

        `keep_data` is false for what is kept elsewhere; the fingerprint covers it all the same.
        """
        account = self.accounts[member.account_id]
        recorded_at = max(self.now, account.recorded_at)
        level, level_up = self._level(member, lifetime_before=lifetime_before)
        row = Decision(
            source=event.source,
            event_id=event.id,
            account_id=account.account_id,
            decision_no=account.decisions + 1,
            type=event.type,
            subject=event.subject,
            board=event.board,
            occurred_at=event.occurred_at,
            recorded_at=recorded_at,
            fingerprint=fingerprint_of(event, member.salt),
            outcome=verdict.outcome,
            reason=verdict.reason,
            rule=verdict.rule,
            points_asked=verdict.points_asked,
            points=verdict.points,
            transfer_id=transfer_id,
            seq=self._last_entry(account, transfer_id),
            balance=account.balance,
            available=account.available,
            season=season,
            season_points=None if season is None else self.season_points.get((season, account.account_id), 0),
            level=level,
            level_up=level_up,
        )
        after, decision = decide_next(replace(account, recorded_at=recorded_at), row)
        self.accounts[account.account_id] = after
        self.decisions.append(decision)
        if event.data and keep_data:
            self.data.append((event.key, account.account_id, orjson.dumps(dict(event.data)).decode()))
        self._tell(decision)
        if level_up:
            self.notices.append(Notice("level", account.account_id, {"level": level}))
        return decision

    def latest_season_of(self, transfer_id: UUID) -> date | None:
        """The season that the latest of a transfer's entries counts in, if any does."""
        return next((entry.season for entry in self._entries_of(transfer_id) if entry.season is not None), None)

    def _last_entry(self, account: AccountState, transfer_id: UUID | None) -> int | None:
        moved = transfer_id is not None and any(
            entry.account_id == account.account_id for entry in self._entries_of(transfer_id)
        )
        return account.version if moved else None

    def _entries_of(self, transfer_id: UUID) -> list[EntryRow]:
        """A transfer's entries: they are the last ones, since events are decided one after the other."""
        return list(takewhile(lambda entry: entry.transfer_id == transfer_id, reversed(self.entries)))

    def _level(self, member: MemberRow, *, lifetime_before: int) -> tuple[str, bool]:
        levels = self.terms.levels
        if member.level_by_hand is not None:
            return member.level_by_hand, False
        index = level_at(levels, self.lifetime_of(member))
        return levels[index].name, index > level_at(levels, lifetime_before)

    def _tell(self, decision: Decision) -> None:
        """Notice for the decision's own account and for every other member's that its movements touched."""
        if decision.transfer_id is None:
            return
        touched: dict[tuple[UUID, date | None, date | None], int] = {}
        for entry in self._entries_of(decision.transfer_id):
            if entry.kind == "merge":  # what it moves is told of the entry that it follows
                continue
            key = (self.owners.get(entry.account_id, entry.account_id), entry.season, entry.month)
            touched[key] = touched.get(key, 0) + entry.points
        for (account_id, season, month), points in touched.items():
            payload = {
                "season": season and season.isoformat(),
                "month": month and month.isoformat(),
                "outcome": decision.outcome,
                "points": points,
                "source": decision.source,
                "event_id": decision.event_id,
            }
            self.notices.append(Notice("points", account_id, payload))

    def write(self, session: Session) -> None:
        """Write all of it. Raises DecidedMeanwhile; the caller commits or rolls back."""
        touched = sorted(self._touched())
        write_accounts(session, [self.accounts[account_id] for account_id in touched], entries=self.entries)
        write_decisions(session, self.decisions, data=self.data)
        add_points(session, self.gains)
        recompute(session, self.derived_again)
        emit(session, [*self.notices, *self._unmoved()], now=self.now)

    def _unmoved(self) -> list[Notice]:
        """For accounts that no notice names: their heads have changed all the same, and are to be sealed."""
        told = {notice.account_id for notice in self.notices}
        return [Notice("decided", account_id, {}) for account_id in self._touched() - told]

    def _touched(self) -> set[UUID]:
        return {entry.account_id for entry in self.entries} | {decision.account_id for decision in self.decisions}
