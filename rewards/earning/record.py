"""Record events: lock, read, decide in pure Python, write. One event is a batch of one; the caller commits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from ledger.accounts import lock_accounts, read_accounts
from ledger.errors import EventConflict, SubjectMoved
from ledger.events import Decision, EventKey, read_decisions
from ledger.locks import lock_subjects, share_seasons
from ledger.postings import AccountState, Kind, Posting
from rewards.earning.book import Book
from rewards.earning.decide import MemberState, SubjectAward, Verdict, decide
from rewards.earning.events import FUTURE_TOLERANCE, Event, fingerprint_of
from rewards.earning.periods import Periods
from rewards.earning.rules import RuleSet, stem_of
from rewards.earning.subjects import Subjects, read_subject_awards, read_subjects
from rewards.earning.terms import Terms
from rewards.earning.usage import EVER, Usage, UsageKey, read_usage, usage_keys, write_usage
from rewards.errors import EventInFuture
from rewards.members.ensure import MemberRow, ensure_members, read_members, read_salts, stranger
from rewards.ranking.season_rows import SeasonRow, ensure_current, read_seasons, seasons_covering
from rewards.ranking.tally import Place, read_points

KINDS: dict[str, Kind] = {"awarded": "award", "charged": "charge", "penalised": "penalty"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision, and whether it was given before (`repeated`)."""

    decision: Decision
    repeated: bool


Result = Recorded | EventConflict | EventInFuture


@dataclass(slots=True)
class Desk:
    """All that a micro-batch is decided from."""

    book: Book
    rules: RuleSet
    members: dict[str, MemberRow]
    subjects: Subjects
    usage: dict[UsageKey, Usage]
    decided: dict[EventKey, Decision]
    salts: dict[UUID, bytes | None]
    used: set[UsageKey]


def record(session: Session, events: Sequence[Event], *, terms: Terms, now: datetime) -> list[Result]:
    """Decide and write a micro-batch (at most 250 events), each member's in the order given; one result an event.

    Locks in the order of ledger.locks before it reads. Raises DecidedMeanwhile or SubjectMoved: roll back and run it again.
    """
    reach = _lock_subjects(session, events, rules=terms.rules)
    periods = _lock_seasons(session, events, reach, terms=terms, now=now)
    members = ensure_members(session, [event.member_id for event in events], now=now)
    account_ids = {member.account_id for member in members.values()} | {award.account_id for award in reach}
    accounts = lock_accounts(session, account_ids, now=now)
    members = read_members(session, members)  # again under the locks: somebody may have been suspended meanwhile
    after = _look_again(session, events, reach, accounts=accounts, periods=periods)
    desk = _open_desk(session, events, terms=terms, periods=periods, members=members, accounts=accounts, awards=after)
    results = [_take(desk, event) for event in events]
    desk.book.write(session)
    write_usage(session, {key: desk.usage[key] for key in desk.used})
    return results


def preview(session: Session, events: Sequence[Event], *, terms: Terms, now: datetime) -> list[Result]:
    """What would be decided now: advice without locks that writes nothing. Wants a READ ONLY, REPEATABLE READ transaction."""
    awards = read_subject_awards(session, _subjects_changed(events))
    rows = {row.season_id: row for row in seasons_covering(session, [event.occurred_at for event in events])}
    rows |= {row.season_id: row for row in read_seasons(session, _seasons_of(awards))}
    periods = Periods(rows, terms.calendar, terms.grace_s, now)
    known = read_members(session, [event.member_id for event in events])
    members = {event.member_id: known.get(event.member_id) or stranger(event.member_id) for event in events}
    account_ids = {member.account_id for member in members.values()} | {award.account_id for award in awards}
    accounts = {account_id: AccountState(account_id, 0, 0, 0, 0, bytes(32), 0, bytes(32), now) for account_id in account_ids}
    accounts |= read_accounts(session, account_ids)
    desk = _open_desk(session, events, terms=terms, periods=periods, members=members, accounts=accounts, awards=awards)
    return [_take(desk, event) for event in events]


def _subjects_changed(events: Iterable[Event]) -> set[str]:
    return {event.subject for event in events if event.subject is not None and stem_of(event.type)}


def _lock_subjects(session: Session, events: Sequence[Event], *, rules: RuleSet) -> list[SubjectAward]:
    changed = _subjects_changed(events)
    exposed = rules.taken_back_from_anybody
    awarded = {event.subject for event in events if event.subject is not None and event.type in exposed}
    lock_subjects(session, awarded=awarded, reversed_=changed)
    return read_subject_awards(session, changed)


def _lock_seasons(session: Session, events: Sequence[Event], reach: Sequence[SubjectAward], *, terms: Terms, now: datetime) -> Periods:
    instants = {event.occurred_at for event in events}
    rows = seasons_covering(session, [*instants, now])
    if not any(row.starts_at <= now < row.ends_at for row in rows):
        ensure_current(session, calendar=terms.calendar, now=now, grace_s=terms.grace_s, prizes=terms.prizes)
        rows = seasons_covering(session, [*instants, now])
    season_ids = {row.season_id for row in rows} | _seasons_of(reach)
    share_seasons(session, season_ids)
    locked: dict[date, SeasonRow] = {row.season_id: row for row in read_seasons(session, season_ids)}
    return Periods(locked, terms.calendar, terms.grace_s, now)


def _seasons_of(awards: Iterable[SubjectAward]) -> set[date]:
    return {award.season for award in awards if award.season is not None}


def _look_again(
    session: Session, events: Sequence[Event], reach: list[SubjectAward], *, accounts: dict[UUID, AccountState], periods: Periods
) -> list[SubjectAward]:
    """The awards under the accounts' locks. Raises SubjectMoved if they lie on more accounts or seasons than were locked."""
    changed = _subjects_changed(events)
    if not changed:
        return reach
    awards = read_subject_awards(session, changed)
    if {award.account_id for award in awards} - accounts.keys() or _seasons_of(awards) - periods.seasons.keys():
        raise SubjectMoved
    return awards


def _open_desk(
    session: Session,
    events: Sequence[Event],
    *,
    terms: Terms,
    periods: Periods,
    members: dict[str, MemberRow],
    accounts: dict[UUID, AccountState],
    awards: list[SubjectAward],
) -> Desk:
    decided = read_decisions(session, [event.key for event in events])
    new = [(event, members[event.member_id].account_id) for event in events if event.key not in decided]
    places = [Place("season", season, account_id) for season in periods.seasons for account_id in accounts]
    points = {(place.period, place.account_id): value for place, value in read_points(session, places).items()}
    wanted: set[UsageKey] = set()
    for event, account_id in new:
        rule = terms.rules.rule_for(event.type)
        if rule is not None:
            wanted.update(usage_keys(rule, account_id, terms.calendar.day_of(event.occurred_at)))
    return Desk(
        book=Book(terms, periods, periods.now, dict(accounts), points),
        rules=terms.rules,
        members=members,
        subjects=read_subjects(session, new, rules=terms.rules, awards=awards),
        usage=read_usage(session, wanted),
        decided=decided,
        salts=read_salts(session, [decision.account_id for decision in decided.values()]) if decided else {},
        used=set(),
    )


def _take(desk: Desk, event: Event) -> Result:
    known = desk.decided.get(event.key)
    if known is not None:
        return _again(desk, event, known)
    latest = desk.book.now + FUTURE_TOLERANCE
    if event.occurred_at > latest:
        return EventInFuture(occurred_at=event.occurred_at, latest=latest)
    decision = _decide_and_post(desk, event)
    desk.decided[event.key] = decision
    desk.salts[decision.account_id] = desk.members[event.member_id].salt
    return Recorded(decision, repeated=False)


def _again(desk: Desk, event: Event, known: Decision) -> Result:
    salt = desk.salts.get(known.account_id)
    if salt is not None and fingerprint_of(event, salt) == known.fingerprint:
        return Recorded(known, repeated=True)
    return EventConflict(
        source=known.source, event_id=known.event_id, first_recorded_at=known.recorded_at, first_fingerprint=known.fingerprint.hex()
    )


def _decide_and_post(desk: Desk, event: Event) -> Decision:
    member = desk.members[event.member_id]
    account = desk.book.accounts[member.account_id]
    day = desk.book.terms.calendar.day_of(event.occurred_at)
    verdict = decide(event=event, rules=desk.rules, state=_state(desk, event, member, day))
    transfer_id = uuid7() if verdict.points or verdict.awards else None
    if transfer_id is not None and verdict.awards:
        verdict = _move_awards(desk, verdict, transfer_id, event=event, member=member)
        season = next((entry.season for entry in reversed(desk.book.entries) if entry.season is not None), None)
    else:
        season = desk.book.periods.season_of(event.occurred_at)
        if transfer_id is not None:
            _move_points(desk, verdict, transfer_id, event=event, member=member, day=day)
    desk.subjects.note_change(event, member.account_id)
    decision = desk.book.conclude(
        event, member, verdict, lifetime_before=account.lifetime, season=season, transfer_id=transfer_id
    )
    desk.book.tell(decision)
    return decision


def _state(desk: Desk, event: Event, member: MemberRow, day: date) -> MemberState:
    rule = desk.rules.rule_for(event.type)
    today = ever = None
    if rule is not None:
        today = desk.usage.get(UsageKey(member.account_id, rule.key, day.isoformat()))
        ever = desk.usage.get(UsageKey(member.account_id, rule.key, EVER))
    subjects = desk.subjects
    return MemberState(
        suspended=member.suspended_at is not None,
        available=desk.book.accounts[member.account_id].available,
        times_today=today.times if today else 0,
        points_today=today.points if today else 0,
        times_ever=ever.times if ever else 0,
        last_award_at=ever.last_at if ever else None,
        subject_awarded=(event.subject, event.type, member.account_id) in subjects.awarded,
        deleted_at=None if stem_of(event.type) else subjects.deleted_at(event, member.account_id),
        subject_awards=subjects.reached_by(event, member.account_id),
    )


def _move_points(desk: Desk, verdict: Verdict, transfer_id: UUID, *, event: Event, member: MemberRow, day: date) -> None:
    """Post an award, a charge or a penalty; an award uses up caps and counts in the periods that still take it."""
    assert verdict.rule is not None
    counted = verdict.outcome == "awarded"
    periods = desk.book.periods
    posting = Posting(
        points=verdict.points,
        kind=KINDS[verdict.outcome],
        contra=f"issuance:{event.type}",
        transfer_id=transfer_id,
        occurred_at=event.occurred_at,
        season=periods.season_of(event.occurred_at) if counted else None,
        month=periods.month_of(day) if counted else None,
    )
    entry = desk.book.post(member.account_id, posting)
    rule = desk.rules.rule_for(event.type)
    assert rule is not None
    for key in usage_keys(rule, member.account_id, day):
        usage = desk.usage.get(key, Usage(0, 0, event.occurred_at))
        desk.usage[key] = usage.with_award(abs(verdict.points), event.occurred_at)
        desk.used.add(key)
    if counted and event.subject is not None:
        desk.subjects.note_award(_award_of(event, entry.account_id, entry.seq, posting))


def _award_of(event: Event, account_id: UUID, seq: int, posting: Posting) -> SubjectAward:
    assert event.subject is not None
    return SubjectAward(
        account_id=account_id,
        type=event.type,
        subject=event.subject,
        seq=seq,
        tail_seq=seq,
        points=posting.points,
        contra=posting.contra,
        stands=True,
        occurred_at=posting.occurred_at,
        season=posting.season,
        month=posting.month,
    )


def _move_awards(desk: Desk, verdict: Verdict, transfer_id: UUID, *, event: Event, member: MemberRow) -> Verdict:
    """Take awards back, or give them again, each on its own account and in its own periods; the verdict with the member's sum."""
    restoring = verdict.outcome == "restored"
    moved = 0
    for award in verdict.awards:
        posting = Posting(
            points=award.points if restoring else -award.points,
            kind="restore" if restoring else "reversal",
            contra=award.contra,
            transfer_id=transfer_id,
            occurred_at=event.occurred_at,
            season=desk.book.periods.season_still(award.season),
            month=desk.book.periods.month_still(award.month),
            reverses=award.tail_seq,
            award_seq=award.seq,
        )
        entry = desk.book.post(award.account_id, posting)
        desk.subjects.replace_award(award, replace(award, stands=restoring, tail_seq=entry.seq))
        moved += posting.points if award.account_id == member.account_id else 0
    return replace(verdict, points=moved, points_asked=moved)
