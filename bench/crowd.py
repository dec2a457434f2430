"""The quick way to a long history: decided by the service's own desk, which asks no database, and written in slices."""

from random import Random

from sqlalchemy import Engine, text

from bench.community import CALENDAR, GRACE_S, Community
from bench.history import Crowd, Size, entries_of_each, life, name_of
from ledger.accounts import lock_accounts
from ledger.arrays import array
from rewards.earning.book import Book
from rewards.earning.desk import Desk
from rewards.earning.events import Event
from rewards.earning.periods import Periods
from rewards.earning.subjects import Subjects
from rewards.earning.usage import write_usage
from rewards.members.ensure import ensure_members
from rewards.runtime.database import transaction

ENTRIES_AT_ONCE = 20_000
NAMES = (
    "해오름",
    "달빛서재",
    "솔바람",
    "초록지붕",
    "고양이두마리",
    "봄날의곰",
    "밤하늘",
    "느린우체통",
    "Mina_K",
    "Elliot",
)
_NAME = text(
    "update member set name = (cast(:names as text[]))[1 + cast(right(member_id, 1) as int)] || right(member_id, 5)"
    " where account_id = any(cast(:accounts as uuid[]))"
)


def load_crowd(engine: Engine, *, crowd: Crowd, size: Size, at_home: Community) -> int:
    """Write the crowd's whole history; answers how many entries it has. Nobody else may use the database."""
    rng = Random(crowd.first)
    wanted = entries_of_each(crowd, rng)
    desk = _open_desk(engine, crowd, size=size, at_home=at_home)
    written = 0
    for number, entries in enumerate(wanted, start=crowd.first):
        account_id = desk.members[name_of(number)].account_id
        # Nobody else's: a member's deletions reach the own subjects only, and what all did would be searched each time.
        desk.subjects = Subjects(desk.rules)
        events = life(number, entries=entries, size=size, rng=rng)
        while desk.book.accounts[account_id].version < entries:
            _take(desk, next(events), at_home=at_home)
            if len(desk.book.entries) >= ENTRIES_AT_ONCE:
                written += _write(engine, desk)
    return written + _write(engine, desk)


def _open_desk(engine: Engine, crowd: Crowd, *, size: Size, at_home: Community) -> Desk:
    names = [name_of(number) for number in range(crowd.first, crowd.first + crowd.members)]
    with transaction(engine) as session:
        members = ensure_members(session, names, now=size.since)
        accounts = lock_accounts(session, [member.account_id for member in members.values()], now=size.since)
        session.execute(_NAME, {"names": list(NAMES), "accounts": array(accounts)})
    book = Book(at_home.terms, Periods(at_home.weeks, CALENDAR, GRACE_S, size.since), size.since, accounts)
    rules = at_home.terms.rules
    return Desk(book=book, rules=rules, members=members, subjects=Subjects(rules), usage={}, decided={}, salts={})


def _take(desk: Desk, event: Event, *, at_home: Community) -> None:
    """Decide an event at the time at which it occurred."""
    now = event.occurred_at
    desk.book.now = now
    desk.book.periods = Periods(at_home.weeks, CALENDAR, GRACE_S, now)
    desk.take(event)


def _write(engine: Engine, desk: Desk) -> int:
    """Write what was decided since the last time, and lay it aside."""
    book = desk.book
    written = len(book.entries)
    book.notices.clear()
    with transaction(engine) as session:
        book.write(session)
        write_usage(session, {key: desk.usage[key] for key in desk.used})
    for pile in (book.entries, book.decisions, book.data, book.gains, book.derived_again, desk.used, desk.decided):
        pile.clear()
    return written
