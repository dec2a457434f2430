"""The desk at which a micro-batch is decided: one event after the other, each on what those before it left. No I/O."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from ledger.errors import EventConflict
from ledger.events import Decision, EventKey
from ledger.postings import Kind, Posting, given_back
from rewards.earning.book import Book
from rewards.earning.decide import MemberState, SubjectAward, Verdict, decide
from rewards.earning.events import FUTURE_TOLERANCE, Event, fingerprint_of
from rewards.earning.lapses import lapses_at
from rewards.earning.rules import RuleSet, stem_of
from rewards.earning.subjects import Subjects
from rewards.earning.usage import EVER, Usage, UsageKey, usage_keys
from rewards.errors import EventInFuture
from rewards.members.ensure import MemberRow

KINDS: dict[str, Kind] = {"awarded": "award", "charged": "charge", "penalised": "penalty"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision, and whether it was given before (`repeated`)."""

    decision: Decision
    repeated: bool


Result = Recorded | EventConflict | EventInFuture


@dataclass(slots=True, kw_only=True)
class Desk:
    """All that a micro-batch is decided from, read under the locks; `used` names the usage that has changed."""

    book: Book
    rules: RuleSet
    members: dict[str, MemberRow]
    subjects: Subjects
    usage: dict[UsageKey, Usage]
    decided: dict[EventKey, Decision]
    salts: dict[UUID, bytes | None]
    used: set[UsageKey] = field(default_factory=set[UsageKey])

    def take(self, event: Event) -> Result:
        """Decide an event, or answer with its first decision; what cannot be decided is a value: others go on."""
        known = self.decided.get(event.key)
        if known is not None:
            return self._again(event, known)
        latest = self.book.now + FUTURE_TOLERANCE
        if event.occurred_at > latest:
            return EventInFuture(occurred_at=event.occurred_at, latest=latest)
        decision = self._decide(event)
        self.decided[event.key] = decision
        self.salts[decision.account_id] = self.members[event.member_id].salt
        return Recorded(decision, repeated=False)

    def _again(self, event: Event, known: Decision) -> Result:
        salt = self.salts.get(known.account_id)
        if salt is not None and fingerprint_of(event, salt) == known.fingerprint:
            return Recorded(known, repeated=True)
        return EventConflict(
            source=known.source,
            event_id=known.event_id,
            first_recorded_at=known.recorded_at,
            first_fingerprint=known.fingerprint.hex(),
        )

    def _decide(self, event: Event) -> Decision:
        member = self.members[event.member_id]
        lifetime_before = self.book.lifetime_of(member)
        day = self.book.terms.calendar.day_of(event.occurred_at)
        verdict = decide(event=event, rules=self.rules, state=self._state(event, member=member, day=day))
        transfer_id = uuid7() if verdict.points or verdict.awards else None
        season = self.book.periods.season_of(event.occurred_at)
        if transfer_id is not None and verdict.awards:
            verdict = self._move_awards(event, verdict, member=member, transfer_id=transfer_id)
            season = self.book.latest_season_of(transfer_id)
        elif transfer_id is not None:
            self._move_points(event, verdict, member=member, day=day, transfer_id=transfer_id)
        self.subjects.note_change(event, member.account_id)
        return self.book.conclude(
            event, verdict, member=member, lifetime_before=lifetime_before, season=season, transfer_id=transfer_id
        )

    def _state(self, event: Event, *, member: MemberRow, day: date) -> MemberState:
        today = self.usage.get(UsageKey(member.account_id, event.type, day.isoformat()))
        ever = self.usage.get(UsageKey(member.account_id, event.type, EVER))
        about_subject = stem_of(event.type) is not None
        return MemberState(
            suspended=member.suspended_at is not None,
            available=self.book.accounts[member.account_id].available,
            times_today=today.times if today else 0,
            points_today=today.points if today else 0,
            times_ever=ever.times if ever else 0,
            last_award_at=ever.last_at if ever else None,
            subject_awarded=(event.subject, event.type, member.account_id) in self.subjects.awarded,
            deleted_at=None if about_subject else self.subjects.deleted_at(event, member.account_id),
            subject_awards=self.subjects.reached_by(event, member.account_id),
        )

    def _move_points(self, event: Event, verdict: Verdict, *, member: MemberRow, day: date, transfer_id: UUID) -> None:
        """Post an award, a charge or a penalty; an award counts in the periods that still take it."""
        counted = verdict.outcome == "awarded"
        posting = Posting(
            points=verdict.points,
            kind=KINDS[verdict.outcome],
            contra=f"issuance:{event.type}",
            transfer_id=transfer_id,
            occurred_at=event.occurred_at,
            season=self.book.periods.season_of(event.occurred_at) if counted else None,
            month=self.book.periods.month_of(day) if counted else None,
            expires_at=self._lapses_at(event) if counted else None,
        )
        entry = self.book.post(member.account_id, posting)
        if counted:
            self._use_caps(event, verdict, member=member, day=day)
        if counted and event.subject is not None:
            self.subjects.note_award(award_of(event, posting, account_id=entry.account_id, seq=entry.seq))

    def _lapses_at(self, event: Event) -> datetime | None:
        rule = self.rules.rule_for(event.type)
        after_days = rule.lapses_after_days if rule else None
        return lapses_at(event.occurred_at, after_days=after_days, calendar=self.book.terms.calendar)

    def _use_caps(self, event: Event, verdict: Verdict, *, member: MemberRow, day: date) -> None:
        rule = self.rules.rule_for(event.type)
        assert rule is not None, "points move by a rule only"
        for key in usage_keys(rule, account_id=member.account_id, day=day):
            usage = self.usage.get(key, Usage(0, 0, event.occurred_at))
            self.usage[key] = usage.with_award(verdict.points, event.occurred_at)
            self.used.add(key)

    def _move_awards(self, event: Event, verdict: Verdict, *, member: MemberRow, transfer_id: UUID) -> Verdict:
        """Take awards back, or give them again, each on its own account, in its own periods; sums up the member's."""
        restoring = verdict.outcome == "restored"
        moved = 0
        for award in verdict.awards if not restoring else ():
            if award.lapsed:
                # All before the reversals, which stay together as one transfer.
                self.book.post(award.account_id, given_back(award.lapsed, occurred_at=event.occurred_at))
        for award in verdict.awards:
            posting = Posting(
                points=award.points if restoring else -award.points,
                kind="restore" if restoring else "reversal",
                contra=award.contra,
                transfer_id=transfer_id,
                occurred_at=event.occurred_at,
                season=self.book.periods.season_still(award.season),
                month=self.book.periods.month_still(award.month),
                reverses=award.tail_seq,
                award_seq=award.seq,
            )
            entry = self.book.post(award.account_id, posting)
            taken_by = None if restoring else event.type
            after = replace(award, stands=restoring, taken_by=taken_by, tail_seq=entry.seq, lapsed=0)
            self.subjects.replace_award(award, after)
            moved += posting.points if award.owner == member.account_id else 0
        return replace(verdict, points=moved, points_asked=moved)


def award_of(event: Event, posting: Posting, *, account_id: UUID, seq: int) -> SubjectAward:
    """What a deletion of the event's subject would take back."""
    assert event.subject is not None, "only an award with a subject can be found by it"
    return SubjectAward(
        account_id=account_id,
        owner=account_id,
        type=event.type,
        subject=event.subject,
        seq=seq,
        tail_seq=seq,
        points=posting.points,
        contra=posting.contra,
        stands=True,
        taken_by=None,
        occurred_at=posting.occurred_at,
        season=posting.season,
        month=posting.month,
    )
