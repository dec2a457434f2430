"""Record events: lock, read, decide in pure Python, write. One event is a batch of one; the caller commits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.accounts import foresee_accounts, lock_accounts
from ledger.errors import SubjectMoved
from ledger.events import read_decisions
from ledger.locks import lock_subjects, share_seasons
from ledger.postings import AccountState
from rewards.earning.book import Book
from rewards.earning.decide import SubjectAward
from rewards.earning.desk import Desk, Recorded, Result
from rewards.earning.events import FUTURE_TOLERANCE, Event
from rewards.earning.periods import Periods
from rewards.earning.rules import RuleSet, stem_of
from rewards.earning.subjects import read_subject_awards, read_subjects
from rewards.earning.terms import Terms
from rewards.earning.usage import UsageKey, read_usage, usage_keys, write_usage
from rewards.members.ensure import MemberRow, ensure_members, read_locked, read_members, read_salts, stranger
from rewards.ranking.season_rows import SeasonRow, ensure_current, read_seasons, seasons_covering, seasons_to_come
from rewards.ranking.tally import Place, read_points

__all__ = ["Recorded", "Result", "preview", "record"]


def record(session: Session, events: Sequence[Event], *, terms: Terms, now: datetime) -> list[Result]:
    """Decide and write a micro-batch (at most 250 events), each member's in the order given; one result an event.

    Locks in the order of ledger.locks before it reads. Raises DecidedMeanwhile, SubjectMoved or MemberMoved: roll
    back, run it again.
    """
    reach = _lock_subjects(session, events, rules=terms.rules)
    periods = _lock_seasons(session, events, reach=reach, terms=terms, now=now)
    # Nobody is made for what is refused as lying ahead: nothing of it is stored.
    members = ensure_members(session, [event.member_id for event in _accepted(events, now=now)], now=now)
    accounts = lock_accounts(session, _accounts_of(members, awards=reach), now=now)
    members = read_locked(session, members)
    awards = _look_again(session, events, accounts=accounts, periods=periods)
    book = Book(terms, periods, now, accounts, _owners(awards))
    desk = _open_desk(session, events, book=book, members=members, awards=awards)
    results = [desk.take(event) for event in events]
    desk.book.write(session)
    write_usage(session, {key: desk.usage[key] for key in desk.used})
    return results


def preview(session: Session, events: Sequence[Event], *, terms: Terms, now: datetime) -> list[Result]:
    """What would be decided now: advice without locks that writes nothing.

    Wants a READ ONLY, REPEATABLE READ transaction. An event that was decided gets its decision.
    """
    awards = read_subject_awards(session, _subjects_changed(events))
    rows = seasons_covering(session, [event.occurred_at for event in events])
    until = _latest_accepted(events, now=now)
    rows += seasons_to_come(session, calendar=terms.calendar, until=until, grace_s=terms.grace_s, prizes=terms.prizes)
    periods = _periods([*rows, *read_seasons(session, _seasons_of(awards))], terms=terms, now=now)
    known = read_members(session, [event.member_id for event in events])
    members = {event.member_id: known.get(event.member_id) or stranger(event.member_id) for event in events}
    account_ids = _accounts_of(members, awards=awards)
    unopened = {account_id: AccountState.unopened(account_id, now) for account_id in account_ids}
    book = Book(terms, periods, now, unopened | foresee_accounts(session, account_ids, now=now), _owners(awards))
    desk = _open_desk(session, events, book=book, members=members, awards=awards)
    return [desk.take(event) for event in events]


def _subjects_changed(events: Iterable[Event]) -> set[str]:
    return {event.subject for event in events if event.subject is not None and stem_of(event.type)}


def _accounts_of(members: Mapping[str, MemberRow], *, awards: Iterable[SubjectAward]) -> set[UUID]:
    """The members' accounts and those of the awards in reach, each with its survivor's."""
    own = {account_id for member in members.values() for account_id in member.accounts}
    return own.union(*((award.account_id, award.owner) for award in awards))


def _owners(awards: Iterable[SubjectAward]) -> dict[UUID, UUID]:
    return {award.account_id: award.owner for award in awards if award.owner != award.account_id}


def _seasons_of(awards: Iterable[SubjectAward]) -> set[date]:
    return {award.season for award in awards if award.season is not None}


def _lock_subjects(session: Session, events: Sequence[Event], *, rules: RuleSet) -> list[SubjectAward]:
    changed = _subjects_changed(events)
    exposed = rules.taken_back_from_anybody
    awarded = {event.subject for event in events if event.subject is not None and event.type in exposed}
    lock_subjects(session, awarded=awarded, reversed_=changed)
    return read_subject_awards(session, changed)


def _lock_seasons(
    session: Session, events: Sequence[Event], *, reach: Sequence[SubjectAward], terms: Terms, now: datetime
) -> Periods:
    """The seasons of the events and of the awards in reach, in states that stay as they are until the commit."""
    instants = {now, *(event.occurred_at for event in events)}
    rows = seasons_covering(session, instants)
    # Both, since the forum's clock may be past a reset that ours has not reached.
    for instant in (now, _latest_accepted(events, now=now)):
        if not any(row.starts_at <= instant < row.ends_at for row in rows):
            ensure_current(session, calendar=terms.calendar, now=instant, grace_s=terms.grace_s, prizes=terms.prizes)
            rows = seasons_covering(session, instants)
    season_ids = {row.season_id for row in rows} | _seasons_of(reach)
    share_seasons(session, season_ids)
    return _periods(read_seasons(session, season_ids), terms=terms, now=now)


def _accepted(events: Iterable[Event], *, now: datetime) -> list[Event]:
    return [event for event in events if event.occurred_at <= now + FUTURE_TOLERANCE]


def _latest_accepted(events: Iterable[Event], *, now: datetime) -> datetime:
    return max([now, *(event.occurred_at for event in _accepted(events, now=now))])


def _periods(rows: Iterable[SeasonRow], *, terms: Terms, now: datetime) -> Periods:
    return Periods({row.season_id: row for row in rows}, terms.calendar, terms.grace_s, now)


def _look_again(
    session: Session, events: Sequence[Event], *, accounts: dict[UUID, AccountState], periods: Periods
) -> list[SubjectAward]:
    """The awards in reach, now under their accounts' locks.

    Raises SubjectMoved if they lie on more accounts or seasons than were locked.
    """
    awards = read_subject_awards(session, _subjects_changed(events))
    if _accounts_of({}, awards=awards) - accounts.keys() or _seasons_of(awards) - periods.seasons.keys():
        raise SubjectMoved
    return awards


def _open_desk(
    session: Session, events: Sequence[Event], *, book: Book, members: dict[str, MemberRow], awards: list[SubjectAward]
) -> Desk:
    rules = book.terms.rules
    decided = read_decisions(session, [event.key for event in events])
    new = [
        (event, members[event.member_id]) for event in events if event.key not in decided and event.member_id in members
    ]
    places = [Place("season", season, account_id) for season in book.periods.seasons for account_id in book.accounts]
    points = read_points(session, places)
    book.season_points.update({(place.period, place.account_id): value for place, value in points.items()})
    return Desk(
        book=book,
        rules=rules,
        members=members,
        subjects=read_subjects(session, new, rules=rules, awards=awards),
        usage=read_usage(session, _usage_wanted(new, book=book)),
        decided=decided,
        salts=read_salts(session, [decision.account_id for decision in decided.values()]) if decided else {},
    )


def _usage_wanted(events: Iterable[tuple[Event, MemberRow]], *, book: Book) -> set[UsageKey]:
    wanted: set[UsageKey] = set()
    for event, member in events:
        rule = book.terms.rules.rule_for(event.type)
        if rule is not None:
            day = book.terms.calendar.day_of(event.occurred_at)
            wanted.update(usage_keys(rule, account_id=member.account_id, day=day))
    return wanted
